"""Grading: one submission, one warm grader, a whole class."""
