"""Backmark: grade neural networks written from scratch in NumPy, behind a trust boundary."""

__version__ = "0.1.0"
