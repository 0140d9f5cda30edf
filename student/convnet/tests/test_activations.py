"""Forward and backward passes of all activations."""

from neural_networks import activations

from tests.utils import LayerTest


class ActivationTest(LayerTest):
    """An activation by its name, on the stored inputs."""

    def check_forward(self, name):
        activation = activations.initialize_activation(name)
        for case in range(self.n_cases):
            (Z,) = self.get(case, "input")
            self.assert_close(activation.forward(Z), case, "output")

    def check_backward(self, name):
        activation = activations.initialize_activation(name)
        for case in range(self.n_cases):
            (Z,) = self.get(case, "input")
            dZ = activation.backward(Z, dY=self.get(case, "upstream_grad"))
            self.assert_close(dZ, case, "backward")


class TestLinear(ActivationTest):
    """Linear, which is given."""

    def test_forward(self):
        self.check_forward("linear")

    def test_backward(self):
        self.check_backward("linear")


class TestSigmoid(ActivationTest):
    """Sigmoid, which is optional."""

    def test_forward(self):
        self.check_forward("sigmoid")

    def test_backward(self):
        self.check_backward("sigmoid")


class TestTanH(ActivationTest):
    """TanH, which is given."""

    def test_forward(self):
        self.check_forward("tanh")

    def test_backward(self):
        self.check_backward("tanh")


class TestReLU(ActivationTest):
    """ReLU: question 4.1."""

    def test_forward(self):
        self.check_forward("relu")

    def test_backward(self):
        self.check_backward("relu")


class TestArcTan(ActivationTest):
    """ArcTan, which is given."""

    def test_forward(self):
        self.check_forward("arctan")

    def test_backward(self):
        self.check_backward("arctan")


class TestSoftMax(ActivationTest):
    """SoftMax: question 4.3."""

    def test_forward(self):
        self.check_forward("softmax")

    def test_backward(self):
        self.check_backward("softmax")
