"""How this assignment's tests judge gradients: every convention that the handout leaves open counts as right."""

import json
from pathlib import Path

import numpy as np

from harness import expect
from harness.errors import StudentError
from harness.expect import Cause, Mismatch

# The small mistakes that also spoil what is built from the pieces: named by the tests that charge them.
SIGMOID = ("test_sigmoid_and_its_derivative", "test_sigmoid_of_random_arrays", "test_sigmoid_at_zero")
PIECES = (
    *SIGMOID, "test_sigmoid_does_not_overflow", "test_sigmoid_of_large_inputs", "test_sigmoid_of_integers",
    "test_sigmoid_never_reaches_0_or_1", "test_relu_and_its_derivative", "test_relu_of_random_arrays",
    "test_logistic_loss_of_each_sample", "test_logistic_loss_derivative", "test_logistic_loss_with_mixed_labels",
    "test_loss_shape_with_labels_of_shape_n", "test_layer_forward", "test_layer_forward_of_random_layers",
)
NETWORK = (
    "test_forward_pass_of_the_toy_net", "test_forward_pass_of_three_layers", "test_forward_pass_of_random_nets",
    "test_weight_matrices_have_the_right_shapes", "test_bias_vectors_have_the_right_shapes",
)
WEIGHT_GRADIENTS = (
    "test_weight_gradients_of_the_toy_net", "test_weight_gradients_of_three_layers", "test_weight_gradients_of_random_nets",
    "test_gradients_of_a_net_of_equal_widths",
)
BIAS_GRADIENTS = ("test_bias_gradients_of_the_toy_net", "test_bias_gradients_of_random_nets")


class Toy:
    """One of the two published toy nets: inputs, parameters, and what is right.

    Attributes:
        X, y, Ws, bs: The batch, its labels, and the parameters.
        given: Expected values with the given activations `given["names"]`.
    """

    def __init__(self, folder: Path, name: str) -> None:
        content = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        data = {**content["inputs"], **content["expected"]}
        self.data, self.given = data, content["given"]
        self.X, self.y = np.array(data["X_batch"]), np.array(data["y_batch"], dtype=float)
        self.Ws, self.bs = [np.array(w) for w in data["weight_matrices"]], [np.array(b) for b in data["biases"]]

    def arrays(self, key: str) -> list[np.ndarray]:
        """A list of expected arrays, such as `grad_Ws`, with the student's own activations."""
        return [np.array(a) for a in self.data[key]]


def causes(mistakes: list[dict], key: str, number: int) -> list[Cause]:
    """The known mistakes' values for one parameter."""
    return [Cause(m["hint"], m[key][number]) for m in mistakes]


def settled(grads: object, shapes: list[tuple[int, ...]], n: int, name: str) -> list[np.ndarray]:
    """Gradients as float arrays of these shapes: stacks of one gradient a sample are averaged, bias rows reshaped."""
    if not isinstance(grads, (list, tuple)) or len(grads) != len(shapes):
        raise Mismatch(f"{name} must be a list of {len(shapes)} arrays, one a layer.", f"a list of {len(shapes)}", expect.kind(grads))
    out = []
    for i, (grad, shape) in enumerate(zip(grads, shapes, strict=True)):
        a = expect.array(grad, f"{name}[{i}]")
        if a.shape == (n, *shape):
            a = a.mean(axis=0)
        if shape[0] == 1 and a.size == shape[1]:
            a = a.reshape(shape)
        out.append(expect.array(a, f"{name}[{i}]", shape=shape))
    return out


def same_up_to_n(got: list[np.ndarray], want: list[np.ndarray], n: int, rtol: float, atol: float) -> bool:
    """Whether gradients are those of the mean loss, or n times as large in every parameter (the sum's)."""
    return any(
        all(expect.agree(g, k * w, rtol, k * atol) for g, w in zip(got, want, strict=True)) for k in (1, n)
    )


def check_gradients(
    pair: object, want: list[np.ndarray], n: int, part: str, *, rtol: float = 1e-6, atol: float = 1e-9,
    mistakes: list[dict] = (), also_right: object = None,
) -> None:
    """Fail unless the weights' or the biases' gradients are right, of the mean or of the sum.

    Args:
        pair: What backward_pass returned.
        want: The right gradients of the mean loss.
        part: `grad_Ws` or `grad_bs`.
        mistakes: Gradients that known mistakes give, with hints.
        also_right: A function without arguments that gives other gradients which count as right too, for example
            those of the student's own forward pass; called only if the first comparison fails.
    """
    grads = expect.unpack(pair, ("grad_Ws", "grad_bs"), "backward_pass(dL_dg, layer_caches)")
    got = settled(grads[part == "grad_bs"], [w.shape for w in want], n, part)
    if same_up_to_n(got, want, n, rtol, atol):
        return
    if also_right is not None:
        other = also_right()
        if other is not None and any(np.abs(o).max() > 1e-6 for o in other) and same_up_to_n(got, other, n, 1e-5, 1e-7):
            return
    for i, (g, w) in enumerate(zip(got, want, strict=True)):
        scale = n if expect.agree(g, n * w, rtol, n * atol) else 1
        expect.close(g, scale * w, f"{part}[{i}]", rtol=rtol, atol=atol, causes=causes(mistakes, part, i))
    raise Mismatch(
        "Some gradients are of the mean loss, some of the sum: is 1/n applied to weights and biases alike?",
        "all of the mean, or all of the sum", "a mixture",
    )


def own_slopes(submission, part, *args):
    """Central differences through the student's own forward pass, or None where it cannot be run."""
    def compute():
        try:
            slopes = submission.probe("own_slopes", *args)
            return settled(slopes[part == "grad_bs"], [np.shape(a) for a in args[2 if part == "grad_Ws" else 3]], -1, part)
        except (StudentError, Mismatch, TypeError, IndexError):
            return None
    return compute


def random_net(rng, dims, n, hidden="tanh", last="arctan"):
    """A net with parameters of order 1 and a batch: X, y (mixed labels), Ws, bs, names of activations."""
    X = rng.normal(size=(n, dims[0]))
    y = (np.arange(n) % 2).astype(float)
    Ws = [rng.normal(size=(p, q)) / np.sqrt(p) for p, q in zip(dims[:-1], dims[1:], strict=True)]
    bs = [0.3 * rng.normal(size=(1, q)) for q in dims[1:]]
    return X, y, Ws, bs, [hidden] * (len(dims) - 2) + [last]
