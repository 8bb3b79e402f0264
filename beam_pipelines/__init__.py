"""The data job: annotated pictures in, a sharded dataset of `tf.train.Example` records out (Apache Beam)."""
