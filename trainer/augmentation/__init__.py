"""Pictures changed at random, and their boxes with them.

Pixels are mirrored, turned, and resampled by TensorFlow. Keras's augmenting layers are not used: their random numbers
come from a state instead of from a key, so that a run could not be resumed exactly, and none of them crops by overlap,
makes a mosaic, or knows what a cutout hides.
"""
