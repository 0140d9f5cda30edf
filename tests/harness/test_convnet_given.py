"""The files of convnet that students are given: what they compute, and that the unittests among them work."""

import io
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness import stubs
from harness.reference import Reference
from tests.convnet.hidden import unittest_data

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "reference" / "convnet"
reference = Reference(PACKAGE)


def given(name):
    return reference.load(f"neural_networks.{name}")


def run(folder, *arguments):
    """Python in a folder; its output, both streams, and its exit code."""
    done = subprocess.run(
        [sys.executable, "-B", *arguments], cwd=folder, capture_output=True, text=True, timeout=300
    )
    return done.stdout + done.stderr, done.returncode


@pytest.fixture(scope="module")
def convolution():
    return given("utils.convolution")


@pytest.fixture(scope="module")
def data_files():
    return unittest_data.build(given("activations"), given("losses"), given("layers"))


@pytest.fixture
def package(tmp_path):
    """A copy of the package that scripts may write into."""
    return shutil.copytree(
        PACKAGE, tmp_path / "convnet", ignore=shutil.ignore_patterns("__pycache__", "experiments")
    )


# ---- optimizers, schedulers, weights ----


def test_sgd_clips_first_and_then_adds_momentum():
    """Clipping to norm 1 and momentum 0.9 give the specification's deltas, and leave their inputs alone."""
    sgd = given("optimizers").initialize_optimizer("SGD", 0.1, "constant", momentum=0.9, clip_norm=1.0)
    param, grad = np.zeros(2), np.array([3.0, 4.0])
    np.testing.assert_allclose(sgd.update("W0", param, grad, 0), [0.06, 0.08])
    np.testing.assert_allclose(sgd.update("W0", param, grad, 1), [0.114, 0.152])
    np.testing.assert_allclose(sgd.update("W1", param, grad, 1), [0.06, 0.08])  # a cache for each parameter
    np.testing.assert_array_equal(param, 0)
    np.testing.assert_array_equal(grad, [3, 4])


@pytest.mark.parametrize("clip_norm", [None, 5.0])
def test_sgd_leaves_gradients_within_the_limit_as_they_are(clip_norm):
    """Without a limit, or at exactly the limit, delta is lr * gradient."""
    sgd = given("optimizers").SGD(lr=0.5, lr_scheduler="constant", clip_norm=clip_norm)
    np.testing.assert_array_equal(sgd.update("W0", np.zeros(2), np.array([3.0, 4.0]), 7), [1.5, 2.0])


@pytest.mark.parametrize(
    ("staircase", "epoch", "lr"),
    [(False, 5, 0.0948683), (False, 15, 0.0853815), (True, 15, 0.09), (True, 5, 0.1), (None, 5, 0.0948683)],
)
def test_exponential_schedule_through_the_optimizer(staircase, epoch, lr):
    """The optimizer's factory hands decay, stage length and staircase on to the schedule."""
    sgd = given("optimizers").initialize_optimizer(
        "SGD", 0.1, "exponential", momentum=0.0, lr_decay=0.9, staircase=staircase, stage_length=10
    )
    assert sgd.lr_scheduler(epoch) == pytest.approx(lr, abs=1e-7)
    assert sgd.update("b0", np.zeros(1), np.ones(1), epoch) == pytest.approx(lr, abs=1e-7)


def test_what_the_optimizer_needs_is_asked_for():
    """No schedule fails at once, no momentum at the first step."""
    initialize = given("optimizers").initialize_optimizer
    with pytest.raises(NotImplementedError):
        initialize("SGD", 0.1, momentum=0.9)
    sgd = initialize("SGD", 0.1, "constant")
    with pytest.raises(TypeError):
        sgd.update("W0", np.zeros(1), np.ones(1), 0)


