"""What the pages of both programs share: one HTML file each, that needs nothing else."""
