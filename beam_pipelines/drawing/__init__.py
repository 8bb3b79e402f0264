"""Pictures with their boxes, classes and masks drawn on them."""