@pytest.mark.parametrize(
    "unknown",
    [
        lambda: given("optimizers").initialize_optimizer("Adam", 0.1, "constant", momentum=0.0),
        lambda: given("schedulers").initialize_scheduler("cosine", 0.1),
        lambda: given("weights").initialize_weights("orthogonal"),
        lambda: given("datasets").initialize_dataset("mnist"),
    ],
)
def test_unknown_names_are_not_implemented(unknown):
    """Every factory refuses a name that it does not know."""
    with pytest.raises(NotImplementedError):
        unknown()


@pytest.mark.parametrize(
    ("activation", "gain"),
    [
        (None, 1),
        ("linear", 1),
        ("sigmoid", 1),
        ("softmax", 1),
        ("arctan", 1),
        ("tanh", 5 / 3),
        ("relu", 2**0.5),
    ],
)
def test_xavier_and_he_have_their_standard_deviations(activation, gain):
    """Gains, fans and the width of the uniform variants agree with the formulas, within 3%."""
    np.random.seed(3)
    shape, weights = (100, 2, 300), given("weights")
    for name, mode, std in (
        ("xavier", "fan_in", gain * (2 / 400) ** 0.5),
        ("he", "fan_in", gain / 100**0.5),
        ("he", "fan_out", gain / 300**0.5),
    ):
        uniform = weights.initialize_weights(f"{name}_uniform", activation, mode)(shape)
        assert uniform.std() == pytest.approx(std, rel=0.03)
        assert 0.97 < np.abs(uniform).max() / (3**0.5 * std) <= 1
        normal = weights.initialize_weights(f"{name}_normal", activation, mode)(shape)
        assert normal.std() == pytest.approx(std, rel=0.03)
        assert np.abs(normal).max() > 3 * std


def test_fans_are_the_first_and_the_last_length():
    """For a convolution's (kh, kw, in, out) these are kh and out."""
    fan = given("weights")._get_fan
    got = [fan((3, 5, 7, 32), mode) for mode in ("fan_in", "fan_out", "sum", "separate")]
    assert got == [3, 32, 35, (3, 32)]
    assert fan((4, 6)) == 10
    with pytest.raises(ValueError, match="mode"):
        fan((4, 6), "both")


def test_plain_initializers():
    """Constant, uniform, normal, sparse and preset weights are what their names say."""
    np.random.seed(4)
    weights = given("weights")
    plain = {name: weights.initialize_weights(name) for name in ("zeros", "ones", "constant", "identity")}
    for name, value in (("zeros", 0), ("ones", 1), ("constant", 0.5), ("identity", np.eye(3))):
        np.testing.assert_array_equal(plain[name]((3, 3)), np.broadcast_to(value, (3, 3)))
        assert plain[name]((3, 3)).dtype == np.float64
    for shape in ((3, 4), (3,), (2, 2, 2)):
        with pytest.raises(ValueError, match="square"):
            plain["identity"](shape)
    uniform = weights.initialize_weights("uniform")((1000,))
    assert -1 <= uniform.min() < -0.9 and 0.9 < uniform.max() < 1
    assert weights.initialize_weights("normal")((10_000,)).std() == pytest.approx(1, rel=0.05)
    sparse = weights.initialize_weights("sparse")((25, 7))
    np.testing.assert_array_equal((sparse == 0).sum(axis=0), 3)  # a tenth of 25, rounded up
    assert len({tuple(column) for column in (sparse == 0).T}) > 1
    assert weights.Preset()(uniform) is uniform


# ---- utils ----


