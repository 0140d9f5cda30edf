"""Numerical gradients by central differences, to compare your own with."""

import numpy as np


def eval_numerical_gradient(f, x, verbose=True, h=0.00001):
    """The gradient of a function with one number as its value.

    Args:
        f: A function of x. What it reads may also be x itself: x is changed in place, and put back.
        x: float array, of any shape.
        verbose: Whether to print each entry.
        h: The step, float.

    Returns:
        float array of the shape of x.
    """
    grad = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        high, low = _both_sides(f, x, index, h)
        grad[index] = (high - low) / (2 * h)
        if verbose:
            print(index, grad[index])
    return grad


def eval_numerical_gradient_array(f, x, df, h=1e-5):
    """The gradient of sum(df * f(x)) for a function with an array as its value.

    Args:
        f: A function of x.
        x: float array, of any shape; it is changed in place, and put back.
        df: The gradient of the loss with respect to f(x), float, of the shape of f(x).
        h: The step, float.

    Returns:
        float array of the shape of x.
    """
    grad = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        high, low = _both_sides(f, x, index, h)
        grad[index] = np.sum((high - low) * df) / (2 * h)
    return grad


def eval_numerical_gradient_blobs(f, inputs, output, h=1e-5):
    """The gradients of sum(output.diffs * output.vals), for a function that writes into `output.vals`.

    Args:
        f: Called as f(*inputs, output).
        inputs: tuple of objects with float arrays `vals` and `diffs` of one shape.
        output: Such an object.
        h: The step, float.

    Returns:
        list of float arrays, one for each input, of its shape.
    """

    def written(_):
        f(*inputs, output)
        return output.vals

    return [eval_numerical_gradient_array(written, blob.vals, output.diffs, h) for blob in inputs]


def eval_numerical_gradient_net(net, inputs, output, h=1e-5):
    """`eval_numerical_gradient_blobs` for an object with a method forward() that reads inputs and writes output."""
    return eval_numerical_gradient_blobs(lambda *_: net.forward(), inputs, output, h=h)


def grad_check_sparse(f, x, analytic_grad, num_checks=10, h=1e-5):
    """Print a few random entries of a gradient beside the numerical ones, with their relative errors.

    Args:
        f: A function of x with one number as its value.
        x: float array, of any shape; it is changed in place, and put back.
        analytic_grad: The gradient to check, of the shape of x.
        num_checks: How many entries, int.
        h: The step, float.
    """
    for _ in range(num_checks):
        index = tuple(np.random.randint(m) for m in x.shape)
        high, low = _both_sides(f, x, index, h)
        numerical, analytic = (high - low) / (2 * h), analytic_grad[index]
        error = abs(numerical - analytic) / max(abs(numerical) + abs(analytic), 1e-300)
        print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")


def _both_sides(f, x, index, h):
    """f with one entry of x moved up, and down, by h. Copies: f may return the same array each time."""
    kept = x[index]
    x[index] = kept + h
    high = np.array(f(x))
    x[index] = kept - h
    low = np.array(f(x))
    x[index] = kept
    return high, low
