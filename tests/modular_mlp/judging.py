"""What the tests of modular_mlp share: tolerances, inputs, accepted shapes and readings, and who charges what."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harness import expect
from harness.data import load_arrays
from harness.expect import Cause, Mismatch
from harness.gradients import is_single

SEED = 10701  # the handout's, of the local tests
RTOL, ATOL = 1e-7, 1e-8  # of the handout's local tests
SINGLE_TOLERANCE = 1e-4  # where a submission computes in float32
TRAINING_TOLERANCE = 1e-6  # of series, after many steps

# Tests by what they look at. A test that sees another's mistake again names it, and is not charged (see `follows`).
LINEAR_FORWARD = ("test_linear_forward", "test_linear_forward_of_fresh_numbers")
LINEAR_PARAMETERS = (
    "test_linear_parameter_gradients",
    "test_linear_weight_gradient_of_fresh_numbers",
    "test_linear_bias_gradient_of_fresh_numbers",
)
LINEAR_INPUT = ("test_linear_input_gradient", "test_linear_input_gradient_of_fresh_numbers")
LINEAR = (*LINEAR_FORWARD, *LINEAR_PARAMETERS, *LINEAR_INPUT, "test_linear_second_batch")
SIGMOID = (
    "test_sigmoid_forward",
    "test_sigmoid_backward",
    "test_sigmoid_of_any_shape",
    "test_sigmoid_forward_of_fresh_numbers",
    "test_sigmoid_keeps_its_output",
    "test_sigmoid_backward_of_fresh_numbers",
)
RELU = (
    "test_relu_forward",
    "test_relu_backward",
    "test_relu_forward_of_fresh_numbers",
    "test_relu_leaves_its_input_alone",
    "test_relu_backward_of_fresh_numbers",
    "test_relu_derivative_at_zero",
)
LOSS_FORWARD = ("test_loss_forward", "test_loss_of_fresh_scores", "test_loss_keeps_probabilities")
LOSS = (
    *LOSS_FORWARD,
    "test_loss_backward",
    "test_loss_gradient_of_fresh_scores",
    "test_loss_keeps_one_hot_labels",
    "test_loss_for_other_numbers_of_classes",
)
STEP = "test_step_moves_the_weights"
OPTIMIZER = (STEP, "test_step_moves_the_biases", "test_step_leaves_other_layers_alone", "test_two_steps")
PIECES = (*LINEAR, *SIGMOID, *LOSS, *OPTIMIZER)  # of the trainings, which all use Sigmoid
BATCHES = "test_batches_are_consecutive_rows"
TRAIN_LOSS, TEST_LOSS = "test_train_loss_of_each_epoch", "test_test_loss_of_each_epoch"
TRAIN_ACCURACY, TEST_ACCURACY = "test_train_accuracy_of_each_epoch", "test_test_accuracy_of_each_epoch"
TRAIN_LABELS, TEST_LABELS = "test_predicted_training_labels", "test_predicted_test_labels"
GIVEN_SERIES = (TRAIN_LOSS, TEST_LOSS, TRAIN_ACCURACY, TEST_ACCURACY, TRAIN_LABELS, TEST_LABELS)

EARLY = (
    "These are the figures before the last update of the epoch: take them after the loop over the batches."
)
ON_THE_FLY = (
    "This is the average of the losses seen during the epoch, while the parameters moved: compute it again afterwards, "
    "with the parameters that the epoch ended with."
)
PERCENT = "An accuracy is a share between 0 and 1, not a percentage."
COUNT = "An accuracy is the share of right rows: divide their number by the number of all rows."
TOTAL = "The losses of the batches are added up: divide by the number of batches."


def close(
    got: Any,
    want: Any,
    name: str,
    *,
    causes: Sequence[Cause] = (),
    hint: str = "",
    atol: float = ATOL,
    shape: bool = True,
) -> None:
    """Fail unless two arrays agree as the handout's local tests ask, or to 1e-4 where the submission uses float32."""
    rtol, atol = (SINGLE_TOLERANCE, SINGLE_TOLERANCE) if is_single(got) else (RTOL, atol)
    expect.close(got, want, name, rtol=rtol, atol=atol, causes=causes, hint=hint, shape=shape)


def unchanged(same: Any, what: str) -> None:
    """Fail unless the probe saw the arguments as they were."""
    expect.true(same is True, f"{what}: work on a copy.", "the same arrays", "changed ones")


def bias_gradient(run: Any, got: Any, want: np.ndarray, causes: Sequence[Cause] = ()) -> None:
    """Compare d_biases (1, out) by its values; another shape of as many entries is noted, and costs nothing."""
    a = expect.array(got, "d_biases", finite=False)
    if a.size == want.size and a.shape != want.shape:
        note(
            run, f"d_biases has shape {a.shape}; the handout asks for {want.shape}. No points were taken off."
        )
    elif a.size != want.size:
        hint = "d_biases has the wrong size: take the mean of g over the rows, axis 0."
        if a.size == 1:
            hint = "d_biases is one number: without an axis, a mean goes over everything. Take it over the rows, axis 0."
        elif a.ndim == 2 and a.shape[1] == want.size:
            hint = "d_biases still has one row an example: take the mean over the rows."
        raise Mismatch(hint, f"shape {want.shape}", f"shape {a.shape}")
    kept = a.astype(got.dtype) if isinstance(got, np.ndarray) and got.dtype.kind == "f" else a
    close(kept.reshape(want.shape), want, "d_biases", causes=causes)


def note(run: Any, sentence: str) -> None:
    """Say something in the report, once."""
    if sentence not in run.notes:
        run.notes.append(sentence)