def test_im2col_lays_windows_out_as_documented(convolution):
    """Rows run over channel, kernel row, kernel column; columns over place and then image."""
    X = np.random.default_rng(0).normal(size=(3, 6, 7, 2))
    (kh, kw), stride, pad = (2, 3), 2, (1, 0, 2, 1)
    got, p = convolution.im2col(X, (kh, kw), stride, pad)
    X_pad = np.pad(X, ((0, 0), (1, 0), (2, 1), (0, 0)))
    R, Q = (7 - kh) // stride + 1, (10 - kw) // stride + 1
    expected = np.empty((kh * kw * 2, R * Q * 3))
    for c, u, v, r, q, n in np.ndindex(2, kh, kw, R, Q, 3):
        value = X_pad[n, r * stride + u, q * stride + v, c]
        expected[c * kh * kw + u * kw + v, (r * Q + q) * 3 + n] = value
    np.testing.assert_array_equal(got, expected)
    assert p == pad
    i, j, k = convolution.im2col_indices(X.transpose(0, 3, 1, 2), (kh, kw), stride, pad)
    assert [a.shape for a in (i, j, k)] == [(12, R * Q), (12, R * Q), (12, 1)]


@pytest.mark.parametrize(("stride", "pad"), [(1, (0, 0, 0, 0)), (2, (1, 2, 0, 3)), (3, (2, 2, 1, 1))])
def test_col2im_is_the_transpose_of_im2col(convolution, stride, pad):
    """<im2col(X), A> = <X, col2im(A)>, channels first and without the padding."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(3, 6, 7, 2))
    X_col, p = convolution.im2col(X, (2, 3), stride, pad)
    A = rng.normal(size=X_col.shape)
    image = convolution.col2im(A, X, (2, 3, 2, 9), stride, p)
    assert image.shape == (3, 2, 6, 7)
    assert np.sum(X_col * A) == pytest.approx(np.sum(X * image.transpose(0, 2, 3, 1)))
    with pytest.raises(IndexError):
        convolution.col2im(A, X, (2, 3, 2, 9), stride, pad[:2])


def test_compute_pad_follows_its_formula(convolution):
    """int(((s - 1) n - s + k) / 2), for rows and columns of their own."""
    X = np.zeros((1, 8, 11, 3))
    assert convolution.compute_pad(X, (3, 5), 1) == (1, 1, 2, 2)
    assert convolution.compute_pad(X, (4, 2), 1) == (1, 1, 0, 0)
    assert convolution.compute_pad(X, (3, 5), 2) == (4, 4, 7, 7)


@pytest.mark.parametrize(
    ("pad", "p"),
    [
        (2, (2, 2, 2, 2)),
        (np.int64(1), (1, 1, 1, 1)),
        ((1, 3), (1, 1, 3, 3)),
        ((0, 1, 2, 3), (0, 1, 2, 3)),
        ("same", (1, 1, 2, 2)),
    ],
)
def test_pad2d_puts_zeros_around(convolution, pad, p):
    """Every way to say how much, and the images untouched in the middle."""
    X = np.random.default_rng(2).normal(size=(2, 4, 5, 3))
    X_pad, got = convolution.pad2d(X, pad, (3, 5), 1)
    assert got == p
    assert X_pad.shape == (2, 4 + p[0] + p[1], 5 + p[2] + p[3], 3)
    np.testing.assert_array_equal(X_pad[:, p[0] : p[0] + 4, p[2] : p[2] + 5], X)
    assert np.abs(X_pad).sum() == pytest.approx(np.abs(X).sum())


@pytest.mark.parametrize(("pad", "stride"), [("same", None), ("valid", 1), ((1, 2, 3), 1)])
def test_pad2d_says_what_it_cannot_do(convolution, pad, stride):
    """ "same" without a stride and unknown paddings are ValueErrors that name pad."""
    with pytest.raises(ValueError, match="pad"):
        convolution.pad2d(np.zeros((1, 4, 4, 1)), pad, (3, 3), stride)


def test_scaling_of_features():
    """center makes a new array; normalize and standardize change theirs and return it."""
    processing, X = given("utils.data_processing"), np.array([[1.0, 10.0], [3.0, 50.0], [5.0, 30.0]])
    np.testing.assert_array_equal(processing.center(X), [[-2, -20], [0, 20], [2, 0]])
    np.testing.assert_array_equal(processing.center(X, axis=1)[0], [-4.5, 4.5])
    Y = X.copy()
    assert processing.normalize(Y) is Y
    np.testing.assert_array_equal(Y, [[0, 0], [0.5, 1], [1, 0.5]])
    np.testing.assert_array_equal(processing.normalize(X.copy(), max_val=8.0)[:, 1], [0, 5, 2.5])
    Y = np.column_stack([X, np.ones(3)])
    assert processing.standardize(Y) is Y
    np.testing.assert_allclose(Y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(Y.std(axis=0), [1, 1, 0])


@pytest.mark.parametrize(
    ("labels", "max_val", "rows"),
    [
        ([2, 0], None, [[0, 0, 1], [1, 0, 0]]),
        ([[1], [0]], 2, [[0, 1, 0], [1, 0, 0]]),
        ([1], None, [[0, 1]]),
        (1, 3, [[0, 1, 0, 0]]),
    ],
)
def test_integers_to_one_hot(labels, max_val, rows):
    """One row for each label, a single one included; max_val is the largest index."""
    got = given("utils.data_structures").integers_to_one_hot(np.array(labels), max_val)
    np.testing.assert_array_equal(got, rows)
    assert got.shape == np.shape(rows) and got.dtype == np.float64


def test_keys_of_an_attr_dict_are_attributes():
    """Reading and writing both ways reach the same values."""
    args = given("utils.data_structures").AttrDict({"lr": 0.1}, n_out=3)
    args.lr, args["pad"] = 0.2, "same"
    assert dict(**args) == {"lr": 0.2, "n_out": 3, "pad": "same"}
    assert (args["lr"], args.n_out, args.pad) == (0.2, 3, "same")
    assert not hasattr(args, "momentum")


@pytest.mark.parametrize(("factor", "right"), [(1.0, True), (1.001, False)])
def test_check_gradients_tells_right_from_wrong_by_a_thousandth(factor, right):
    """An array-valued function: the error is below 1e-8 only for the right gradient."""
    x, dLdf = np.random.default_rng(5).normal(size=(2, 2, 3))
    before = x.copy()
    error = given("utils.grad_check").check_gradients(np.tanh, factor * dLdf / np.cosh(x) ** 2, x, dLdf)
    assert (error < 1e-8) == right
    np.testing.assert_array_equal(x, before)


def test_check_gradients_of_a_plain_float():
    """fn may return Python's float, and an array that it writes into each time."""
    check, x, out = given("utils.grad_check").check_gradients, np.array([1.0, -2.0, 3.0]), np.empty(3)
    assert check(lambda v: float(np.sum(v**2)), 2 * x, x, 1) < 1e-8
    assert check(lambda v: np.multiply(v, v, out=out), 2 * x, x, np.ones(3)) < 1e-8
    assert check(lambda v: 0.0, np.zeros(3), x, 1) == 0.0


