"""Hostile submissions of the tiny assignment: each says what it may honestly earn, and how it should end."""
