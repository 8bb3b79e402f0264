"""Looking at single records: which are meant, what they say, and their pictures on the disk."""
