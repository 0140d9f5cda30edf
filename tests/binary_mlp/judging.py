"""How this assignment's tests judge gradients: every convention that the handout leaves open counts as right."""

import itertools
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from harness import expect
from harness.errors import StudentError, TimedOut
from harness.expect import Cause, Mismatch
from harness.gradients import alike, factors
from harness.results import CRASHED, OUT_OF_MEMORY, TIMED_OUT
from tests.binary_mlp import probes

PARTS = ("grad_Ws", "grad_bs")
# The small mistakes that also spoil what is built from the pieces: named by the tests that charge them.
SIGMOID = ("test_sigmoid_and_its_derivative", "test_sigmoid_of_random_arrays", "test_sigmoid_at_zero")
LAYERS = ("test_layer_forward", "test_layer_forward_of_random_layers")
PIECES = (
    *SIGMOID,
    "test_sigmoid_does_not_overflow",
    "test_sigmoid_of_large_inputs",
    "test_sigmoid_of_integers",
    "test_sigmoid_never_reaches_0_or_1",
    "test_relu_and_its_derivative",
    "test_relu_of_random_arrays",
    "test_logistic_loss_of_each_sample",
    "test_logistic_loss_derivative",
    "test_logistic_loss_with_mixed_labels",
    "test_loss_shape_with_labels_of_shape_n",
    *LAYERS,
)
NETWORK = (
    "test_forward_pass_of_the_toy_net",
    "test_forward_pass_of_three_layers",
    "test_forward_pass_of_random_nets",
    "test_weight_matrices_have_the_right_shapes",
    "test_bias_vectors_have_the_right_shapes",
    "test_weights_are_normal_with_standard_deviation_0_01",
    "test_layers_do_not_share_their_weights",
)
WEIGHT_GRADIENTS = (
    "test_weight_gradients_of_the_toy_net",
    "test_weight_gradients_of_three_layers",
    "test_weight_gradients_of_random_nets",
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
        self.Ws, self.bs = (
            [np.array(w) for w in data["weight_matrices"]],
            [np.array(b) for b in data["biases"]],
        )

    def arrays(self, key: str) -> list[np.ndarray]:
        """A list of expected arrays, such as `grad_Ws`, with the student's own activations."""
        return [np.array(a) for a in self.data[key]]

    def gradients(self, values: dict) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The right gradients of `data` or of `given`: the weights' and the biases'."""
        Ws, bs = ([np.array(a) for a in values[part]] for part in PARTS)
        return Ws, bs


def without_overflow(submission, s: np.ndarray) -> list:
    """What sigmoid_activation returns for large inputs, or a failure if an exponential overflows on the way.

    A submission may silence NumPy's warning, as is usual where both branches of np.where are computed.
    """
    call = "sigmoid_activation(s)"
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            return expect.unpack(submission.hw2.sigmoid_activation(s), ("out", "grad"), call)
    except FloatingPointError:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            parts = expect.unpack(submission.hw2.sigmoid_activation(s), ("out", "grad"), call)
        expect.true(
            not any(issubclass(w.category, RuntimeWarning) for w in told),
            "e^-s overflows where s is very negative: use e^s / (1 + e^s) there.",
            "no overflow",
            "an overflow",
        )
        return parts


def causes(mistakes: list[dict], key: str, number: int) -> list[Cause]:
    """The known mistakes' values for one parameter."""
    return [Cause(m["hint"], m[key][number]) for m in mistakes]


def settled(
    grads: object,
    shapes: list[tuple[int, ...]],
    n: int,
    name: str,
    *,
    stacked: bool = False,
    in_order: bool = False,
) -> list[np.ndarray]:
    """Gradients as float arrays of these shapes: stacks of one gradient a sample are averaged, bias rows reshaped.

    Args:
        grads: What the submission returned.
        shapes: The shapes of the parameters, input side first.
        n: Rows in the batch.
        stacked: Whether the weights' gradients are such stacks, so that a bias row a sample is meant as one, too.
        in_order: Refuse a list that begins at the output side; else it is turned round, since that is one mistake
            and charged where the order is judged.
    """
    if not isinstance(grads, (list, tuple)) or len(grads) != len(shapes):
        raise Mismatch(
            f"{name} must be a list of {len(shapes)} arrays, one a layer.",
            f"a list of {len(shapes)}",
            expect.kind(grads),
        )
    grads = [expect.array(g, f"{name}[{i}]") for i, g in enumerate(grads)]

    def fit(order: object) -> bool:
        return all(np.size(g) in (np.prod(s), n * np.prod(s)) for g, s in zip(order, shapes, strict=True))

    if not fit(grads) and fit(grads[::-1]):
        if in_order:
            raise Mismatch(
                f"{name} is in reverse order: it begins with the gradient of the first layer, the input's.",
                f"shapes {expect.short(shapes)}",
                f"shapes {expect.short([np.shape(g) for g in grads])}",
            )
        grads = grads[::-1]
    out = []
    for i, (grad, shape) in enumerate(zip(grads, shapes, strict=True)):
        a = expect.array(grad, f"{name}[{i}]")
        row = shape[0] == 1 and name == "grad_bs"
        if a.shape == (n, *shape) or (stacked and row and a.shape == (n, shape[1])):
            a = a.mean(axis=0)
        if shape[0] == 1 and a.size == shape[1]:
            a = a.reshape(shape)
        elif row and a.shape == (n, shape[1]):
            raise Mismatch(
                f"{name}[{i}] still has one row a sample: sum delta over the rows, delta.sum(axis=0, keepdims=True).",
                f"shape {shape}",
                f"shape {a.shape}",
            )
        elif row and a.size == n:
            raise Mismatch(
                f"{name}[{i}] has one entry a sample: it is summed over the features, not over the rows (axis=0).",
                f"shape {shape}",
                f"shape {a.shape}",
            )
        out.append(expect.array(a, f"{name}[{i}]", shape=shape))
    return out


def settled_pair(pair: object, want: object, n: int, call: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Both lists of gradients, each as `settled` gives it; `want` is such a pair with the right shapes."""
    grads = expect.unpack(pair, PARTS, call)
    Ws = settled(grads[0], [np.shape(w) for w in want[0]], n, "grad_Ws")
    return Ws, settled(grads[1], [np.shape(w) for w in want[1]], n, "grad_bs", stacked=is_stack(grads[0]))


def is_stack(grad_Ws: object) -> bool:
    """Whether the weights' gradients have an axis of samples in front."""
    return (
        isinstance(grad_Ws, (list, tuple))
        and len(grad_Ws) > 0
        and all(isinstance(g, np.ndarray) and g.ndim == 3 for g in grad_Ws)
    )


def scales(got: list[np.ndarray], want: list[np.ndarray], n: int, rtol: float, atol: float) -> list[int]:
    """Which conventions all gradients of a list follow: 1 for the mean loss, n for the sum."""
    return factors(got, want, (1, n), rtol=rtol, atol=atol)


def layers_are_alike(submission, Ws) -> bool:
    """Whether layer_forward gives something like xW + b for layers of these sizes."""
    for shape in [np.shape(W) for W in Ws]:
        # Not the layers themselves, whose weights may be so small that any constant resembles their output.
        W, b = (
            np.sin(1.0 + np.arange(np.prod(shape))).reshape(shape),
            0.3 * np.cos(np.arange(float(shape[1]))),
        )
        x = np.cos(2.0 * np.arange(5.0 * len(W))).reshape(5, len(W))
        out, _ = submission.parts(2, "layer", x, W, b, "identity")
        got = [expect.array(out, "layer_forward's output", shape=(len(x), W.shape[1]))]
        if not any(alike(got, [x @ W + sign * b]) for sign in (1, 0, -1)):
            return False
    return True


def slopes_are_alike(own: object, X, y, Ws, bs, names) -> bool:
    """Whether slopes of the submission's own loss resemble those of the right one, or of one with a known mistake."""

    def forward(with_bias: bool):
        def forward_pass(x, weights, biases, activations):
            for W, b, activation in zip(weights, biases, activations, strict=True):
                x, _ = activation(x @ W + (b if with_bias else 0.0))
            return x, None

        return forward_pass

    losses = (
        lambda g, y: (-(y * np.log(g) + (1 - y) * np.log(1 - g)), None),
        lambda g, y: (-(y * np.log(g) - (1 - y) * np.log(1 - g)), None),
        lambda g, y: (-y * np.log(g), None),
    )
    found = [np.asarray(s) for part in own for s in part]
    for with_bias, loss in itertools.product((True, False), losses):
        hw2 = SimpleNamespace(forward_pass=forward(with_bias), logistic_loss=loss)
        Ws_slopes, bs_slopes = probes.own_slopes(SimpleNamespace(hw2=hw2), X, y, Ws, bs, names)
        if alike(found, [*Ws_slopes, *bs_slopes]):
            return True
    return False


def check_forward(submission, X, Ws, bs, names, want: np.ndarray) -> None:
    """Fail unless forward_pass gives `want`, or what the student's own layers give where those resemble right ones.

    A mistake in layer_forward is charged by its own tests: here, the layers must be put together rightly.
    """
    output, _ = submission.parts(2, "forward", X, Ws, bs, names)
    got = expect.array(output, "output")
    if got.size == want.size and not expect.agree(got.ravel(), want, 1e-9, 1e-12):
        own, moved = (
            expect.array(submission.probe("own_layers", x, Ws, bs, names), "layer_forward's output").ravel()
            for x in (X, -0.5 * X)
        )
        if (
            own.size == got.size
            and expect.agree(got.ravel(), own, 1e-9, 1e-12)
            and not np.allclose(own, moved)
            and layers_are_alike(submission, Ws)
        ):
            return
    expect.close(got.ravel(), want, "output", rtol=1e-9, atol=1e-12)


def check_gradients(
    pair: object,
    want: object,
    n: int,
    part: str,
    *,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    mistakes: list[dict] = (),
    also_right: object = None,
    in_order: bool = False,
) -> None:
    """Fail unless the weights' or the biases' gradients are right, of the mean or of the sum.

    Args:
        pair: What backward_pass returned.
        want: The right gradients of the mean loss, the weights' and the biases'.
        part: `grad_Ws` or `grad_bs`. The biases must follow the convention that the weights follow, if any.
        mistakes: Gradients that known mistakes give, with hints.
        also_right: A function without arguments that gives another such pair which counts as right too, for example
            the slopes of the student's own forward pass, or None; called only if the first comparison fails.
        in_order: Whether lists that begin at the output side are refused here.
    """
    grads = expect.unpack(pair, PARTS, "backward_pass(dL_dg, layer_caches)")
    this = PARTS.index(part)
    shapes = [[np.shape(w) for w in ws] for ws in want]
    got = settled(grads[this], shapes[this], n, part, stacked=is_stack(grads[0]), in_order=in_order)

    def right(want: object, rtol: float, atol: float) -> tuple[list[int], list[int]]:
        """The conventions that this part follows, and those that it may follow."""
        found = scales(got, want[this], n, rtol, atol)
        try:
            weights = scales(settled(grads[0], shapes[0], n, "grad_Ws"), want[0], n, rtol, atol)
        except Mismatch:
            weights = []
        return found, weights or [1, n]

    found, allowed = right(want, rtol, atol)
    if set(found) & set(allowed):
        return
    if also_right is not None:
        other = also_right()
        # Three biases alone resemble much: there the weights must, too.
        compared = [other[this], *([[*other[0], *other[1]]] if this else [])] if other is not None else []
        whole = [want[this], [*want[0], *want[1]]]
        if compared and all(alike(o, w) for o, w in zip(compared, whole, strict=False)):
            same, free = right(other, 1e-5, 1e-7)
            if set(same) & set(free):
                return
    if found:
        told = {1: "the mean loss", n: "the sum over the batch"}
        raise Mismatch(
            f"The gradients of the weights are of {told[allowed[0]]}, those of the biases of {told[found[0]]}: "
            "apply the 1/n to both alike.",
            "one convention",
            "two",
        )
    for i, (g, w) in enumerate(zip(got, want[this], strict=True)):
        scale = n if expect.agree(g, n * w, rtol, n * atol) else 1
        expect.close(g, scale * w, f"{part}[{i}]", rtol=rtol, atol=atol, causes=causes(mistakes, part, i))
    raise Mismatch(
        "Some gradients are of the mean loss, some of the sum: is 1/n applied to all layers alike?",
        "all of the mean, or all of the sum",
        "a mixture",
    )


def check_it_computes(submission, X, Ws, bs, names) -> None:
    """Fail unless forward_pass gives a number a row that depends on X: code that does nothing changes nothing, too."""
    outputs = []
    for inputs in (X, -0.5 * X):
        outputs.append(
            expect.array(submission.parts(2, "forward", inputs, Ws, bs, names)[0], "output").ravel()
        )
    expect.true(
        len(outputs[0]) == len(outputs[1]) == len(X) and not np.allclose(*outputs),
        "forward_pass does not compute the output of a net yet.",
        f"{len(X)} numbers that depend on X",
        expect.short(outputs[0]),
    )


def own_slopes(submission, *args):
    """Central differences through the student's own forward pass, or None where it cannot be run."""

    def compute():
        try:
            return settled_pair(submission.probe("own_slopes", *args), (args[2], args[3]), -1, "own_slopes")
        except (StudentError, Mismatch, TypeError, IndexError):
            return None

    return compute


@dataclass(frozen=True)
class Convention:
    """What the handout leaves open, as one submission has decided it.

    Attributes:
        sums: Gradients are of the summed loss, not of the mean.
        stacks: Gradients have an axis of samples in front.
        undivided: `train` takes its steps with the summed gradients, so that its step size is meant a batch.
    """

    sums: bool = False
    stacks: bool = False
    undivided: bool = False

    def lr(self, lr: float, batch_size: int) -> float:
        """The step size to ask for, so that a step is `lr` times the mean gradient."""
        return lr / batch_size if self.undivided else lr


def convention_of(submission, run) -> Convention:
    """Which conventions a submission follows, found out once; those of the reference where that cannot be told."""
    return run.once("convention", lambda: _convention(submission, run))


def _convention(submission, run) -> Convention:
    toy = Toy(run.assignment.fixtures, "toy_b")
    if any(r.status in (TIMED_OUT, OUT_OF_MEMORY, CRASHED) for r in run.results):
        return Convention()  # asking could end this worker, and with it a test of something else
    try:
        pair = submission.parts(3, "end_to_end", toy.X, toy.y, toy.Ws, toy.bs, toy.given["names"])[2]
        want = [np.array(w) for w in toy.given["grad_Ws"]]
        got = settled(pair[0], [w.shape for w in want], len(toy.X), "grad_Ws")
        sums, stacks = scales(got, want, len(toy.X), 1e-6, 1e-9) == [len(toy.X)], is_stack(pair[0])
        if not sums:
            return Convention(sums, stacks)
        # One step of 0.1 on 50 samples of class 1: the last bias moves by 0.05, or by 2.5 with the sum.
        X, y = np.linspace(-1, 1, 250).reshape(50, 5), np.ones(50)
        biases = submission.parts(
            4, "train", X, y, X, y, layer_dims=(5, 3, 1), batch_size=50, lr=0.1, epochs=1, seed=7
        )[1]
        return Convention(sums, stacks, bool(np.abs(expect.array(biases[-1], "biases[-1]")).max() > 1))
    except (StudentError, Mismatch, TypeError, IndexError):
        return Convention()


def refuse_to_wait(run, *more: str) -> None:
    """Time out at once where a piece of the net has run into a limit: minutes of waiting would tell nothing new."""
    names = {*PIECES, *NETWORK, *WEIGHT_GRADIENTS, *BIAS_GRADIENTS, *more}
    for result in run.results:
        name = result.id.rsplit("::", 1)[-1]
        if result.status in (TIMED_OUT, OUT_OF_MEMORY) and name in names:
            raise TimedOut(f"not tried, since {name} did not end either")


def random_net(rng, dims, n, hidden="tanh", last="arctan"):
    """A net with parameters of order 1 and a batch: X, y (mixed labels), Ws, bs, names of activations."""
    X = rng.normal(size=(n, dims[0]))
    y = (np.arange(n) % 2).astype(float)
    Ws = [rng.normal(size=(p, q)) / np.sqrt(p) for p, q in itertools.pairwise(dims)]
    bs = [0.3 * rng.normal(size=(1, q)) for q in dims[1:]]
    return X, y, Ws, bs, [hidden] * (len(dims) - 2) + [last]
