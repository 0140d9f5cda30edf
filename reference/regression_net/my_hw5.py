"""A fully connected sigmoid network for regression, trained by full-batch gradient descent.

The weights of a network with L hidden layers are a dict of "W0" to f"W{L}"; W_l has one row an input of its layer
and one column an output. Below, n is the number of rows, d of features, q of outputs (1 in this homework).

Source: CMPSCI 390A, spring 2021, homework 5.
"""

import numpy as np

try:
    from tqdm import tqdm
except ImportError:  # the progress bar is a comfort: the loop runs without it

    def tqdm(iterable):
        """The iterable, without a bar."""
        return iterable


N_TRAIN = 800  # of the 1,000 rows of data/regression.csv
BASES = ("polynomial", "fourier")
NORMALIZATIONS = ("none", "minmax", "standard")


def load_data(file_path, label):
    """Read one part of the data. Given.

    Args:
        file_path: A CSV file without a header, whose last column is the label.
        label: "train" for rows 0 to 799; anything else for the rows after them.

    Returns:
        features, float, shape (n, d), and labels, float, shape (n,).
    """
    rows = np.loadtxt(file_path, delimiter=",", ndmin=2)
    part = rows[:N_TRAIN] if label == "train" else rows[N_TRAIN:]
    return part[:, :-1], part[:, -1]


def standard_models(n_inputs, n_outputs=1):
    """The layer sizes of the three standard models, by name. Given."""
    return {
        "one-layer": [n_inputs, n_outputs],
        "two-layer": [n_inputs, 5, n_outputs],
        "many-layer": [n_inputs, 7, 3, n_outputs],
    }


# Section 2


def initialize_network(layer_sizes, scale, bias=False):
    """Normal weights of mean 0 and standard deviation `scale`, drawn by np.random.randn in the order W0, W1, ...

    Args:
        layer_sizes: Neurons in each layer, inputs first: list of at least two ints.
        scale: Standard deviation, float; 0 gives zeros.
        bias: For extra credit 8.2: one more row in each W, for the constant term.

    Returns:
        dict of "W0", "W1", ...: float, shape (inputs, outputs) each, or (inputs + 1, outputs) with `bias`.

    Raises:
        ValueError: If layer_sizes has fewer than two entries.

    Source: handout, section 2.
    """
    if len(layer_sizes) < 2:
        raise ValueError(f"layer_sizes must have at least two entries, got {len(layer_sizes)}")
    # BEGIN SOLUTION 2
    params = {}
    for i in range(len(layer_sizes) - 1):
        rows, columns = layer_sizes[i] + bias, layer_sizes[i + 1]
        params[f"W{i}"] = scale * np.random.randn(rows, columns)
    return params
    # END SOLUTION


# Section 3


def sigma_forward(IN):
    """The sigmoid 1 / (1 + exp(-IN)) of each entry.

    Args:
        IN: Weighted sums, float, any shape.

    Returns:
        A, the same shape, in [0, 1].

    Source: handout, section 3.
    """
    # BEGIN SOLUTION 3
    e = np.exp(-np.abs(IN))  # at most 1, so that no exponential overflows
    return np.where(IN >= 0, 1.0, e) / (1.0 + e)
    # END SOLUTION


def sigma_backward(A):
    """The derivative of the sigmoid, from its output.

    Args:
        A: What sigma_forward returned, any shape.

    Returns:
        d sigma / d IN, the same shape.

    Source: handout, section 4.
    """
    # BEGIN SOLUTION 4
    return A * (1.0 - A)
    # END SOLUTION


def relu_forward(IN):
    """Extra credit 8.3: max(0, IN) of each entry."""
    # BEGIN SOLUTION 8.3
    return np.maximum(0.0, IN)
    # END SOLUTION


def relu_backward(A):
    """Extra credit 8.3: the derivative of ReLU from its output: 1 where A > 0, else 0 (at exactly 0, too)."""
    # BEGIN SOLUTION 8.3
    return (A > 0).astype(float)
    # END SOLUTION


def activation_pair(name):
    """The forward and backward function of an activation, "sigmoid" or "relu". Given."""
    if name == "sigmoid":
        return sigma_forward, sigma_backward
    if name == "relu":
        return relu_forward, relu_backward
    raise ValueError(f"activation must be 'sigmoid' or 'relu', got {name!r}")


def forward(params, X, activation="sigmoid", bias=False):
    """Run the network: sigma on every hidden layer, none on the input and none on the output.

    Args:
        params: dict of "W0", "W1", ...: float, shape (inputs, outputs) each.
        X: Features, float, shape (n, d).
        activation: For extra credit 8.3: "relu" in place of "sigmoid".
        bias: For extra credit 8.2: each layer's input, X included, gets a column of ones.

    Returns:
        prediction, float, shape (n, q), and the cache, a dict. For each weight W_l it holds f"A{l}", the input of
        that weight, and f"IN{l}", the weighted sum that it was made of; "A0" and "IN0" are both X. With `bias`,
        f"A{l}" is without the ones.

    Raises:
        ValueError: If X has another number of columns than W0 has rows (less the constant's).

    Source: handout, section 3.
    """
    if X.shape[1] + bias != params["W0"].shape[0]:
        raise ValueError(
            f"X must have {params['W0'].shape[0] - bias} columns, as W0 asks for, got {X.shape[1]}"
        )
    # BEGIN SOLUTION 3
    act, _ = activation_pair(activation)
    last = len(params) - 1
    cache = {"A0": X, "IN0": X}
    for layer in range(last + 1):
        A = cache[f"A{layer}"]
        IN = (add_constant(A) if bias else A) @ params[f"W{layer}"]
        if layer < last:
            cache[f"IN{layer + 1}"], cache[f"A{layer + 1}"] = IN, act(IN)
    return IN, cache
    # END SOLUTION


