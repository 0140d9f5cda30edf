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
    raise NotImplementedError("written: forward_single is not written yet")


def loss_single(y_hat, y):
    """The cross-entropy of one example.

    Args:
        y_hat: Probabilities, shape (K,).
        y: The true class as a one-hot vector, shape (K,).

    Returns:
        The loss, float.

    Source: handout, equation 1.6.
    """
    raise NotImplementedError("written: loss_single is not written yet")


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
    raise NotImplementedError("written: backward_single is not written yet")


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
    raise NotImplementedError("written: updated is not written yet")


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
    raise NotImplementedError("written: regularised_loss is not written yet")


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
    raise NotImplementedError("written: regularised_gradient is not written yet")


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
    raise NotImplementedError("written: zero_init_run is not written yet")


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
    raise NotImplementedError("written: mse_network is not written yet")


def filter_same(X, F):
    """What a filter makes of an image: slid over it as it is, with stride 1, and zeros around the image.

    Args:
        X: The image, shape (h, w).
        F: The filter, shape (r, s), both odd.

    Returns:
        The result, of the shape of X.

    Source: handout, section 4, question 4.
    """
    raise NotImplementedError("written: filter_same is not written yet")
