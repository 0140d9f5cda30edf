"""Building blocks of a small neural-network framework: modules with a forward and a backward pass.

Write the parts that raise NotImplementedError. Only NumPy may be imported here.

Batches are matrices with one example a row. Here N is the number of rows, d the number of features, C of classes.
"""

import numpy as np


class Module:
    """What every layer and every loss is: a forward pass, and a backward pass for the last forward pass. Given.

    Source: handout, section 5.3.1. `tutorial.py` shows two complete modules.
    """

    def __init__(self):
        pass

    def __call__(self, *args, **kwargs):
        """The same as `forward`."""
        return self.forward(*args, **kwargs)

    def forward(self, *x):
        """Compute the output, and keep what `backward` will need."""
        raise NotImplementedError("Module.forward is each module's own")

    def backward(self, *g):
        """From the gradient with respect to the output, the one with respect to the input."""
        raise NotImplementedError("Module.backward is each module's own")


def sigmoid(x):
    """The logistic function 1 / (1 + e^-x), entry by entry.

    Args:
        x: Numbers, float, of any shape.

    Returns:
        Numbers between 0 and 1, float, of the shape of x.

    Source: handout, section 5.3.2.
    """
    raise NotImplementedError("5.4-sigmoid: sigmoid is not written yet")


class ReLU(Module):
    """The rectifier max(0, x), entry by entry. Its derivative at 0 is taken as 0.

    Attributes:
        state: What `backward` needs of the last forward pass; None before. What you keep there is up to you.

    Source: handout, section 5.2.1.
    """

    def __init__(self):
        super().__init__()
        self.state = None

    def forward(self, x):
        """Rectify a batch, without changing it.

        Args:
            x: Inputs, float, shape (N, d).

        Returns:
            Outputs, float, shape (N, d).
        """
        raise NotImplementedError("5.4-relu: ReLU.forward is not written yet")

    def backward(self, g):
        """The gradient with respect to the input of the last forward pass.

        Args:
            g: Gradient with respect to the output, float, shape (N, d).

        Returns:
            Gradient with respect to the input, float, shape (N, d).
        """
        raise NotImplementedError("5.4-relu: ReLU.backward is not written yet")


class Sigmoid(Module):
    """The logistic function as a layer.

    Attributes:
        state: The output of the last forward pass, float, shape (N, d); None before. This name is tested.

    Source: handout, section 5.2.1.
    """

    def __init__(self):
        super().__init__()
        self.state = None

    def forward(self, x):
        """Apply the logistic function to a batch, and keep the output in `state`.

        Args:
            x: Inputs, float, shape (N, d).

        Returns:
            Outputs, float, shape (N, d).
        """
        raise NotImplementedError("5.4-sigmoid: Sigmoid.forward is not written yet")

    def backward(self, g):
        """The gradient with respect to the input of the last forward pass.

        Args:
            g: Gradient with respect to the output, float, shape (N, d).

        Returns:
            Gradient with respect to the input, float, shape (N, d).
        """
        raise NotImplementedError("5.4-sigmoid: Sigmoid.backward is not written yet")


class Linear(Module):
    """The affine map x W + b of each row x of a batch.

    Args:
        init_params: A pair (weights, biases), float, shapes (in, out) and (1, out). Both are copied.

    Attributes:
        weights, biases: The parameters.
        d_weights, d_biases: Their gradients after `backward`, of their shapes; None before.
        in_x: The input of the last forward pass, shape (N, in); None before.

    Source: handout, section 5.3.2.
    """

    def __init__(self, init_params):
        super().__init__()
        weights, biases = init_params
        self.weights = np.array(weights)
        self.biases = np.array(biases)
        self.d_weights = None
        self.d_biases = None
        self.in_x = None

    def forward(self, x):
        """Map a batch, and keep it in `in_x`.

        Args:
            x: Inputs, float, shape (N, in).

        Returns:
            Outputs, float, shape (N, out).
        """
        raise NotImplementedError("5.4-linear: Linear.forward is not written yet")

    def backward(self, g):
        """Set the gradients of the parameters, and pass the gradient on.

        The mean over the batch is taken here, and only in the gradients of the parameters: `d_weights` and `d_biases`
        are means over the N rows, and what is returned is not divided by N.

        Args:
            g: Gradient with respect to the output, float, shape (N, out).

        Returns:
            Gradient with respect to the input, float, shape (N, in).
        """
        raise NotImplementedError("5.4-linear: Linear.backward is not written yet")


class CrossEntropyLoss(Module):
    """Softmax and cross-entropy in one: the mean of -ln P[label] over a batch.

    Attributes:
        y_hat: The softmax of the scores, float, shape (N, C); None before the first forward pass.
        y_true: The labels as one-hot rows, shape (N, C); None before.

    Source: handout, section 5.2.2.
    """

    def __init__(self):
        super().__init__()
        self.y_hat = None
        self.y_true = None

    def forward(self, score, label):
        """The mean cross-entropy of a batch; sets `y_hat` and `y_true`.

        Args:
            score: Scores before softmax, float, shape (N, C).
            label: True classes, int in [0, C), shape (N,).

        Returns:
            The loss, one number.
        """
        raise NotImplementedError("5.4-loss: CrossEntropyLoss.forward is not written yet")

    def backward(self):
        """The gradient of each row's own loss with respect to its scores. It is not divided by N: Linear does that.

        Returns:
            Gradient, float, shape (N, C).
        """
        raise NotImplementedError("5.4-loss: CrossEntropyLoss.backward is not written yet")


class GradientDescentOptimizer:
    """Plain gradient descent over the parameters of a model.

    Args:
        model: A network with its layers in the list `model.layers`.
        learning_rate: The step size, float.

    Source: handout, section 5.3.2.
    """

    def __init__(self, model, learning_rate):
        self.model = model
        self.learning_rate = learning_rate

    def step(self):
        """Move the weights and biases of each Linear layer one step against their gradients."""
        for layer in self.model.layers:
            if type(layer) is Linear:
                raise NotImplementedError("5.4-optimizer: GradientDescentOptimizer.step is not written yet")
