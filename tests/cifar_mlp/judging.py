"""What the tests of cifar_mlp share: which tests see the same mistake, the shapes that are accepted, stored numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness import expect
from harness.data import load_arrays
from harness.expect import Cause, Mismatch, Partly

RTOL, ATOL = 1e-6, 1e-9
LAYOUT = (
    "The weights are laid out the wrong way round. neural_net.py keeps (out, in): W1 (H, D), W2 (C, H); "
    "layers.py and fc_net.py keep (in, out): W1 (D, H), W2 (H, C)."
)

# Tests by what they look at. A test that sees another's mistake again names it, and is not charged (see `follows`).
SWISH = ("test_swish_of_five_numbers", "test_swish_of_fresh_numbers")
SWISH_SLOPE = ("test_swish_derivative_of_five_numbers", "test_swish_derivative_is_the_slope_of_swish")
SWISH_FORWARD = ("test_swish_net_forward", "test_swish_net_forward_of_fresh_nets")
SWISH_W2 = "test_second_layer_weight_gradient_of_fresh_nets"

SCORES = ("test_toy_scores", "test_scores_of_fresh_networks")
DATA_LOSS = ("test_toy_loss_without_penalty", "test_loss_of_fresh_batches")
PENALTY = ("test_toy_loss_with_penalty", "test_penalty_of_fresh_networks")
SLOPES = "test_gradients_are_the_slopes_of_your_own_loss"
WEIGHT_GRADIENTS = "test_weight_gradients_of_fresh_networks"
BIAS_GRADIENTS = "test_bias_gradients_of_fresh_networks"
PENALTY_GRADIENT = "test_gradient_of_the_penalty"
# Gradients at inputs of zeros are not among them: real images do not meet that case.
GRADIENTS = (WEIGHT_GRADIENTS, BIAS_GRADIENTS, PENALTY_GRADIENT, SLOPES)
BATCHES, STEPS = "test_batches_are_drawn_anew_each_time", "test_every_parameter_takes_its_step"
PREDICT = ("test_toy_predictions", "test_predictions_of_fresh_networks")
NETWORK = (*SCORES, *DATA_LOSS, *PENALTY, *GRADIENTS, *PREDICT, BATCHES, STEPS)  # all that training stands on

AFFINE_FORWARD = ("test_affine_forward_of_four_dimensions", "test_affine_forward_of_any_shape")
AFFINE_PARAMETERS = (
    "test_affine_parameter_gradients_by_hand",
    "test_affine_parameter_gradients_of_any_shape",
)
AFFINE_BACKWARD = (
    "test_affine_input_gradient_by_hand",
    "test_affine_input_gradient_of_any_shape",
    *AFFINE_PARAMETERS,
)
RELU = (
    "test_relu_forward",
    "test_relu_backward",
    "test_relu_forward_of_any_shape",
    "test_relu_backward_of_any_shape",
)
LAYERS = (*AFFINE_FORWARD, *AFFINE_BACKWARD, *RELU)
TWO_LAYER_SCORES = "test_two_layer_scores_with_given_layers"
TWO_LAYER_LOSS = "test_two_layer_loss_with_given_layers"
TWO_LAYER_GRADIENTS = "test_two_layer_gradients_with_given_layers"
TWO_LAYER_PENALTY = "test_two_layer_penalty_with_given_layers"
TWO_LAYER_START = ("test_two_layer_parameters", "test_two_layer_weight_scale")
TWO_LAYER = (TWO_LAYER_SCORES, TWO_LAYER_LOSS, TWO_LAYER_GRADIENTS, TWO_LAYER_PENALTY)
DEEP_SCORES = "test_deep_scores_with_given_layers"
DEEP_LOSS = "test_deep_loss_with_given_layers"
DEEP_GRADIENTS = "test_deep_gradients_with_given_layers"
DEEP_PENALTY = "test_deep_penalty_with_given_layers"
DEEP_START = (
    "test_deep_parameters",
    "test_deep_parameters_of_any_depth",
    "test_deep_weight_scale",
    "test_deep_dtype",
)
DEEP = (DEEP_SCORES, DEEP_LOSS, DEEP_GRADIENTS, DEEP_PENALTY)


def close(
    got: Any, want: Any, name: str, *, causes: Sequence[Cause] = (), hint: str = "", shape: bool = True
) -> None:
    """Fail unless two arrays agree: to 1e-6, or to 1e-4 where the submission computes in float32."""
    single = isinstance(got, (np.ndarray, np.generic)) and got.dtype in (np.float32, np.float16)
    rtol, atol = (1e-4, 1e-5) if single else (RTOL, ATOL)
    expect.close(got, want, name, rtol=rtol, atol=atol, causes=causes, hint=hint, shape=shape)


def weights(got: Any, want: np.ndarray, name: str, *, causes: Sequence[Cause] = (), hint: str = "") -> None:
    """Compare scores or a weight gradient; a transposed one is told by its name."""
    a = expect.array(got, name, finite=False)
    expect.true(
        a.shape == want.shape or a.shape != want.T.shape,
        f"{name} is transposed. {LAYOUT}",
        f"shape {want.shape}",
        f"shape {a.shape}",
    )
    close(got, want, name, causes=causes, hint=hint)


def up_to_a_factor(got: Any, want: np.ndarray, name: str, causes: Sequence[Cause]) -> None:
    """Compare a derived gradient; one that is off by a constant factor, or by its sign, earns half."""
    try:
        close(got, want, name, causes=causes)
    except Mismatch as wrong:
        a = expect.array(got, name, shape=want.shape)
        factor = float(np.vdot(a, want)) / float(np.vdot(want, want))
        if abs(factor) > ATOL and expect.agree(a, factor * want, RTOL, ATOL):
            raise Partly(0.5, wrong.hint, wrong.expected, wrong.got, wrong.detail) from None
        raise


def bias(run: Any, got: Any, want: np.ndarray, name: str, *, causes: Sequence[Cause] = ()) -> None:
    """Compare a bias gradient (n,) by its values; (1, n) and (n, 1) are noted, and cost nothing."""
    a = expect.array(got, name, finite=False)
    if a.shape != want.shape and a.size == want.size and a.ndim == 2:
        _note(
            run, f"{name} has shape {a.shape}; the docstring asks for {want.shape}. No points were taken off."
        )
        got = a.astype(got.dtype if isinstance(got, np.ndarray) and got.dtype.kind == "f" else float)
        got = got.reshape(want.shape)
    elif a.size != want.size:
        raise Mismatch(
            f"{name} has the wrong shape: add the gradient up over the batch, axis 0.",
            f"shape {want.shape}",
            f"shape {a.shape}",
        )
    close(got, want, name, causes=causes)


def entry(grads: Any, key: str, what: str = "grads") -> Any:
    """The gradient below a key: a missing one, and one that is still None, are told as such."""
    if isinstance(grads, dict) and key not in grads:
        known = ", ".join(str(k) for k in list(grads)[:12]) or "nothing"
        raise Mismatch(f"{what} must have a gradient for every key of params: {key} is missing.", key, known)
    value = expect.entry(grads, key, what)
    expect.true(value is not None, f"{what}[{key!r}] is None: fill it in.", "an array", "None")
    return value


def gradients(
    run: Any, grads: Any, want: dict[str, np.ndarray], causes: dict[str, list[Cause]] | None = None
) -> None:
    """Compare the gradients that `want` names, weights and biases alike."""
    for key, value in want.items():
        given = (causes or {}).get(key, [])
        if value.ndim == 1:
            bias(run, entry(grads, key), value, f"grads[{key!r}]", causes=given)
        else:
            weights(entry(grads, key), value, f"grads[{key!r}]", causes=given)


def loss_and_grads(result: Any) -> tuple[Any, Any]:
    """The two values that loss(X, y) returns."""
    if isinstance(result, np.ndarray):
        raise Mismatch(
            "With labels, loss must return (loss, grads), and this looks like the scores: "
            "ask `y is None`, since y may hold nothing but zeros.",
            "(loss, grads)",
            expect.kind(result),
        )
    loss, grads = expect.unpack(result, ("loss", "grads"), "loss(X, y)")
    return loss, grads


def untouched(run: Any, same: Any, what: str) -> None:
    """Note once that a function changes its arguments; it costs nothing."""
    if same is not True:
        _note(
            run,
            f"{what} changes its arguments in place. No points were taken off, but the notebook's own checks go wrong "
            "by it: work on copies.",
        )


def _note(run: Any, note: str) -> None:
    if note not in run.notes:
        run.notes.append(note)


def stored(fixtures_folder: Any, name: str) -> dict[str, np.ndarray]:
    """The arrays of a fixture file, by their names; `params` and `grads` as dicts of arrays."""
    tables: dict[str, Any] = {}
    for key, value in load_arrays(fixtures_folder / name).items():
        table, _, name = key.partition(".")
        if name:
            tables.setdefault(table, {})[name] = value
        else:
            tables[key] = value
    return tables


def one_number(value: Any, name: str) -> float:
    """A value as a float, if it is one number, whatever its shape."""
    a = expect.array(value, name)
    expect.true(a.size == 1, f"{name} must be one number.", "a float", expect.kind(value))
    return float(a.reshape(-1)[0])