def test_check_gradients_wants_floats_and_restores_them():
    """Integers are a TypeError; a function that fails leaves x as it was."""
    check, x = given("utils.grad_check").check_gradients, np.array([1.0, 2.0])
    with pytest.raises(TypeError):
        check(np.sum, np.ones(2), np.array([1, 2]), 1)
    assert check(np.sum, np.ones(2, np.float32), x.astype(np.float32), 1, h=1e-2) < 1e-4
    with pytest.raises(ZeroDivisionError):
        check(lambda v: 1 / 0, np.ones(2), x, 1)
    np.testing.assert_array_equal(x, [1, 2])


# ---- datasets, logs ----


def test_each_epoch_hands_out_every_example_once_in_a_new_order():
    """The last batch is short, inputs keep their labels, and the next epoch is shuffled anew."""
    np.random.seed(6)
    X = np.arange(22.0).reshape(11, 2)
    data = given("datasets").Data(X, batch_size=4, labels=X[:, :1] * 10, out_dim=1)
    assert (data.n_samples, data.samples_per_epoch, data.iteration, data.out_dim) == (11, 3, 0, 1)
    epochs = []
    for _ in range(2):
        batches = [data.sample() for _ in range(3)]
        assert [len(x) for x, _ in batches] == [4, 4, 3] and data.iteration == 0
        assert all(np.array_equal(x[:, :1] * 10, y) for x, y in batches)
        epochs.append([row for x, _ in batches for row in x[:, 0]])
    assert sorted(epochs[0]) == sorted(epochs[1]) == X[:, 0].tolist()
    assert epochs[0] != epochs[1] != X[:, 0].tolist()
    np.testing.assert_array_equal(X, np.arange(22).reshape(11, 2))


