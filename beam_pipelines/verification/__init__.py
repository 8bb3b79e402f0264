"""Whether record files are whole and hold what they promise."""
