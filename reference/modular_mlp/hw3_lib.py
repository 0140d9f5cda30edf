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
    # BEGIN SOLUTION 5.4-sigmoid
    decay = np.exp(-np.abs(x))  # never overflows
    return np.where(np.asarray(x) >= 0, 1.0, decay) / (1.0 + decay)
    # END SOLUTION


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
        # BEGIN SOLUTION 5.4-relu
        self.state = x > 0
        return np.where(self.state, x, 0.0)
        # END SOLUTION

    def backward(self, g):
        """The gradient with respect to the input of the last forward pass.

        Args:
            g: Gradient with respect to the output, float, shape (N, d).

        Returns:
            Gradient with respect to the input, float, shape (N, d).
        """
        # BEGIN SOLUTION 5.4-relu
        return g * self.state
        # END SOLUTION


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
        # BEGIN SOLUTION 5.4-sigmoid
        self.state = sigmoid(x)
        return self.state
        # END SOLUTION

    def backward(self, g):
        """The gradient with respect to the input of the last forward pass.

        Args:
            g: Gradient with respect to the output, float, shape (N, d).

        Returns:
            Gradient with respect to the input, float, shape (N, d).
        """
        # BEGIN SOLUTION 5.4-sigmoid
        return g * self.state * (1.0 - self.state)
        # END SOLUTION


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
        # BEGIN SOLUTION 5.4-linear
        self.in_x = x
        return x @ self.weights + self.biases
        # END SOLUTION

    def backward(self, g):
        """Set the gradients of the parameters, and pass the gradient on.

        The mean over the batch is taken here, and only in the gradients of the parameters: `d_weights` and `d_biases`
        are means over the N rows, and what is returned is not divided by N.

        Args:
            g: Gradient with respect to the output, float, shape (N, out).

        Returns:
            Gradient with respect to the input, float, shape (N, in).
        """
        # BEGIN SOLUTION 5.4-linear
        self.d_weights = self.in_x.T @ g / len(g)
        self.d_biases = g.mean(axis=0, keepdims=True)
        return g @ self.weights.T
        # END SOLUTION


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
        # BEGIN SOLUTION 5.4-loss
        shifted = score - score.max(axis=1, keepdims=True)  # e^shifted is at most 1
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        self.y_hat = np.exp(log_p)
        self.y_true = np.eye(score.shape[1])[label]
        return -np.mean(log_p[np.arange(len(label)), label])
        # END SOLUTION

    def backward(self):
        """The gradient of each row's own loss with respect to its scores. It is not divided by N: Linear does that.

        Returns:
            Gradient, float, shape (N, C).
        """
        # BEGIN SOLUTION 5.4-loss
        return self.y_hat - self.y_true
        # END SOLUTION


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
                # BEGIN SOLUTION 5.4-optimizer
                layer.weights = layer.weights - self.learning_rate * layer.d_weights
                layer.biases = layer.biases - self.learning_rate * layer.d_biases
                # END SOLUTION
