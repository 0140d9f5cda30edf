"""One-hot labels, and a dictionary with dots. Given."""

import numpy as np


def integers_to_one_hot(integer_vector, max_val=None):
    """Class numbers as rows with one 1 each.

    Args:
        integer_vector: Class numbers from 0, n of them: an array of any shape, a list, or a single number.
        max_val: The largest class number there can be, int; None for the largest that there is.

    Returns:
        float64, shape (n, max_val + 1).
    """
    classes = np.asarray(integer_vector).reshape(-1).astype(int)
    if max_val is None:
        max_val = classes.max()
    one_hot = np.zeros((len(classes), int(max_val) + 1))
    one_hot[np.arange(len(classes)), classes] = 1.0
    return one_hot


class AttrDict(dict):
    """A dictionary whose keys are attributes, too: `args.lr` is `args["lr"]`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.__dict__ = self
