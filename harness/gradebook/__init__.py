"""The gradebook: what was handed in, what was graded in which run, and what counts for whom."""
