"""Boxes and their labels, drawn on pictures."""
