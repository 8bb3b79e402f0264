"""How functions become graphs."""

import tensorflow as tf

as_written = tf.autograph.experimental.do_not_convert
"""Decorates functions for tf.data: AutoGraph would take seconds to rewrite them and all that they call, for nothing."""