# Inputs


def uniform(*sizes: tuple[float, float, tuple[int, int]]) -> list[np.ndarray]:
    """Arrays as the local tests draw them after np.random.seed(10701): a bound below, one above, a shape each."""
    generator = np.random.RandomState(SEED)
    return [generator.uniform(low, high, shape) for low, high, shape in sizes]


def linear_inputs() -> list[np.ndarray]:
    """X, g, weights and biases of the local test of Linear; the parameters are those of init_linear_params(20, 5)."""
    bound = 1 / np.sqrt(5)
    return uniform((-5, 5, (10, 20)), (-2, 2, (10, 5)), (-bound, bound, (20, 5)), (-bound, bound, (1, 5)))


def activation_inputs(planted: bool) -> list[np.ndarray]:
    """x and g of the local tests of ReLU (with a zero planted) and Sigmoid."""
    x, g = uniform((-5, 5, (10, 20)), (-2, 2, (10, 20)))
    if planted:
        x[0, 0] = 0
    return [x, g]


LABELS = np.array([7, 6, 4, 5, 1, 5, 2, 5, 8, 2])


def loss_inputs() -> tuple[np.ndarray, np.ndarray]:
    """Scores and labels of the local test of the loss."""
    return uniform((-5, 5, (10, 10)))[0], LABELS


SETTINGS = {"num_epoch": 5, "learning_rate": 0.5, "batch_size": 8}


def small_dataset() -> dict[str, np.ndarray]:
    """Three clouds of points in four dimensions, sorted by label; 8 divides neither 30 nor 12."""
    rng = np.random.default_rng(701)
    centres = rng.normal(size=(3, 4))
    parts: dict[str, np.ndarray] = {}
    for name, n in (("train", 10), ("test", 4)):
        y = np.repeat(np.arange(3), n)
        parts[f"{name}_x"] = centres[y] + 0.5 * rng.normal(size=(3 * n, 4))
        parts[f"{name}_y"] = y
    return parts


def small_parameters() -> list[list[np.ndarray]]:
    """Two layers, 4 to 5 to 3, as two calls of init_linear_params after np.random.seed(10701)."""
    a, b = 1 / np.sqrt(5), 1 / np.sqrt(3)
    values = uniform((-a, a, (4, 5)), (-a, a, (1, 5)), (-b, b, (5, 3)), (-b, b, (1, 3)))
    return [values[:2], values[2:]]


def expected(folder: Path, name: str) -> np.ndarray:
    """A stored value of local_tests.npz."""
    return load_arrays(folder / "local_tests.npz")[name]


# Series


def series(result: Any, name: str, length: int) -> np.ndarray:
    """One of the six lists that train_network returns, as float64, shape (length,)."""
    values = expect.curve(result, name, "the result of train_network")
    what = "one label for each row" if name.startswith("yhat") else "one entry for each epoch"
    hint = f"{name} must hold {what}."
    if name.startswith("yhat") and len(values) < length:
        hint += " Are these the labels of the last batch only?"
    elif name.startswith("yhat") and len(values) > length:
        hint += " Begin with an empty list in each epoch, or fill it after the last one."
    expect.true(len(values) == length, hint, f"{length} entries", f"{len(values)}")
    return values


def average_loss(
    run: Any,
    got: np.ndarray,
    readings: Mapping[str, np.ndarray],
    name: str,
    causes: Sequence[Cause] = (),
    atol: float = TRAINING_TOLERANCE,
) -> None:
    """Compare a series of losses with both readings of "average over all batches"; the report says which it was.

    Args:
        readings: By the words for the report; the first is the handout's.
    """
    single = SINGLE_TOLERANCE if is_single(got) else atol
    for words, want in readings.items():
        if got.shape == want.shape and expect.agree(got, want, 0, single):
            if words != next(iter(readings)):
                note(run, f"{name} is {words}; that counts as right.")
            return
    hint = f"{name} is not the average of the losses of all batches, with the parameters at the end of the epoch."
    expect.close(got, next(iter(readings.values())), name, atol=single, causes=causes, hint=hint)


def taken_early(got: Any, right: Sequence[np.ndarray], early: Sequence[np.ndarray]) -> bool:
    """Whether train_loss has one of the values before the last update of each epoch, and not those after it.

    Then it is charged for that, and the other series may have been taken at the same moment.
    """
    try:
        values = expect.curve(got, "train_loss", "the result of train_network")
    except Mismatch:  # told by the test of train_loss
        return False

    def one_of(readings: Sequence[np.ndarray]) -> bool:
        return any(
            values.shape == r.shape and expect.agree(values, r, 0, TRAINING_TOLERANCE) for r in readings
        )

    return one_of(early) and not one_of(right)


def accuracy(got: np.ndarray, want: np.ndarray, n: int, name: str, causes: Sequence[Cause] = ()) -> None:
    """Compare a series of accuracies over n rows, to half a row."""
    more = [Cause(PERCENT, 100 * want), Cause(COUNT, n * want)]
    hint = f"{name} is not the share of rows whose largest score is that of their label, at the end of the epoch."
    expect.close(got, want, name, atol=0.5 / n, causes=[*causes, *more], hint=hint)


def labels(got: np.ndarray, want: np.ndarray, name: str, allowed: int = 0) -> None:
    """Compare predicted labels; `allowed` of them may differ."""
    wrong = int(np.sum(got != want))
    expect.true(
        wrong <= allowed,
        f"{name} does not hold the class with the largest score of each row, after the last epoch.",
        f"{expect.short(want)}",
        f"{expect.short(got)}: {wrong} differ",
    )