def test_data_without_labels_and_reset():
    """sample() is X alone without labels; after reset() a whole epoch is ahead."""
    data = given("datasets").Data(np.arange(10.0), batch_size=3)
    assert data.sample().shape == (3,) and data.iteration == 1
    data.reset()
    assert data.iteration == 0
    assert sorted(x for _ in range(4) for x in data.sample()) == list(range(10))


def test_a_dataset_needs_only_a_training_set():
    """Without a validation set n_validation is 0, and there are no batches to loop over."""
    dataset = given("datasets").Dataset(np.zeros((7, 4)), np.zeros((7, 3)), 5)
    assert (dataset.n_training, dataset.n_validation, dataset.out_dim, dataset.batch_size) == (7, 0, 3, 5)
    assert [part.samples_per_epoch for part in (dataset.train, dataset.validate, dataset.test)] == [2, 0, 0]
    X, Y = dataset.validate.sample()
    assert (X.shape, Y.shape) == ((0, 4), (0, 3))


def test_iris_is_fishers_and_split_as_told(monkeypatch):
    """105 + 15 + 30 flowers, 50 of each class, with the rows and sums of Fisher's table."""
    monkeypatch.chdir(PACKAGE)
    iris = given("datasets").initialize_dataset("iris", batch_size=25)
    parts = (iris.train, iris.validate, iris.test)
    assert [part.data_.shape for part in parts] == [(105, 4), (15, 4), (30, 4)]
    assert [part.samples_per_epoch for part in parts] == [5, 1, 2] and iris.out_dim == 3
    assert all(a.dtype == np.float64 for part in parts for a in (part.data_, part.labels))
    X, Y = (np.concatenate([getattr(part, name) for part in parts]) for name in ("data_", "labels"))
    assert set(np.unique(Y)) == {0, 1} and set(Y.sum(axis=1)) == {1}
    np.testing.assert_array_equal(Y.sum(axis=0), 50)
    np.testing.assert_array_equal(iris.test.labels.sum(axis=0), [10, 11, 9])
    np.testing.assert_allclose(X.sum(axis=0), [876.5, 458.6, 563.7, 179.9])
    # Sums of the classes, which say that the labels are those of their flowers.
    np.testing.assert_allclose(Y.T @ X[:, 2], [73.1, 213.0, 277.6])
    setosas = X[Y[:, 0] == 1].tolist()
    assert [4.9, 3.1, 1.5, 0.2] in setosas and [4.9, 3.6, 1.4, 0.1] in setosas
    assert all(len(np.unique(part.labels[:15], axis=0)) == 3 for part in parts)  # shuffled, not by class


def test_higgs_has_no_test_labels(tmp_path, monkeypatch):
    """Rows of two zeros stand for them."""
    (tmp_path / "datasets" / "higgs").mkdir(parents=True)
    for part, n in (("train", 6), ("val", 4), ("test", 3)):
        np.save(tmp_path / f"datasets/higgs/higgs_{part}_data.npy", np.ones((n, 5)))
        if part != "test":
            np.save(tmp_path / f"datasets/higgs/higgs_{part}_labels.npy", np.ones((n, 2)))
    monkeypatch.chdir(tmp_path)
    higgs = given("datasets").initialize_dataset("higgs")
    np.testing.assert_array_equal(higgs.test.labels, np.zeros((3, 2)))
    assert (higgs.n_training, higgs.n_validation, higgs.batch_size) == (6, 4, 50)


