"""What the tests of activations, losses and layers share."""

import unittest
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent / "data"
DECIMALS = 4  # of agreement with the stored values


class LayerTest(unittest.TestCase):
    """A test class whose inputs and expected values lie in `tests/data/<its name>.npz`.

    The arrays of case i there are `{i}input` (its leading axis is the tuple of arguments of forward),
    `{i}output`, `{i}upstream_grad` (what backward is given), `{i}backward` (what it should return) and, for
    layers with parameters, `{i}W` and `{i}b`.
    """

    @classmethod
    def setUpClass(cls):
        with np.load(DATA / f"{cls.__name__}.npz") as file:
            # Whole numbers are stored as such, to keep the files small.
            cls.data = {name: array.astype(np.float64) for name, array in file.items()}
        cls.n_cases = sum(name.endswith("input") for name in cls.data)

    def get(self, case, name):
        """A copy of one array of a case, float64."""
        return self.data[f"{case}{name}"].copy()

    def assert_close(self, got, case, name):
        """That `got` has the shape and the values of one array of a case, to `DECIMALS` decimals."""
        np.testing.assert_almost_equal(got, self.get(case, name), DECIMALS, f"case {case}: {name}")
