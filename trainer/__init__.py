"""The trainer: reads nothing but a dataset folder, and trains a detector on it (TensorFlow)."""
