"""A tutorial on modules: two complete ones, and what can be done with them. Run it: `python tutorial.py`.

A module computes something in `forward`, and answers one question in `backward`: if the loss changes this much with each
of your outputs (g), how much does it change with each of your inputs? That is the chain rule, one module at a time.

Read the examples from top to bottom. Each is a function that prints what it finds; nothing in them is graded.
"""

import numpy as np
from hw3_lib import Module


class Scale(Module):
    """Multiplies each feature by a number of its own: out[n, i] = scale[i] * x[n, i].

    Args:
        scale: The initial factors, float, shape (1, d). They are copied.

    Attributes:
        scale: The factors, which can be learned, shape (1, d).
        d_scale: How the loss changes with each factor, shape (1, d); None before `backward`.
        x: The input of the last forward pass; None before. `backward` needs it.
    """

    def __init__(self, scale):
        super().__init__()
        self.scale = np.array(scale, dtype=float)
        self.d_scale = None
        self.x = None

    def forward(self, x):
        """Scale a batch: (N, d) -> (N, d)."""
        self.x = x  # remembered for backward
        return self.scale * x

    def backward(self, g):
        """Two answers: d_scale is kept, the gradient with respect to x is returned.

        Every row uses the same factors, so each factor collects what all rows say of it: (N, d) -> (1, d). The input's
        gradient stays as large as the input: (N, d) -> (N, d).
        """
        self.d_scale = np.sum(g * self.x, axis=0, keepdims=True)
        return g * self.scale


class SquaredErrorLoss(Module):
    """Half the mean over the rows of the squared distance between outputs and targets.

    A loss comes last. Its forward pass gives one number, and its backward pass takes no argument: the loss changes by
    exactly 1 when the loss changes by 1.

    Attributes:
        difference: Outputs minus targets of the last forward pass, shape (N, d); None before.
    """

    def __init__(self):
        super().__init__()
        self.difference = None

    def forward(self, out, target):
        """The loss of a batch: two arrays (N, d) -> one number."""
        self.difference = out - target
        return 0.5 * np.sum(self.difference**2) / out.shape[0]

    def backward(self):
        """The gradient with respect to the outputs: (N, d). Here the division by N is the loss's own part.

        In `hw3_lib.py` that is agreed upon differently: CrossEntropyLoss does not divide, and Linear does. What matters
        is that it is done once.
        """
        return self.difference / self.difference.shape[0]


def slope(function, array, at, step=1e-6):
    """How fast function() changes with one entry of an array that it reads: a central difference.

    Args:
        function: Takes nothing, gives a number.
        array: The array, float; it is left as it was.
        at: The entry, a tuple of ints.
        step: How far to go to each side.
    """
    kept = array[at]
    array[at] = kept + step
    above = function()
    array[at] = kept - step
    below = function()
    array[at] = kept
    return (above - below) / (2 * step)


def example_forward():
    """A module is made once and called many times; calling it is the same as calling forward."""
    layer = Scale([[1.0, 10.0, -2.0]])
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    print("input\n", x)
    print("scaled by 1, 10, -2\n", layer(x))
    return layer(x)


def example_backward():
    """One forward and one backward pass, and what is to be found where afterwards."""
    layer = Scale([[1.0, 10.0, -2.0]])
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    layer(x)
    g = np.array(
        [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    )  # suppose that the loss is out[0,0] + out[1,1] + out[1,2]
    d_x = layer.backward(g)
    print("the gradient of the input has the shape of the input\n", d_x)
    print("the gradient of the factors has the shape of the factors\n", layer.d_scale)
    return d_x, layer.d_scale


def example_check():
    """A gradient is right if it is the slope of the loss: try it, entry by entry."""
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    layer, loss = Scale(rng.normal(size=(1, 3))), SquaredErrorLoss()

    def objective():
        return loss(layer(x), target)

    objective()  # a forward pass first: backward speaks of the last one
    d_x = layer.backward(loss.backward())
    d_scale = layer.d_scale
    worst = max(
        *(abs(slope(objective, layer.scale, at) - d_scale[at]) for at in np.ndindex(1, 3)),
        *(abs(slope(objective, x, at) - d_x[at]) for at in np.ndindex(5, 3)),
    )
    print(f"largest difference between a gradient and a slope: {worst:.1e}")
    return worst


def example_learning():
    """Gradient descent finds the factors that made the targets."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(50, 3))
    target = x * np.array([[3.0, -1.0, 0.5]])
    layer, loss = Scale(np.ones((1, 3))), SquaredErrorLoss()
    for step in range(101):
        value = loss(layer(x), target)
        layer.backward(loss.backward())
        layer.scale -= 0.2 * layer.d_scale
        if step % 25 == 0:
            print(f"step {step:3d}: loss {value:.6f}, factors {np.round(layer.scale, 4)}")
    return layer.scale


def example_chain():
    """Two modules in a row: forward from the first to the last, backward from the last to the first."""
    first, second, loss = Scale([[2.0, 3.0]]), Scale([[5.0, 7.0]]), SquaredErrorLoss()
    x, target = np.array([[1.0, 1.0]]), np.zeros((1, 2))
    value = loss(second(first(x)), target)
    d_x = first.backward(second.backward(loss.backward()))
    print(f"loss {value:g}; gradient of the input {d_x}")
    print(f"gradients of the factors: first {first.d_scale}, second {second.d_scale}")
    return d_x


EXAMPLES = (example_forward, example_backward, example_check, example_learning, example_chain)

if __name__ == "__main__":
    for example in EXAMPLES:
        print(f"\n---- {example.__name__}: {example.__doc__}")
        example()
