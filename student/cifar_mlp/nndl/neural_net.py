"""Question 4: a two-layer network in one piece, with a training loop of its own.

Weights are (out, in) here, the transpose of what `fc_net.py` keeps.

Source: ECE C147/C247, Winter 2025, homework 3, question 4 (notebook `two_layer_nn`).
"""

import numpy as np


class TwoLayerNet:
    """affine - ReLU - affine - softmax, trained with a softmax loss and an L2 penalty on both weight matrices.

    D is the number of inputs, H of hidden units, C of classes, N of examples in a batch.

    Attributes:
        params: dict of float arrays: W1 (H, D), b1 (H,), W2 (C, H), b2 (C,).
    """

    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        """Small random weights, and biases of zero.

        Args:
            input_size: D, int.
            hidden_size: H, int.
            output_size: C, int.
            std: Standard deviation of the weights, float.
        """
        self.params = {}
        self.params["W1"] = std * np.random.randn(hidden_size, input_size)
        self.params["b1"] = np.zeros(hidden_size)
        self.params["W2"] = std * np.random.randn(output_size, hidden_size)
        self.params["b2"] = np.zeros(output_size)

    def loss(self, X, y=None, reg=0.0):
        """The scores; or, if labels are given, the loss and its gradients.

        The loss is the mean over the batch of -ln(softmax(scores)[label]), plus
        0.5 * reg * (sum of W1 ** 2 + sum of W2 ** 2). Biases are not penalised.

        Args:
            X: Inputs, float, (N, D).
            y: Labels, int in [0, C), (N,), or None.
            reg: Strength of the penalty, float.

        Returns:
            Without y: scores, float, (N, C). There is no ReLU after the second layer.
            With y: loss (float) and grads, a dict with the keys and shapes of `params`.
        """
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        N = X.shape[0]

        # The scores, (N, C), without a loop.
        raise NotImplementedError("4: TwoLayerNet.loss is not written yet")

        if y is None:
            return scores

        # The loss: softmax and penalty, with the factor 0.5.
        raise NotImplementedError("4: TwoLayerNet.loss is not written yet")

        # The backward pass: grads["W1"] has the shape of W1, and so on.
        raise NotImplementedError("4: TwoLayerNet.loss is not written yet")

        return loss, grads

    def train(
        self,
        X,
        y,
        X_val,
        y_val,
        learning_rate=1e-3,
        learning_rate_decay=0.95,
        reg=1e-5,
        num_iters=100,
        batch_size=200,
        verbose=False,
    ):
        """Stochastic gradient descent. `params` hold what was learned.

        Args:
            X: Training inputs, float, (N_train, D).
            y: Training labels, int, (N_train,).
            X_val: Validation inputs, float, (N_val, D).
            y_val: Validation labels, int, (N_val,).
            learning_rate: Size of the steps, float.
            learning_rate_decay: What the rate is multiplied by once an epoch (the first time after iteration 0).
            reg: Strength of the penalty, float.
            num_iters: Number of steps, int.
            batch_size: Examples in a batch, int; it may exceed N_train.
            verbose: Whether to print the loss now and then.

        Returns:
            dict of lists: loss_history (one loss per step, before its update), train_acc_history (of the batch)
            and val_acc_history (both once an epoch, after the update).
        """
        num_train = X.shape[0]
        iterations_per_epoch = max(num_train / batch_size, 1)

        loss_history = []
        train_acc_history = []
        val_acc_history = []

        for it in range(num_iters):
            # A batch of batch_size random examples: X_batch and y_batch.
            raise NotImplementedError("4: TwoLayerNet.train is not written yet")

            loss, grads = self.loss(X_batch, y=y_batch, reg=reg)
            loss_history.append(loss)

            # One step of gradient descent for each of the four parameters.
            raise NotImplementedError("4: TwoLayerNet.train is not written yet")

            if verbose and it % 100 == 0:
                print(f"iteration {it} / {num_iters}: loss {loss:.6f}")

            # Where N_train / batch_size is no integer, only its integer multiples count.
            if it % iterations_per_epoch == 0:
                train_acc_history.append((self.predict(X_batch) == y_batch).mean())
                val_acc_history.append((self.predict(X_val) == y_val).mean())
                learning_rate *= learning_rate_decay

        return {
            "loss_history": loss_history,
            "train_acc_history": train_acc_history,
            "val_acc_history": val_acc_history,
        }

    def predict(self, X):
        """The class of the highest score.

        Args:
            X: Inputs, float, (N, D).

        Returns:
            int, (N,), in [0, C).
        """
        raise NotImplementedError("4: TwoLayerNet.predict is not written yet")
