"""Question 5: networks put together from layers. A `utils.solver.Solver` trains them.

Weights are (in, out) here, the transpose of what `neural_net.py` keeps.

Source: ECE C147/C247, Winter 2025, homework 3, question 5 (notebook `FC_nets`).
"""

# ruff: noqa: F403, F405
from itertools import pairwise

import numpy as np

from .layer_utils import *
from .layers import *


class TwoLayerNet:
    """affine - ReLU - affine - softmax, of the layers in `layers.py`.

    Attributes:
        params: dict of float arrays: W1 (D, H), b1 (H,), W2 (H, C), b2 (C,).
        reg: Strength of the penalty, float; it may be changed at any time.
    """

    def __init__(
        self, input_dim=3 * 32 * 32, hidden_dims=100, num_classes=10, dropout=0, weight_scale=1e-3, reg=0.0
    ):
        """Random weights of mean 0, and biases of zero.

        Args:
            input_dim: D, int.
            hidden_dims: H, an int, whatever the plural says.
            num_classes: C, int.
            dropout: Not used here.
            weight_scale: Standard deviation of the weights, float.
            reg: Strength of the penalty, float.
        """
        self.params = {}
        self.reg = reg
        # Fill self.params with W1, b1, W2 and b2.
        # BEGIN SOLUTION 5
        self.params["W1"] = weight_scale * np.random.randn(input_dim, hidden_dims)
        self.params["b1"] = np.zeros(hidden_dims)
        self.params["W2"] = weight_scale * np.random.randn(hidden_dims, num_classes)
        self.params["b2"] = np.zeros(num_classes)
        # END SOLUTION

    def loss(self, X, y=None):
        """The scores; or, if labels are given, the loss and its gradients.

        The loss is `softmax_loss` plus 0.5 * self.reg * (sum of W1 ** 2 + sum of W2 ** 2).

        Args:
            X: Inputs, float, (N, d_1, ..., d_k) with d_1 * ... * d_k = D.
            y: Labels, int in [0, C), (N,), or None.

        Returns:
            Without y: scores, float, (N, C).
            With y: loss (float) and grads, a dict with the keys and shapes of `params`.
        """
        # The scores, (N, C), with the layers that you wrote.
        # BEGIN SOLUTION 5
        W1, W2 = self.params["W1"], self.params["W2"]
        hidden, first = affine_relu_forward(X, W1, self.params["b1"])
        scores, second = affine_forward(hidden, W2, self.params["b2"])
        # END SOLUTION

        if y is None:
            return scores

        loss, grads = 0, {}
        # The loss with its penalty, and the gradient of each parameter, with the layers that you wrote.
        # BEGIN SOLUTION 5
        loss, d_scores = softmax_loss(scores, y)
        loss += 0.5 * self.reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        d_hidden, grads["W2"], grads["b2"] = affine_backward(d_scores, second)
        _, grads["W1"], grads["b1"] = affine_relu_backward(d_hidden, first)
        grads["W1"] += self.reg * W1
        grads["W2"] += self.reg * W2
        # END SOLUTION

        return loss, grads


class FullyConnectedNet:
    """{affine - ReLU} x (L - 1) - affine - softmax, for any number L of layers.

    Batch normalisation and dropout come with a later homework: their settings are kept, and not used.

    Attributes:
        params: dict of arrays of `dtype`: W1 (input_dim, hidden_dims[0]), b1 (hidden_dims[0],), W2, b2, ...,
            WL (hidden_dims[-1], num_classes), bL (num_classes,).
        num_layers: L = 1 + len(hidden_dims), int.
        reg: Strength of the penalty, float; it may be changed at any time.
        dtype: The type that is computed in.
    """

    def __init__(
        self,
        hidden_dims,
        input_dim=3 * 32 * 32,
        num_classes=10,
        dropout=0,
        use_batchnorm=False,
        reg=0.0,
        weight_scale=1e-2,
        dtype=np.float32,
        seed=None,
    ):
        """Random weights of mean 0, and biases of zero.

        Args:
            hidden_dims: Number of units of each hidden layer, list of ints.
            input_dim: Number of inputs, int.
            num_classes: C, int.
            dropout: Strength of the dropout, float in [0, 1]; 0 for none.
            use_batchnorm: Whether batch normalisation is used.
            reg: Strength of the penalty, float.
            weight_scale: Standard deviation of the weights, float.
            dtype: np.float32 is faster; gradient checks need np.float64.
            seed: For dropout alone; the weights come from NumPy's global generator.
        """
        self.use_batchnorm = use_batchnorm
        self.use_dropout = dropout > 0
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params = {}

        # Fill self.params with W1, b1, W2, b2 and so on.
        # BEGIN SOLUTION 5
        sizes = [input_dim, *hidden_dims, num_classes]
        for i, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
            self.params[f"W{i}"] = weight_scale * np.random.randn(n_in, n_out)
            self.params[f"b{i}"] = np.zeros(n_out)
        # END SOLUTION

        self.dropout_param = {}
        if self.use_dropout:
            self.dropout_param = {"mode": "train", "p": dropout}
            if seed is not None:
                self.dropout_param["seed"] = seed

        self.bn_params = []
        if self.use_batchnorm:
            self.bn_params = [{"mode": "train"} for _ in range(self.num_layers - 1)]

        for name, value in self.params.items():
            self.params[name] = value.astype(dtype)

    def loss(self, X, y=None):
        """The scores; or, if labels are given, the loss and its gradients.

        The loss is `softmax_loss` plus 0.5 * self.reg * (sum of Wi ** 2, over all layers).

        Args:
            X: Inputs, (N, d_1, ..., d_k) with d_1 * ... * d_k = input_dim; they are cast to `dtype`.
            y: Labels, int in [0, C), (N,), or None.

        Returns:
            Without y: scores, (N, C).
            With y: loss (float) and grads, a dict with the keys and shapes of `params`.
        """
        X = X.astype(self.dtype)
        mode = "test" if y is None else "train"
        if self.use_dropout:
            self.dropout_param["mode"] = mode
        for bn_param in self.bn_params:
            bn_param["mode"] = mode

        # The scores, (N, C), with the layers that you wrote, for any number of layers.
        # BEGIN SOLUTION 5
        h, caches = X, []
        for i in range(1, self.num_layers):
            h, kept = affine_relu_forward(h, self.params[f"W{i}"], self.params[f"b{i}"])
            caches.append(kept)
        last = self.num_layers
        scores, kept = affine_forward(h, self.params[f"W{last}"], self.params[f"b{last}"])
        caches.append(kept)
        # END SOLUTION

        if y is None:
            return scores

        loss, grads = 0.0, {}
        # The loss with its penalty, and the gradient of each parameter, with the layers that you wrote.
        # BEGIN SOLUTION 5
        loss, upstream = softmax_loss(scores, y)
        for i in range(last, 0, -1):
            W, backward = self.params[f"W{i}"], affine_backward if i == last else affine_relu_backward
            upstream, dW, grads[f"b{i}"] = backward(upstream, caches.pop())
            grads[f"W{i}"] = dW + self.reg * W
            loss += 0.5 * self.reg * np.sum(W * W)
        # END SOLUTION

        return loss, grads