# Section 4


def backprop_and_loss(params, prediction, cache, Y, activation="sigmoid", bias=False):
    """The loss, and its gradient by every weight.

    Args:
        params: dict of "W0", "W1", ...
        prediction: float, shape (n, q), as forward returned it.
        cache: dict, as forward returned it.
        Y: True labels, float, shape (n,), (n, 1) or (n, q).
        activation, bias: As in forward, for the extra credit.

    Returns:
        gradient, a dict with the keys and shapes of params, and the loss, a float. Both are of the squared error:
        of its sum over the rows, as in the handout's formula, or of its mean. The mean is this file's reading.

    Raises:
        ValueError: If Y has another number of entries than the prediction.

    Source: handout, section 4.
    """
    if np.size(Y) != np.size(prediction):
        raise ValueError(f"Y must have {np.size(prediction)} entries, one a prediction, got {np.size(Y)}")
    # BEGIN SOLUTION 4
    _, slope = activation_pair(activation)
    # Y takes the prediction's shape: (n, 1) - (n,) would be (n, n).
    E = prediction - np.reshape(Y, prediction.shape)
    gradient, delta = {}, 2.0 * E / E.size
    for layer in reversed(range(len(params))):
        A, W = cache[f"A{layer}"], params[f"W{layer}"]
        gradient[f"W{layer}"] = (add_constant(A) if bias else A).T @ delta
        if layer > 0:
            passed = delta @ W.T
            # The constant's row of W belongs to no neuron below.
            delta = (passed[:, :-1] if bias else passed) * slope(A)
    return {key: gradient[key] for key in params}, float(np.mean(E**2))
    # END SOLUTION


# Section 5


def gradient_descent(X, Y, initial_params, lr, num_iterations):
    """Full-batch gradient descent, with a progress bar.

    Args:
        X: Features, float, shape (n, d).
        Y: Labels, float, shape (n,) or (n, 1).
        initial_params: dict of "W0", "W1", ...; left as it is.
        lr: The step size (the handout's alpha), float.
        num_iterations: How many steps, int.

    Returns:
        losses, a list of one float an iteration, the loss before its update, and the final params, a dict.

    Source: handout, section 5.
    """
    # BEGIN SOLUTION 5
    params = {key: np.array(W) for key, W in initial_params.items()}
    losses = []
    for _ in tqdm(range(num_iterations)):
        prediction, cache = forward(params, X)
        gradient, loss = backprop_and_loss(params, prediction, cache, Y)
        losses.append(loss)
        params = {key: W - lr * gradient[key] for key, W in params.items()}
    return losses, params
    # END SOLUTION


# Section 6


def train_best_model(Train_X, Train_Y):
    """Train the best model that you have found; its hyperparameters stand in here.

    Args:
        Train_X: Features, float, shape (n, d).
        Train_Y: Labels, float, shape (n,).

    Returns:
        losses and params, as gradient_descent returns them. The first layer has d inputs, however many those are.

    Source: handout, section 6.
    """
    # BEGIN SOLUTION 6
    initial_params = initialize_network([Train_X.shape[1], 8, 1], 0.5)
    return gradient_descent(Train_X, Train_Y, initial_params, 0.01, 2000)
    # END SOLUTION


# Section 7


def linear_gradient(weights, X, Y, mean=True):
    """Question 7.2(c): the gradient of a network without sigma, written out in matrix products, layer by layer.

    Args:
        weights: W_0 to W_L, list of float arrays of fitting shapes.
        X: Features, float, shape (n, d).
        Y: Labels, float, shape (n, q).
        mean: Gradient of the mean squared error; of the sum if False.

    Returns:
        list of the gradients by W_0 to W_L.

    Source: handout, question 7.2(c).
    """

    # BEGIN SOLUTION 7.2
    def product(first, matrices):
        for matrix in matrices:
            first = first @ matrix
        return first

    E = product(X, weights) - Y
    E = 2.0 * E / (E.size if mean else 1)
    gradients = []
    for i in range(len(weights)):
        before, after = weights[:i], weights[i + 1 :]
        gradients.append(product(X, before).T @ product(E, [W.T for W in reversed(after)]))
    return gradients
    # END SOLUTION


