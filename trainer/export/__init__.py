"""A detector that runs without this package."""
