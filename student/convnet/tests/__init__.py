"""Tests to run with `python -m unittest -v` from the folder of the package."""
