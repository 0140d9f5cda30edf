"""Update rules: each takes a parameter, its gradient and a dict of settings, and returns (parameter, settings)."""


def sgd(w, dw, config=None):
    """Plain gradient descent.

    Args:
        w: A parameter, float, of any shape; it is changed in place.
        dw: Its gradient, of the same shape.
        config: dict or None; "learning_rate" is set to 1e-2 where it is missing.

    Returns:
        w and config.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    w -= config["learning_rate"] * dw
    return w, config
