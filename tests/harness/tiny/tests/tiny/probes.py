"""Probes of the tiny assignment."""


def doubled_twice(modules, x):
    """double, twice."""
    return modules.solution.double(modules.solution.double(x))


def centred(modules, x):
    """centre(x), and whether x is as it was."""
    before = x.copy()
    return modules.solution.centre(x), bool((x == before).all())
