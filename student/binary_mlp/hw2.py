"""A fully connected binary classifier by hand: MNIST's threes against its nines.

Plain functions on NumPy arrays. A net with L layers is three lists of length L, input side first: weight
matrices, bias rows and activation functions. A batch of n inputs is a matrix with one input per row.

Source: handout, questions 1.2 and 1.3.
"""

import pickle
from pathlib import Path

import numpy as np


def display_image(image):
    """Show one image in grey. Given.

    Args:
        image: Any real dtype, shape (28, 28) or another 2-D shape.
    """
    import matplotlib.pyplot as plt

    plt.imshow(image, cmap="gray")
    plt.axis("off")
    plt.show()


def get_mnist_threes_nines(Y0=3, Y1=9):
    """The images of two digits out of MNIST, in the order of its files. Given.

    Args:
        Y0: The digit that gets the label 0.
        Y1: The digit that gets the label 1.

    Returns:
        (X_train, y_train), (X_test, y_test): images float64 in [0, 1], shape (n, 28, 28); labels int, 0 or 1,
        shape (n,).

    Source: handout, section 1.1.
    """
    import mnist

    def select(images, labels):
        kept = (labels == Y0) | (labels == Y1)
        return images[kept] / 255.0, (labels[kept] == Y1).astype(int)

    train_set = select(mnist.train_images(), mnist.train_labels())
    test_set = select(mnist.test_images(), mnist.test_labels())
    return train_set, test_set


def sigmoid_activation(s):
    """The logistic function of every element and its derivative, for inputs of any size.

    No input may cause an overflow, and no output may be exactly 0 or 1.

    Args:
        s: Float or integer, any shape.

    Returns:
        out, grad: Two float64 arrays of the shape of s; grad is the derivative of out with respect to s.

    Source: handout, questions 1.2(b)(i) and 1.3(b)(ii).
    """
    raise NotImplementedError("1.2b: sigmoid_activation is not written yet")


def relu_activation(s):
    """The rectified linear unit of every element and its derivative.

    Args:
        s: Float, shape (n, d).

    Returns:
        out, grad: Two float64 arrays of the shape of s; grad is the derivative of out with respect to s.

    Source: handout, question 1.2(b)(iii).
    """
    raise NotImplementedError("1.2b: relu_activation is not written yet")


def logistic_loss(g, y):
    """The negative log-likelihood of every label, in nats, and its derivative with respect to g.

    Both are per sample: nothing is summed or averaged.

    Args:
        g: Outputs of the net, float in (0, 1), shape (n,) or (n, 1).
        y: True labels 0 or 1, int or float, shape (n,) or (n, 1).

    Returns:
        loss, dL_dg: Two float64 arrays of the shape of g.

    Raises:
        ValueError: If g and y differ in size.

    Source: handout, question 1.2(b)(ii).
    """
    raise NotImplementedError("1.2b: logistic_loss is not written yet")


def layer_forward(x, W, b, activation_fn):
    """One layer: an affine map, then the activation function.

    Args:
        x: Outputs of the layer before, float, shape (n, p).
        W: Weights, float, shape (p, q).
        b: Biases, float, shape (1, q).
        activation_fn: A function of one array that returns its activation and the derivative.

    Returns:
        out, cache: out is float64, shape (n, q); cache is a tuple with whatever `backward_pass` needs to know
        of this layer.

    Raises:
        ValueError: If the shapes of x, W and b do not fit together.

    Source: handout, question 1.2(b)(iv).
    """
    raise NotImplementedError("1.2b: layer_forward is not written yet")


def create_weight_matrices(layer_dims):
    """Initial weights of a net: independent draws of a normal distribution, mean 0, standard deviation 0.01.

    They come from NumPy's global generator, so that `np.random.seed` makes a run repeatable.

    Args:
        layer_dims: L + 1 ints, the number of inputs and then the width of each layer.

    Returns:
        A list of L float64 arrays; number l has shape (layer_dims[l], layer_dims[l + 1]).

    Source: handout, question 1.2(c).
    """
    raise NotImplementedError("1.2c: create_weight_matrices is not written yet")


def create_bias_vectors(layer_dims):
    """Initial biases of a net.

    Args:
        layer_dims: L + 1 ints, the number of inputs and then the width of each layer.

    Returns:
        A list of L float64 arrays; number l has shape (1, layer_dims[l + 1]).

    Source: handout, question 1.2(c).
    """
    raise NotImplementedError("1.2c: create_bias_vectors is not written yet")


def forward_pass(X_batch, weight_matrices, biases, activations):
    """The outputs of the whole net for one batch.

    Args:
        X_batch: Inputs, float, shape (n, p).
        weight_matrices: L float arrays, the first with p rows.
        biases: L float arrays, each one row.
        activations: L functions as `layer_forward` takes them.

    Returns:
        output, layer_caches: output is float64, shape (n, 1) for a net with one output unit; layer_caches is
        a list of the L caches, input side first.

    Raises:
        ValueError: If the three lists differ in length.

    Source: handout, question 1.2(c).
    """
    raise NotImplementedError("1.2c: forward_pass is not written yet")


