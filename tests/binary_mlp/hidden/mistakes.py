"""Gradients that known mistakes give, so that a hint can name them. Built from the reference, never released."""

import numpy as np


def wrong_gradients(X, Ws, bs, activations, dL_dg):
    """What backward passes with one known mistake each return, as `{hint, grad_Ws, grad_bs}`.

    Args:
        X, Ws, bs: A batch (n, p) and the parameters.
        activations: Functions that return an activation and its derivative.
        dL_dg: Derivatives of each sample's loss, (n,) or (n, 1).
    """
    inputs, slopes, a = [], [], X
    for W, b, f in zip(Ws, bs, activations, strict=True):
        inputs.append(a)
        a, slope = f(a @ W + b)
        slopes.append(slope)
    n, last = len(X), len(Ws) - 1
    dL_dg = np.reshape(dL_dg, (n, 1))

    def backward(delta, hidden=lambda layer: slopes[layer], bias=lambda d: d.sum(axis=0, keepdims=True)):
        grad_Ws, grad_bs = [], []
        for layer in range(last, -1, -1):
            grad_Ws.insert(0, inputs[layer].T @ delta)
            grad_bs.insert(0, bias(delta))
            if layer:
                delta = (delta @ Ws[layer].T) * hidden(layer - 1)
        return grad_Ws, grad_bs

    def outermost(layer):
        return slopes[layer] * slopes[layer]

    cases = {
        "The derivative of the output's activation is forgotten: multiply dL_dg by it first.": backward(
            dL_dg / n
        ),
        "The derivative of the output's activation is applied twice.": backward(
            dL_dg * slopes[last] ** 2 / n
        ),
        "The derivatives of the hidden activations are forgotten.": backward(
            dL_dg * slopes[last] / n, lambda layer: 1.0
        ),
        "The derivatives of the hidden activations are applied twice.": backward(
            dL_dg * slopes[last] / n, outermost
        ),
        "The bias gradient is averaged over the batch once more: sum the rows of delta.": backward(
            dL_dg * slopes[last] / n, bias=lambda d: d.mean(axis=0, keepdims=True)
        ),
    }
    if last == 1:  # deeper, the shapes do not fit
        cases[
            "Delta is multiplied by the derivative of the wrong layer: it is that of the layer it goes to."
        ] = backward(dL_dg * slopes[last] / n, lambda layer: slopes[layer + 1])
    return [
        {"hint": hint, "grad_Ws": [g.tolist() for g in grad_Ws], "grad_bs": [g.tolist() for g in grad_bs]}
        for hint, (grad_Ws, grad_bs) in cases.items()
    ]
