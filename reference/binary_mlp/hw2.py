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
    # BEGIN SOLUTION 1.2b
    s = np.asarray(s, dtype=np.float64)
    out = np.empty_like(s)
    not_negative = s >= 0
    out[not_negative] = 1.0 / (1.0 + np.exp(-s[not_negative]))
    # Below 0 the equal form e^s / (1 + e^s): no exponential of a positive number is ever taken.
    exp_s = np.exp(s[~not_negative])
    out[~not_negative] = exp_s / (1.0 + exp_s)
    # The loss takes logarithms of out and of 1 - out.
    out = np.clip(out, 1e-15, 1.0 - 1e-15)
    return out, out * (1.0 - out)
    # END SOLUTION


def relu_activation(s):
    """The rectified linear unit of every element and its derivative.

    Args:
        s: Float, shape (n, d).

    Returns:
        out, grad: Two float64 arrays of the shape of s; grad is the derivative of out with respect to s.

    Source: handout, question 1.2(b)(iii).
    """
    # BEGIN SOLUTION 1.2b
    s = np.asarray(s, dtype=np.float64)
    return np.maximum(s, 0.0), (s > 0.0).astype(np.float64)
    # END SOLUTION


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
    # BEGIN SOLUTION 1.2b
    g, y = np.asarray(g, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if g.size != y.size:
        raise ValueError(f"g and y must have one entry per sample each, got {g.size} and {y.size}")
    y = y.reshape(g.shape)  # (n, 1) against (n,) would broadcast to (n, n)
    loss = -(y * np.log(g) + (1.0 - y) * np.log1p(-g))
    return loss, (g - y) / (g * (1.0 - g))
    # END SOLUTION


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
    # BEGIN SOLUTION 1.2b
    if x.shape[1] != W.shape[0]:
        raise ValueError(f"x must have as many columns as W has rows, got {x.shape} and {W.shape}")
    if b.shape != (1, W.shape[1]):
        raise ValueError(f"b must have shape (1, {W.shape[1]}), got {b.shape}")
    out, grad = activation_fn(x @ W + b)  # (n, p) @ (p, q) + (1, q) -> (n, q)
    return out, (x, W, grad)
    # END SOLUTION


def create_weight_matrices(layer_dims):
    """Initial weights of a net: independent draws of a normal distribution, mean 0, standard deviation 0.01.

    They come from NumPy's global generator, so that `np.random.seed` makes a run repeatable.

    Args:
        layer_dims: L + 1 ints, the number of inputs and then the width of each layer.

    Returns:
        A list of L float64 arrays; number l has shape (layer_dims[l], layer_dims[l + 1]).

    Source: handout, question 1.2(c).
    """
    # BEGIN SOLUTION 1.2c
    L = len(layer_dims) - 1
    return [np.random.normal(0.0, 0.01, size=(layer_dims[i], layer_dims[i + 1])) for i in range(L)]
    # END SOLUTION


def create_bias_vectors(layer_dims):
    """Initial biases of a net.

    Args:
        layer_dims: L + 1 ints, the number of inputs and then the width of each layer.

    Returns:
        A list of L float64 arrays; number l has shape (1, layer_dims[l + 1]).

    Source: handout, question 1.2(c).
    """
    # BEGIN SOLUTION 1.2c
    return [np.zeros((1, q)) for q in layer_dims[1:]]
    # END SOLUTION


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
    # BEGIN SOLUTION 1.2c
    if not len(weight_matrices) == len(biases) == len(activations):
        raise ValueError(
            f"weight_matrices, biases and activations must have the same length, "
            f"got {len(weight_matrices)}, {len(biases)} and {len(activations)}"
        )
    output, layer_caches = X_batch, []
    for W, b, activation_fn in zip(weight_matrices, biases, activations, strict=True):
        output, cache = layer_forward(output, W, b, activation_fn)
        layer_caches.append(cache)
    return output, layer_caches
    # END SOLUTION


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
    # BEGIN SOLUTION 1.2d
    activation_grad = layer_caches[-1][2]
    # The loss of a batch is an average, dL_dg belongs to single samples: here the 1/n comes in.
    delta = np.reshape(dL_dg, activation_grad.shape) * activation_grad / len(activation_grad)  # (n, 1)
    grad_Ws, grad_bs = [], []
    for layer in reversed(range(len(layer_caches))):
        x, W, _ = layer_caches[layer]
        grad_Ws.append(x.T @ delta)  # (p, n) @ (n, q) -> (p, q)
        grad_bs.append(delta.sum(axis=0, keepdims=True))  # (n, q) -> (1, q)
        if layer > 0:
            delta = (delta @ W.T) * layer_caches[layer - 1][2]  # (n, q) @ (q, p) -> (n, p)
    return grad_Ws[::-1], grad_bs[::-1]
    # END SOLUTION


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
    # BEGIN SOLUTION 1.3a
    e = 1e-5
    # Float copies: the caller's arrays stay untouched, and integer parameters do not swallow the step.
    Ws = [np.array(W, dtype=np.float64) for W in weight_matrices]
    bs = [np.array(b, dtype=np.float64) for b in biases]

    def mean_loss():
        output, _ = forward_pass(X_batch, Ws, bs, activations)
        return logistic_loss(output, y_batch)[0].mean()

    def differences(parameter):
        grad = np.empty_like(parameter)
        for index in np.ndindex(parameter.shape):
            value = parameter[index]
            parameter[index] = value + e
            above = mean_loss()
            parameter[index] = value - e
            below = mean_loss()
            parameter[index] = value
            grad[index] = (above - below) / (2.0 * e)
        return grad

    return [differences(W) for W in Ws], [differences(b) for b in bs]
    # END SOLUTION


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
    # BEGIN SOLUTION 1.2e
    if seed is not None:
        np.random.seed(seed)
    if activations is None:
        activations = [relu_activation] * (len(layer_dims) - 2) + [sigmoid_activation]
    X_train, X_test = np.asarray(X_train, dtype=np.float64), np.asarray(X_test, dtype=np.float64)
    y_train, y_test = np.asarray(y_train), np.asarray(y_test)

    weight_matrices, biases = create_weight_matrices(layer_dims), create_bias_vectors(layer_dims)
    history = {"train_loss": [], "train_acc": [], "test_loss": [], "test_acc": []}

    def measure(X, y, prefix):
        output, layer_caches = forward_pass(X, weight_matrices, biases, activations)
        loss, dL_dg = logistic_loss(output, y)
        history[f"{prefix}_loss"].append(float(loss.mean()))
        history[f"{prefix}_acc"].append(float(np.mean((output.ravel() > 0.5) == (y.ravel() == 1))))
        return dL_dg, layer_caches

    for _ in range(epochs):
        order = np.random.permutation(len(X_train))
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            grad_Ws, grad_bs = backward_pass(*measure(X_train[rows], y_train[rows], "train"))
            for parameter, grad in zip(weight_matrices + biases, grad_Ws + grad_bs, strict=True):
                parameter -= lr * grad
            measure(X_test, y_test, "test")
    return weight_matrices, biases, history
    # END SOLUTION


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
    # BEGIN SOLUTION 1.3f
    if seed is not None:
        np.random.seed(seed)
    X = np.random.rand(n_inputs, n_features) if X is None else np.asarray(X, dtype=np.float64)
    y = np.random.randint(0, 2, size=len(X)) if y is None else np.asarray(y)
    if layer_dims is None:
        layer_dims = (X.shape[1], 2000, 1)
    activations = [relu_activation] * (len(layer_dims) - 2) + [sigmoid_activation]

    # He's scale in the hidden layers. Every unit's weights sum to 0, so that what all inputs have in common
    # cancels out, and what sets them apart is learned from the first step. The output starts undecided.
    weight_matrices = [
        np.random.normal(0.0, np.sqrt(2.0 / W.shape[0]), W.shape) for W in create_weight_matrices(layer_dims)
    ]
    for W in weight_matrices:
        W -= W.mean(axis=0)
    weight_matrices[-1][:] = 0.0
    biases = create_bias_vectors(layer_dims)

    parameters = weight_matrices + biases
    velocities = [np.zeros_like(parameter) for parameter in parameters]
    momentum = 0.9
    history = {"train_loss": [], "train_acc": [], "weight_matrices": weight_matrices, "biases": biases}
    for _ in range(max_iterations):
        output, layer_caches = forward_pass(X, weight_matrices, biases, activations)
        loss, dL_dg = logistic_loss(output, y)
        history["train_loss"].append(float(loss.mean()))
        history["train_acc"].append(float(np.mean((output.ravel() > 0.5) == (y.ravel() == 1))))
        if history["train_acc"][-1] == 1.0:
            return history, 1.0
        grad_Ws, grad_bs = backward_pass(dL_dg, layer_caches)
        for parameter, velocity, grad in zip(parameters, velocities, grad_Ws + grad_bs, strict=True):
            velocity *= momentum
            velocity -= lr * grad
            parameter += velocity
    output, _ = forward_pass(X, weight_matrices, biases, activations)
    return history, float(np.mean((output.ravel() > 0.5) == (y.ravel() == 1)))
    # END SOLUTION


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
