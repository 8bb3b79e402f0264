"""Which leak group goes to which split: pure functions on a census of all groups."""