def test_logger_keeps_pickles_and_draws(tmp_path):
    """Folder, settings, figures of two epochs with and without parameters, and a picture of each kind."""
    folder = f"{tmp_path}/experiments/"
    logger = given("logs").Logger("m", {"lr": 1}, {"name": "iris"}, save=True, plot=True, save_dir=folder)
    assert logger.save_dir == folder + "m/" and (logger.counter, logger.log) == (0, {})
    epoch = {"loss": {"train": 1.0, "validate": 2.0}, "error": {"train": 0.5, "validate": 0.25}}
    logger.push(epoch | {"params": {"W0": {"max": 3.0, "min": -3.0}}})
    logger.push(epoch | {"params": {"W0": {"max": 4.0, "min": -4.0}}})
    expected = {
        "loss": {"train": [1.0, 1.0], "validate": [2.0, 2.0]},
        "error": {"train": [0.5, 0.5], "validate": [0.25, 0.25]},
        "params": {"W0": {"max": [3.0, 4.0], "min": [-3.0, -4.0]}},
    }
    assert logger.log == expected and logger.counter == 2
    made = {path.name: path.read_bytes() for path in Path(folder, "m").iterdir()}
    pictures = {name for name, content in made.items() if content.startswith(b"\x89PNG")}
    assert pictures == {"loss.png", "error.png", "params.png"}
    assert {name: pickle.loads(made[name]) for name in made.keys() - pictures} == {
        "log": expected,
        "model_args": {"lr": 1},
        "data_args": {"name": "iris"},
    }
    logger.reset()
    assert (logger.counter, logger.log) == (0, {})


def test_logger_writes_only_settings_unless_told(tmp_path):
    """Without save there is no log and no picture; an existing folder is used again."""
    for _ in range(2):
        logger = given("logs").Logger("m", {}, {}, plot=True, save_dir=f"{tmp_path}/")
        logger.push({kind: {"train": 1.0, "validate": 2.0} for kind in ("loss", "error")})
    assert logger.log["loss"] == {"train": [1.0], "validate": [2.0]}
    assert {path.name for path in (tmp_path / "m").iterdir()} == {"model_args", "data_args"}
    with pytest.raises(FileNotFoundError):
        given("logs").Logger("m", {}, {}, save_dir=f"{tmp_path}/two/levels/")


def test_matplotlib_is_not_imported_before_it_draws():
    """A submission whose interpreter has no matplotlib can import the package."""
    modules = ["datasets", "logs", "optimizers", "weights", "utils.convolution", "utils.grad_check"]
    imports = "".join(f"import neural_networks.{name}; " for name in modules)
    assert run(PACKAGE, "-c", f"{imports}import sys; print('matplotlib' in sys.modules)") == ("False\n", 0)


# ---- scripts ----


def test_train_ffnn_trains_and_leaves_a_log(package):
    """The script runs with the values that are given, and its network learns the irises."""
    script = package / "train_ffnn.py"
    # Three hundred pictures would take most of a minute.
    script.write_text(script.read_text().replace('"plot": True', '"plot": False'))
    output, code = run(package, "train_ffnn.py")
    assert code == 0, output
    (folder,) = (package / "experiments").iterdir()
    assert {path.name for path in folder.iterdir()} == {"model_args", "data_args", "log"}
    log = pickle.loads((folder / "log").read_bytes())
    assert [len(log[kind][part]) for kind in ("loss", "error") for part in ("train", "validate")] == [100] * 4
    assert log["error"]["train"][-1] < 0.1
    # The settings come back in a process that has the package.
    reload = (
        f"import pickle; print(pickle.load(open({str(folder / 'model_args')!r}, 'rb')).optimizer_args.lr)"
    )
    assert run(package, "-c", reload) == ("0.01\n", 0)


