"""Values and gradients of both losses."""

from neural_networks import losses

from tests.utils import LayerTest


class LossTest(LayerTest):
    """A loss by its name, on stored targets and predictions."""

    def check_forward(self, name):
        loss = losses.initialize_loss(name)
        for case in range(self.n_cases):
            Y, Y_hat = self.get(case, "input")
            self.assert_close(loss.forward(Y, Y_hat), case, "output")

    def check_backward(self, name):
        loss = losses.initialize_loss(name)
        for case in range(self.n_cases):
            Y, Y_hat = self.get(case, "input")
            self.assert_close(loss.backward(Y, Y_hat), case, "backward")


class TestCrossEntropy(LossTest):
    """Cross-entropy: question 4.4."""

    def test_forward(self):
        self.check_forward("cross_entropy")

    def test_backward(self):
        self.check_backward("cross_entropy")


class TestL2(LossTest):
    """L2, which is optional."""

    def test_forward(self):
        self.check_forward("l2")

    def test_backward(self):
        self.check_backward("l2")
