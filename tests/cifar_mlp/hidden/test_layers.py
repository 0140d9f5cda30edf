"""Question 5, hidden: the layers, for inputs of any shape."""

import numpy as np
import pytest

from tests.cifar_mlp.judging import AFFINE_FORWARD, AFFINE_PARAMETERS
from tests.cifar_mlp.test_layers import (
    check_forward,
    check_input_gradient,
    check_parameter_gradients,
    check_relu_backward,
    check_relu_forward,
)

pytestmark = pytest.mark.question("5")
SHAPES = ((6,), (4, 3), (2, 3, 5), (2, 2, 3, 2))  # of one example


def cases(reference, rng):
    """x, w, b, dout and what the reference makes of them, for inputs of two to five dimensions."""
    layers = reference.load("nndl.layers")
    for shape in SHAPES:
        x, w, b = rng.normal(size=(5, *shape)), rng.normal(size=(int(np.prod(shape)), 4)), rng.normal(size=4)
        out, cache = layers.affine_forward(x, w, b)
        dout = rng.normal(size=out.shape)
        yield x, w, b, out, dout, layers.affine_backward(dout, cache)


@pytest.mark.points(0.75)
def test_affine_forward_of_any_shape(submission, run, reference, rng):
    """affine_forward is right for x of two, three, four and five dimensions, and keeps x in its shape."""
    for x, w, b, out, _, _ in cases(reference, rng):
        check_forward(submission, run, x, w, b, out)


@pytest.mark.points(0.5, follows=AFFINE_FORWARD, provided=AFFINE_PARAMETERS)
def test_affine_input_gradient_of_any_shape(submission, run, reference, rng):
    """affine_backward gives dx in the shape of x, for two to five dimensions."""
    for x, w, b, _, dout, (dx, _, _) in cases(reference, rng):
        check_input_gradient(submission, run, x, w, b, dout, dx)


@pytest.mark.points(1)
def test_affine_parameter_gradients_of_any_shape(submission, run, reference, rng):
    """affine_backward gives dw and db, for x of two to five dimensions."""
    for x, w, b, _, dout, (_, dw, db) in cases(reference, rng):
        check_parameter_gradients(submission, run, x, w, b, dout, dw, db)


@pytest.mark.points(0.25)
def test_relu_forward_of_any_shape(submission, run, rng):
    """relu_forward is right for fresh numbers in arrays of one to four dimensions."""
    for shape in ((7,), (3, 4), (2, 3, 4, 2)):
        numbers = rng.normal(size=shape)
        check_relu_forward(submission, run, numbers, np.where(numbers < 0, 0, numbers))


@pytest.mark.points(0.5)
def test_relu_backward_of_any_shape(submission, run, rng):
    """relu_backward is right for fresh numbers in arrays of one to four dimensions."""
    for shape in ((7,), (3, 4), (2, 3, 4, 2)):
        numbers, dout = rng.normal(size=shape), rng.normal(size=shape)
        check_relu_backward(submission, run, numbers, dout, np.where(numbers < 0, 0, dout))
