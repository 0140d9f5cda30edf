"""Forward and backward passes of the layers, and the first parameters of the dense one."""

import numpy as np
from neural_networks import layers

from tests.utils import LayerTest


class FilledLayerTest(LayerTest):
    """A layer with the stored parameters, and without state that an earlier case left."""

    def make(self, case):
        """The layer of a case."""
        raise NotImplementedError

    def run_forward(self, case):
        """The layer of a case and its output, computed with the stored parameters if there are any."""
        layer = self.make(case)
        if f"{case}W" in self.data:
            layer.forward(*self.get(case, "input"))  # which makes parameters, replaced here
            layer.parameters["W"] = self.get(case, "W")
            layer.parameters["b"] = self.get(case, "b")
        return layer, layer.forward(*self.get(case, "input"))

    def check_forward(self):
        for case in range(self.n_cases):
            _, out = self.run_forward(case)
            self.assert_close(out, case, "output")

    def check_backward(self):
        for case in range(self.n_cases):
            layer, _ = self.run_forward(case)
            self.assert_close(layer.backward(self.get(case, "upstream_grad")), case, "backward")


class TestFullyConnected(FilledLayerTest):
    """The dense layer: question 4.2."""

    CASES = ((32, "relu"), (17, "tanh"), (5, "linear"))  # n_out, activation

    def make(self, case):
        n_out, activation = self.CASES[case]
        return layers.FullyConnected(n_out=n_out, activation=activation, weight_init="xavier_uniform")

    def test_init_params(self):
        for n_in, n_out in ((4, 3), (61, 1), (1, 7)):
            layer = layers.FullyConnected(n_out=n_out, activation="relu", weight_init="ones")
            layer._init_parameters((10, n_in))
            for values, what in ((layer.parameters, "parameters"), (layer.gradients, "gradients")):
                shapes = {name: np.shape(values[name]) for name in ("W", "b")}
                np.testing.assert_equal(
                    shapes, {"W": (n_in, n_out), "b": (1, n_out)}, f"shapes of the {what}"
                )
            np.testing.assert_equal(layer.n_in, n_in)
            np.testing.assert_array_equal(layer.parameters["W"], 1, "W should come from layer.init_weights")

    def test_forward(self):
        self.check_forward()

    def test_backward(self):
        self.check_backward()


class TestConv2D(FilledLayerTest):
    """The convolution layer: question 6.2."""

    CASES = (  # n_out, kernel_shape, stride, activation
        (32, (3, 3), 1, "relu"),
        (32, (3, 5), 1, "relu"),
        (7, (5, 5), 1, "relu"),
        (7, (5, 5), 2, "relu"),
        (18, (3, 3), 3, "tanh"),
    )

    def make(self, case):
        n_out, kernel_shape, stride, activation = self.CASES[case]
        return layers.Conv2D(
            n_out=n_out,
            kernel_shape=kernel_shape,
            activation=activation,
            stride=stride,
            pad="same",
            weight_init="uniform",
        )

    def test_forward(self):
        self.check_forward()

    def test_backward(self):
        self.check_backward()


class TestPool2D(FilledLayerTest):
    """The pooling layer: question 6.3."""

    CASES = (  # kernel_shape, mode, stride, pad
        ((3, 3), "max", 2, 0),
        ((2, 2), "max", 2, 0),
        ((2, 2), "average", 1, 0),
        ((3, 5), "max", 4, "valid"),
        ((5, 5), "average", 1, 2),
    )

    def make(self, case):
        kernel_shape, mode, stride, pad = self.CASES[case]
        return layers.Pool2D(kernel_shape=kernel_shape, mode=mode, stride=stride, pad=pad)

    def test_forward(self):
        self.check_forward()

    def test_backward(self):
        self.check_backward()


class TestFlatten(FilledLayerTest):
    """Flatten, which is given."""

    CASES = ("first", -1, "last")  # keep_dim

    def make(self, case):
        return layers.Flatten(keep_dim=self.CASES[case])

    def test_forward(self):
        self.check_forward()

    def test_backward(self):
        self.check_backward()