def test_train_ffnn_only_defines_names_when_imported(package):
    """Importing it trains nothing, and gives the values at the top."""
    names = "t.model_name, t.layer_args == [t.fc1, t.fc_out], t.data_args, t.log_args.save, t.epochs"
    output, code = run(
        package, "-c", f"import train_ffnn as t; print({names}, t.model_args.optimizer_args.lr)"
    )
    assert code == 0 and "True {'name': 'iris', 'batch_size': 25} True 100 0.01" in output
    assert not (package / "experiments").exists()


def make_submission(folder, *arguments):
    return run(folder, "generate_submission.py", *arguments)


def test_generated_markdown_holds_all_code_of_the_student(package):
    """One heading for each of the four groups at the level asked for, one block for each name."""
    output, code = make_submission(package, "-f", "markdown", "--heading_level", "3")
    assert code == 0, output
    assert output.count("\n### ") + output.startswith("### ") == 4
    assert output.count("```python\n") == 15
    for line in (
        "class ReLU(Activation):",
        "    def predict(self",
        "Implementation of `layers.Conv2D.backward`:",
    ):
        assert line in output


def test_generated_latex_is_written_to_a_file(package):
    r"""\subsection for level 2; names in headings are escaped, and the code is verbatim."""
    output, code = make_submission(package, "--format", "latex", "--heading_level", "2", "-o", "code.tex")
    assert (output, code) == ("", 0)
    text = (package / "code.tex").read_text()
    assert text.count(r"\subsection{") == 4
    assert text.count(r"\begin{verbatim}") == text.count(r"\end{verbatim}") == 15
    assert r"\texttt{layers.Conv2D.\_init\_parameters}" in text
    assert "lstlisting" not in text and r"\usepackage" not in text


def test_unwritten_and_missing_parts_do_not_stop_it(package):
    """Stubs are shown as they are; for what is not there at all, a comment stands."""
    stubs.generate(PACKAGE, package)
    losses = package / "neural_networks" / "losses.py"
    losses.write_text(losses.read_text().replace("L2", "SquaredError"))
    output, code = make_submission(package, "-f", "markdown")
    assert code == 0, output
    assert "# losses.L2 is not written" in output
    assert 'raise NotImplementedError("4.1: ' in output


def test_an_unknown_format_is_refused(package):
    """No format is a ValueError, another one a usage error of the command line."""
    output, code = make_submission(package)
    assert code == 1 and "ValueError: format must be markdown or latex, got None" in output
    assert make_submission(package, "-f", "html")[1] == 2
    assert run(package, "-c", "import generate_submission as g; g.generate('html')")[1] == 1


def test_code_that_would_end_its_own_block(package):
    r"""A fence is longer than any run of backticks; a line with \end{verbatim} stands outside the block."""
    script = (
        "import generate_submission as g\n"
        "code = 'a\\n' + r'b = r\"\\end{verbatim}_~\"' + '\\n\\tc = \"````\"\\n'\n"
        "print(g.emit_markdown({'f': code})); print(g.emit_latex({'f_g': code}))\n"
        "print(g.flatten({'x': ['a', 'b'], 'y': ['c']}))"
    )
    output, code = run(package, "-c", script)
    assert code == 0, output
    markdown, latex = output.split(r"\noindent Implementation", 1)
    assert "`````python\na\n" in markdown and '"````"\n`````\n' in markdown
    quoted = r"\noindent\texttt{b~=~r\"\textbackslash{}end\{verbatim\}\_\textasciitilde{}\"}\par".replace(
        r"\"", '"'
    )
    blocks = ["\\begin{verbatim}\na\n\\end{verbatim}", quoted, '\\begin{verbatim}\n        c = "````"']
    assert "\n".join([*blocks, "\\end{verbatim}"]) in latex
    assert r"\texttt{f\_g}" in latex and "['a', 'b', 'c']" in latex


# ---- the students' unittests ----


