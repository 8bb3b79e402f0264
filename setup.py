"""What Beam builds and ships to its workers (`--setup_file=./setup.py`); the metadata lives in pyproject.toml."""

from setuptools import setup

setup()
