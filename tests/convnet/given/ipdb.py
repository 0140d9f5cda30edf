"""A stand-in for the debugger ipdb, which submissions still import: nothing stops in a graded run."""


def set_trace(*_args, **_kwargs):
    """Go on."""


def post_mortem(*_args, **_kwargs):
    """Go on."""
