"""The formulas of sections 1 to 4 as functions, to compute the numbers for answers.toml with. Optional, without points.

One example at a time, as in the handout: x is a vector without the leading 1, and the weights of the bias are column 0
of alpha and of beta.
"""

import numpy as np


def forward_single(x, alpha, beta):
    """The forward pass of the network in section 1 for one example.

    Args:
        x: Features, shape (M,).
        alpha: Weights into the hidden layer, shape (H, M+1).
        beta: Weights into the output layer, shape (K, H+1).

    Returns:
        A dict: a and z of shape (H,), b and y_hat of shape (K,). z has no leading 1.

    Source: handout, section 1, question 1.
    """
    # BEGIN SOLUTION written
    a = alpha @ np.concatenate(([1.0], x))
    z = 1 / (1 + np.exp(-a))
    b = beta @ np.concatenate(([1.0], z))
    powers = np.exp(b - b.max())
    return {"a": a, "z": z, "b": b, "y_hat": powers / powers.sum()}
    # END SOLUTION


def loss_single(y_hat, y):
    """The cross-entropy of one example.

    Args:
        y_hat: Probabilities, shape (K,).
        y: The true class as a one-hot vector, shape (K,).

    Returns:
        The loss, float.

    Source: handout, equation 1.6.
    """
    # BEGIN SOLUTION written
    return float(-np.log(y_hat[np.argmax(y)]))
    # END SOLUTION


def backward_single(x, y, alpha, beta):
    """The gradients of the loss of one example.

    Args:
        x: Features, shape (M,).
        y: The true class as a one-hot vector, shape (K,).
        alpha, beta: As in `forward_single`.

    Returns:
        d_alpha and d_beta, of the shapes of alpha and beta.

    Source: handout, section 1, question 2.
    """
    # BEGIN SOLUTION written
    values = forward_single(x, alpha, beta)
    z = values["z"]
    d_b = values["y_hat"] - y
    d_beta = np.outer(d_b, np.concatenate(([1.0], z)))
    d_a = (beta[:, 1:].T @ d_b) * z * (1 - z)  # the constant 1 in front of z does not depend on alpha
    return np.outer(d_a, np.concatenate(([1.0], x))), d_beta
    # END SOLUTION


def updated(alpha, beta, d_alpha, d_beta, lr):
    """The weights after one step of gradient descent; the arguments stay as they are.

    Args:
        alpha, beta: Weights.
        d_alpha, d_beta: Their gradients, of the same shapes.
        lr: The learning rate, float.

    Returns:
        The new alpha and beta.

    Source: handout, section 1, question 4.
    """
    # BEGIN SOLUTION written
    return alpha - lr * d_alpha, beta - lr * d_beta
    # END SOLUTION


def regularised_loss(loss, alpha, beta, lam):
    """The loss with L2 regularisation of all weights but those of the biases.

    Args:
        loss: Without regularisation, float.
        alpha, beta: Weights with the bias's in column 0.
        lam: How much the regularisation counts, float.

    Returns:
        The regularised loss, float.

    Source: handout, section 1, question 5.
    """
    # BEGIN SOLUTION written
    return float(loss + lam * (np.sum(alpha[:, 1:] ** 2) + np.sum(beta[:, 1:] ** 2)))
    # END SOLUTION


def regularised_gradient(d_alpha, alpha, lam):
    """The gradient of the regularised loss with respect to alpha.

    Args:
        d_alpha: The gradient without regularisation, shape (H, M+1).
        alpha: The weights, shape (H, M+1).
        lam: How much the regularisation counts, float.

    Returns:
        The gradient, shape (H, M+1).

    Source: handout, section 1, question 5.
    """
    # BEGIN SOLUTION written
    gradient = np.array(d_alpha, dtype=float)
    gradient[:, 1:] += 2 * lam * alpha[:, 1:]
    return gradient
    # END SOLUTION


def zero_init_run(x, n_steps, dl_dy=1.0, lr=1.0):
    """Gradient descent in the network of section 2, with all weights 0 at the beginning.

    Args:
        x: The one input, shape (3,).
        n_steps: How many steps.
        dl_dy: The derivative of the loss with respect to the output, taken as the same in each step.
        lr: The learning rate, float.

    Returns:
        w1 (3,), w2 (3,), and v (2,) after the last step.

    Source: handout, section 2.
    """
    # BEGIN SOLUTION written
    x = np.asarray(x, dtype=float)
    w, v = np.zeros((2, 3)), np.zeros(2)
    for _ in range(n_steps):
        s = 1 / (1 + np.exp(-w @ x))
        d_v, d_w = dl_dy * s, np.outer(dl_dy * v * s * (1 - s), x)  # both with the old weights
        w, v = w - lr * d_w, v - lr * d_v
    return w[0], w[1], v
    # END SOLUTION


def mse_network(X, W1, b1, w2, b2, Y, activation):
    """The mean squared error of the network in section 3.

    Args:
        X: Inputs, shape (N, 2).
        W1, b1: Weights (2, 2) and biases (2,) of the hidden layer. Row j of W1 holds the weights into hidden unit j.
        w2, b2: Weights (2,) and bias (a number) of the output.
        Y: Targets, shape (N,).
        activation: "relu", "tanh", "sigmoid" or "linear".

    Returns:
        The loss, float.

    Source: handout, section 3.
    """
    # BEGIN SOLUTION written
    functions = {
        "relu": lambda a: np.maximum(a, 0),
        "tanh": np.tanh,
        "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
        "linear": lambda a: a,
    }
    hidden = functions[activation](X @ np.transpose(W1) + b1)
    return float(np.mean((hidden @ w2 + b2 - Y) ** 2))
    # END SOLUTION


def filter_same(X, F):
    """What a filter makes of an image: slid over it as it is, with stride 1, and zeros around the image.

    Args:
        X: The image, shape (h, w).
        F: The filter, shape (r, s), both odd.

    Returns:
        The result, of the shape of X.

    Source: handout, section 4, question 4.
    """
    # BEGIN SOLUTION written
    (h, w), (r, s) = np.shape(X), np.shape(F)
    padded = np.pad(X, ((r // 2, r // 2), (s // 2, s // 2)))
    return sum(F[i][j] * padded[i : i + h, j : j + w] for i in range(r) for j in range(s))
    # END SOLUTION
