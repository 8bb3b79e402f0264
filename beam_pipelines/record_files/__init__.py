"""Record files, of this program and of others: where they are, what frames they hold, what an example says."""
