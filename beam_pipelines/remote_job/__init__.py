"""A job that a runner elsewhere works on: how it is called, how far it is, and what happens on Ctrl-C."""
