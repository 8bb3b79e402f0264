"""An exported detector at work on files: it needs neither the training run nor Keras."""
