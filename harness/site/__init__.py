"""The HTML report: a page for the class and one for each student, that open from disk without a network."""
