"""Training: from batches and a network to weights."""