def backward_pass(dL_dg, layer_caches):
    """The gradients of the batch's mean loss with respect to all weights and biases.

    Args:
        dL_dg: Per-sample derivatives as `logistic_loss` returned them, float, shape (n,) or (n, 1).
        layer_caches: The L caches of the `forward_pass` of the same batch, input side first.

    Returns:
        grad_Ws, grad_bs: Two lists of L float64 arrays, each of the shape of its weight matrix or bias row,
        input side first.

    Source: handout, question 1.2(d).
    """
    raise NotImplementedError("1.2d: backward_pass is not written yet")


def my_nn_finite_difference_checker(X_batch, y_batch, weight_matrices, biases, activations):
    """The gradients of the batch's mean loss, approximated by central differences with a step of 1e-5.

    The arguments are the same afterwards as before.

    Args:
        X_batch: Inputs, float, shape (n, p).
        y_batch: True labels 0 or 1, shape (n,) or (n, 1).
        weight_matrices: L float arrays, the first with p rows.
        biases: L float arrays, each one row.
        activations: L functions as `layer_forward` takes them.

    Returns:
        grad_Ws, grad_bs: As `backward_pass` returns them.

    Source: handout, questions 1.2(a) and 1.3(a).
    """
    raise NotImplementedError("1.3a: my_nn_finite_difference_checker is not written yet")


def train(
    X_train,
    y_train,
    X_test,
    y_test,
    layer_dims=(784, 200, 1),
    activations=None,
    batch_size=100,
    lr=0.1,
    epochs=5,
    seed=None,
):
    """Train a net by mini-batch stochastic gradient descent, and record how it goes at every step.

    Args:
        X_train: Training inputs, float, shape (n, p).
        y_train: Training labels 0 or 1, shape (n,).
        X_test: Test inputs, float, shape (m, p).
        y_test: Test labels 0 or 1, shape (m,).
        layer_dims: Number of inputs and then the width of each layer; the last is 1.
        activations: One function per layer; None stands for ReLU everywhere but for a sigmoid at the end.
        batch_size: Rows in a mini-batch, from 1 to n; the last one of an epoch may be shorter.
        lr: Step size.
        epochs: How often every training row is used.
        seed: If not None, NumPy's global generator is seeded with it first.

    Returns:
        weight_matrices, biases, history: the trained net, and a dict of four lists with one float per step:
        `train_loss` and `train_acc` of the mini-batch before the step, `test_loss` and `test_acc` of the
        whole test set after it. Accuracies are fractions.

    Source: handout, question 1.2(e).
    """
    raise NotImplementedError("1.2e: train is not written yet")


def fit_random_labels(
    n_inputs=100, n_features=784, layer_dims=None, lr=0.1, max_iterations=200, seed=None, X=None, y=None
):
    """Memorise labels that have nothing to do with their inputs, in as few iterations as you can.

    How the net is initialised and trained is up to you, but it must be one that `forward_pass` evaluates on X
    itself, with ReLU in the hidden layers and a sigmoid at the end.

    Args:
        n_inputs: How many inputs to draw where X is None.
        n_features: Their dimension; each entry is uniform in [0, 1).
        layer_dims: Number of inputs and then the width of each layer, the last 1; None leaves it to you.
        lr: Step size.
        max_iterations: Where to give up.
        seed: If not None, NumPy's global generator is seeded with it first.
        X: Inputs to memorise instead of random ones, float, shape (n, p), or None.
        y: Labels 0 or 1 to memorise instead of random ones, shape (n,), or None.

    Returns:
        history, accuracy: history is a dict with `train_loss` and `train_acc` (one float per iteration, both
        before the update; the last accuracy is 1.0 on success) and with the final `weight_matrices` and
        `biases`; accuracy is the final training accuracy as a fraction.

    Source: handout, question 1.3(f).
    """
    raise NotImplementedError("1.3f: fit_random_labels is not written yet")


if __name__ == "__main__":
    FILE_NAME = "test_batch_weights_biases.pkl"
    here = Path(__file__).resolve().parent
    for folder in (here, *(parent / "fixtures" / "binary_mlp" for parent in here.parents)):
        if (folder / FILE_NAME).is_file():
            with open(folder / FILE_NAME, "rb") as file:
                X_batch, y_batch, weight_matrices, biases = pickle.load(file)  # noqa: S301 - the course's own file
            print("X_batch", X_batch.shape, "y_batch", y_batch.shape)
            print("weight matrices", [W.shape for W in weight_matrices], "biases", [b.shape for b in biases])
            break
    else:
        print(f"{FILE_NAME} not found: put it beside {Path(__file__).name}")