def learning_curve(losses, names):
    """Draw one line a list of losses, over a logarithmic axis of iterations: learning_curve.png. Given.

    Args:
        losses: Lists of floats.
        names: As many labels.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5.5), layout="constrained")
    for line, name in zip(losses, names):
        axes.plot(np.arange(1, len(line) + 1), line, label=name)
    axes.set(xscale="log", ylim=(0, 10000), xlabel="iteration", ylabel="loss", title="Learning curves")
    axes.grid(alpha=0.25)
    axes.legend()
    figure.savefig("learning_curve.png", dpi=120)
    plt.close(figure)


# Section 8, extra credit


def add_constant(X):
    """Extra credit 8.2: X followed by one column of ones.

    Args:
        X: float, shape (n, d).

    Returns:
        A new array, shape (n, d + 1).
    """
    # BEGIN SOLUTION 8.2
    return np.hstack([X, np.ones((len(X), 1))])
    # END SOLUTION


def normalize(X, kind, reference=None):
    """Extra credit 8.1: bring every column to a common scale.

    Args:
        X: float, shape (n, d).
        kind: "none"; "minmax": (X - min) / (max - min); "standard": (X - mean) / standard deviation.
        reference: Where the statistics come from: the training data, when X is the test data. By default X.

    Returns:
        A new array, shape (n, d). A column that is constant in the reference is divided by 1.
    """
    # BEGIN SOLUTION 8.1
    known = X if reference is None else reference
    if kind == "none":
        return np.array(X, dtype=float)
    if kind not in NORMALIZATIONS:
        raise ValueError(f"kind must be one of {NORMALIZATIONS}, got {kind!r}")
    if kind == "minmax":
        shift, size = known.min(axis=0), np.ptp(known, axis=0)
    else:
        shift, size = known.mean(axis=0), known.std(axis=0)
    return (X - shift) / np.where(size == 0, 1.0, size)
    # END SOLUTION


def expand_basis(X, kind, order=2):
    """Extra credit 8.1: new features out of X.

    Args:
        X: float, shape (n, d).
        kind: "polynomial": X, X^2, ..., X^order side by side; "fourier": cos(pi k X) for k = 1 to order.
        order: int.

    Returns:
        A new array, shape (n, d * order).
    """
    # BEGIN SOLUTION 8.1
    if kind not in BASES:
        raise ValueError(f"kind must be one of {BASES}, got {kind!r}")
    powers = range(1, order + 1)
    return np.hstack([X**k if kind == "polynomial" else np.cos(np.pi * k * X) for k in powers])
    # END SOLUTION


def extra_credit_fit(Train_X, Train_Y, Test_X=None, Test_Y=None, scale=0.1, lr=1e-6, num_iterations=1000):
    """Extra credit 8.1: train the three standard models on every basis expansion of every normalisation.

    Args:
        Train_X: float, shape (n, d).
        Train_Y: float, shape (n,).
        Test_X, Test_Y: The same for testing. If they are there, the test losses are printed.
        scale, lr, num_iterations: Settings of all 18 trainings.

    Returns:
        dict of 18 lists of training losses, by (basis, normalization, model). `report_figures.py --extra` draws them.

    Source: handout, question 8.1.
    """
    # BEGIN SOLUTION 8.1
    curves = {}
    for basis in BASES:
        for kind in NORMALIZATIONS:
            X = expand_basis(normalize(Train_X, kind), basis)
            for model, sizes in standard_models(X.shape[1]).items():
                initial_params = initialize_network(sizes, scale)
                losses, params = gradient_descent(X, Train_Y, initial_params, lr, num_iterations)
                curves[basis, kind, model] = losses
                if Test_X is not None:
                    test = expand_basis(normalize(Test_X, kind, reference=Train_X), basis)
                    error = forward(params, test)[0] - np.reshape(Test_Y, (-1, 1))
                    print(f"{basis}, {kind}, {model}: test loss {np.mean(error**2):.1f}")
    return curves
    # END SOLUTION


def main():
    """Train the three standard models and the best one, print their losses and draw their curves. Given."""
    Train_X, Train_Y = load_data("data/regression.csv", "train")
    Test_X, Test_Y = load_data("data/regression.csv", "test")
    # Scale, alpha, iterations: tune them (section 6). These alphas suit gradients of the mean;
    # for gradients of the sum divide them by the number of rows.
    settings = {
        "one-layer": (0.1, 0.001, 10000),
        "two-layer": (0.1, 0.001, 10000),
        "many-layer": (0.1, 0.001, 10000),
    }

    def test_loss(params):
        return np.mean((np.ravel(forward(params, Test_X)[0]) - Test_Y) ** 2)

    curves = {}
    for name, sizes in standard_models(Train_X.shape[1]).items():
        scale, alpha, iterations = settings[name]
        start = initialize_network(sizes, scale)
        curves[name], params = gradient_descent(Train_X, Train_Y, start, alpha, iterations)
        print(f"{name}: training loss {curves[name][-1]:.1f}, test loss {test_loss(params):.1f}")
    curves["best"], params = train_best_model(Train_X, Train_Y)
    print(f"best: training loss {curves['best'][-1]:.1f}, test loss {test_loss(params):.1f}")
    learning_curve(list(curves.values()), list(curves))


if __name__ == "__main__":
    main()
