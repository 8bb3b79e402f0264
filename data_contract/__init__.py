"""What the data job writes and the trainer reads: feature keys, label map, manifest."""