def run_unittests(folder, data_files):
    (folder / "tests" / "data").mkdir(exist_ok=True)
    for name, content in data_files.items():
        (folder / "tests" / "data" / name).write_bytes(content)
    output, code = run(folder, "-m", "unittest", "-v")
    lines = [line for line in output.splitlines() if line.startswith("test_") and " ... " in line]
    return {line.split("tests.")[1].split(")")[0] for line in lines if line.endswith("ok")}, lines, code


def test_the_reference_passes_all_25_unittests(package, data_files):
    """A complete solution passes every one."""
    passed, lines, code = run_unittests(package, data_files)
    assert (len(lines), len(passed), code) == (25, 25, 0)


def test_the_stubs_pass_8_of_25_unittests(package, data_files):
    """What is given passes from the start, and nothing else does."""
    stubs.generate(PACKAGE, package)
    passed, lines, _ = run_unittests(package, data_files)
    names = {name.split(".")[1] for name in passed}
    assert (len(lines), len(passed), names) == (
        25,
        8,
        {"TestLinear", "TestTanH", "TestArcTan", "TestFlatten"},
    )


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_every_unittest_sees_a_factor_that_is_wrong_by_a_hundredth(package, data_files, method):
    """With forward, or backward, of all 12 classes times 1.01, all 12 tests of it fail."""
    for file, classes in (
        ("activations", unittest_data.ACTIVATIONS),
        ("losses", ("CrossEntropy", "L2")),
        ("layers", ("FullyConnected", "Conv2D", "Pool2D", "Flatten")),
    ):
        with (package / "neural_networks" / f"{file}.py").open("a", encoding="utf-8") as source:
            source.write(
                "\n\ndef _scaled(method):\n"
                "    return lambda *args, **kwargs: 1.01 * method(*args, **kwargs)\n\n\n"
                f"for _wrong in ({', '.join(classes)}):\n"
                f"    _wrong.{method} = _scaled(_wrong.{method})\n"
            )
    passed, lines, _ = run_unittests(package, data_files)
    assert [line.split(" ")[0] for line in lines].count(f"test_{method}") == 12
    assert not [name for name in passed if name.endswith(f"test_{method}")]
    assert "test_layers.TestFullyConnected.test_init_params" in passed


def test_unittest_data_are_small_and_always_the_same(data_files):
    """12 files below 3 MB in all, without a date, and the same when made again."""
    assert len(data_files) == 12
    assert sum(map(len, data_files.values())) < 3_000_000
    again = unittest_data.build(given("activations"), given("losses"), given("layers"))
    assert again == data_files


def test_unittest_data_avoid_what_right_solutions_may_do_differently(data_files):
    """No input of ReLU is 0 and no two numbers in a pooling window are equal."""
    arrays = {name: dict(np.load(io.BytesIO(content))) for name, content in data_files.items()}
    relu, pooling = arrays["TestReLU.npz"], arrays["TestPool2D.npz"]
    assert all(relu[f"{case}input"].all() for case in range(3))
    for case, (_, (kh, kw), *_) in enumerate(unittest_data.POOLINGS):
        X = pooling[f"{case}input"][0]
        windows = np.lib.stride_tricks.sliding_window_view(X, (kh, kw), axis=(1, 2))
        ordered = np.sort(windows.reshape(*windows.shape[:4], -1), axis=-1)
        assert (np.diff(ordered.astype(int), axis=-1) > 0).all()
    assert all(arrays["TestConv2D.npz"][f"{case}b"].shape[0] == 1 for case in range(5))


def test_unittest_cases_are_those_of_the_students_tests():
    """The configurations, which both files write out, agree."""
    text = (PACKAGE / "tests" / "test_layers.py").read_text()
    for cases in (unittest_data.DENSE, unittest_data.CONVOLUTIONS, unittest_data.POOLINGS):
        for _, *configuration in cases:
            assert repr(tuple(configuration)).replace("'", '"') in text
