"""What is in a picture's file, and what TensorFlow would make of it: pure functions on bytes."""
