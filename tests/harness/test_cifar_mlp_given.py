"""What students of cifar_mlp are given: the Solver, the gradient checkers, the loaders and the grids of images."""

import importlib
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "reference" / "cifar_mlp"
OWN = ("nndl", "utils", "derivations")


def take_out():
    """The modules of the assignment's names, out of the interpreter's table."""
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in OWN}


@pytest.fixture
def load():
    """`load("utils.solver")` imports a module of the package; no trace of it stays."""
    hidden = take_out()
    sys.path.insert(0, str(PACKAGE))
    yield importlib.import_module
    sys.path.remove(str(PACKAGE))
    take_out()
    sys.modules.update(hidden)


def some_data(n=50, n_val=20, n_in=6, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "X_train": rng.normal(size=(n, n_in)),
        "y_train": rng.integers(n_classes, size=n),
        "X_val": rng.normal(size=(n_val, n_in)),
        "y_val": rng.integers(n_classes, size=n_val),
    }


class Constant:
    """A model that says the same class whatever it sees; its parameter counts the steps."""

    def __init__(self, said, n_classes=3):
        self.params = {"w": np.zeros(2)}
        self.said, self.n_classes = said, n_classes

    def loss(self, X, y=None):
        scores = np.zeros((len(X), self.n_classes))
        scores[:, self.said] = 1.0
        return scores if y is None else (1.5, {"w": -np.ones(2)})


def solver_for(load, model, data=None, **settings):
    return load("utils.solver").Solver(model, data or some_data(), verbose=False, **settings)


# ---- Solver ----


@pytest.mark.parametrize(("n", "batch", "lengths"), [(50, 25, (6, 4)), (20, 100, (3, 3)), (50, 20, (6, 4))])
def test_the_solver_takes_whole_batches_and_checks_each_epoch(load, n, batch, lengths):
    """Losses for each step; accuracies at the first step and each epoch's end, once where the two fall together."""
    model = load("nndl.fc_net").TwoLayerNet(6, 4, 3)
    solver = solver_for(load, model, some_data(n), batch_size=batch, num_epochs=3)
    assert solver.train() is None
    assert (len(solver.loss_history), len(solver.val_acc_history)) == lengths
    assert len(solver.train_acc_history) == lengths[1] and solver.epoch == 3


def test_the_solver_decays_each_rate_once_an_epoch(load):
    """A copy of the settings for each parameter; those that were given stay as they are."""
    given = {"learning_rate": 0.5}
    model = load("nndl.fc_net").TwoLayerNet(6, 4, 3)
    solver = solver_for(load, model, batch_size=25, num_epochs=2, lr_decay=0.1, optim_config=given)
    solver.train()
    rates = [config["learning_rate"] for config in solver.optim_configs.values()]
    assert rates == pytest.approx([0.005] * 4)
    assert list(solver.optim_configs) == ["W1", "b1", "W2", "b2"] and given == {"learning_rate": 0.5}


def test_the_solver_gives_the_best_parameters(load):
    """The first that reached the best validation accuracy: later ones must be better, not as good."""
    data = some_data() | {"y_val": np.ones(20, dtype=int)}
    model = Constant(1)
    solver = solver_for(load, model, data, batch_size=50, num_epochs=4, optim_config={"learning_rate": 1.0})
    solver.train()
    assert solver.best_val_acc == 1.0
    assert model.params["w"].tolist() == [1, 1]
    assert model.params is solver.best_params


def test_a_model_that_is_always_wrong_keeps_its_last_parameters(load):
    """The starter leaves it without any."""
    data = some_data() | {"y_val": np.ones(20, dtype=int)}
    model = Constant(0)
    solver = solver_for(load, model, data, batch_size=50, num_epochs=4, optim_config={"learning_rate": 1.0})
    solver.train()
    assert solver.best_val_acc == 0 and solver.val_acc_history == [0.0] * 4
    assert model.params["w"].tolist() == [4, 4]


def test_the_solver_refuses_what_it_does_not_know(load):
    """Options, and rules that nndl.optim lacks."""
    with pytest.raises(ValueError, match="unknown options learning_rate"):
        solver_for(load, Constant(0), learning_rate=1)
    with pytest.raises(ValueError, match="no update rule 'adam'"):
        solver_for(load, Constant(0), update_rule="adam")


def test_accuracy_of_a_sample_is_drawn_with_replacement(load):
    """Only where there are more examples than asked for."""
    solver = solver_for(load, Constant(2))
    y = np.array([2] * 30 + [0] * 10)
    assert solver.check_accuracy(np.zeros((40, 6)), y, batch_size=7) == 0.75
    assert solver.check_accuracy(np.zeros((40, 6)), y, num_samples=40) == 0.75
    np.random.seed(0)
    chosen = np.random.choice(40, 39)
    np.random.seed(0)
    assert solver.check_accuracy(np.zeros((40, 6)), y, num_samples=39) == np.mean(y[chosen] == 2)


def test_checkpoints_are_written_after_each_epoch(load, tmp_path):
    """As {name}_epoch_{n}.pkl."""
    model = load("nndl.fc_net").TwoLayerNet(6, 4, 3)
    solver_for(load, model, num_epochs=2, batch_size=25, checkpoint_name=str(tmp_path / "net")).train()
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"net_epoch_{n}.pkl" for n in (0, 1, 2)]
    checkpoint = pickle.loads((tmp_path / "net_epoch_2.pkl").read_bytes())
    assert checkpoint["epoch"] == 2 and len(checkpoint["loss_history"]) == 4


# ---- sgd, batch normalisation's modes, the package's names ----


def test_sgd_changes_the_parameter_itself(load):
    """And writes the default rate into the settings."""
    w = np.ones(3)
    updated, config = load("nndl.optim").sgd(w, np.full(3, 2.0))
    assert updated is w and w.tolist() == [0.98] * 3 and config == {"learning_rate": 1e-2}


def test_modes_are_set_below_the_key_mode(load):
    """The starter writes them below their own names."""
    net = load("nndl.fc_net").FullyConnectedNet([4, 5], 6, 3, use_batchnorm=True, dropout=0.5, seed=7)
    net.loss(np.ones((2, 6)))
    assert net.bn_params == [{"mode": "test"}] * 2 and net.dropout_param == {
        "mode": "test",
        "p": 0.5,
        "seed": 7,
    }
    net.loss(np.ones((2, 6)), np.array([0, 0]))
    assert net.bn_params == [{"mode": "train"}] * 2


def test_the_package_names_the_network_in_one_piece(load):
    """And fc_net has every layer's name."""
    nndl, fc_net = load("nndl"), load("nndl.fc_net")
    assert nndl.TwoLayerNet is load("nndl.neural_net").TwoLayerNet is not fc_net.TwoLayerNet
    names = ("affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss")
    assert all(hasattr(fc_net, name) for name in (*names, "affine_relu_forward", "affine_relu_backward"))


# ---- gradient_check ----


def test_numerical_gradients(load, capsys):
    """Of a number, of an array, of blobs; what they change is put back."""
    check = load("utils.gradient_check")
    rng = np.random.default_rng(0)
    x, df = rng.normal(size=(2, 3)), rng.normal(size=(2, 2))
    before, matrix = x.copy(), rng.normal(size=(3, 2))
    np.testing.assert_allclose(
        check.eval_numerical_gradient(lambda x: np.sum(x**3), x, verbose=False), 3 * x**2, atol=1e-8
    )
    assert capsys.readouterr().out == ""
    check.eval_numerical_gradient(lambda x: np.sum(x**3), x)
    assert len(capsys.readouterr().out.splitlines()) == 6
    np.testing.assert_allclose(
        check.eval_numerical_gradient_array(lambda x: x @ matrix, x, df), df @ matrix.T, atol=1e-9
    )
    a, b = (SimpleNamespace(vals=rng.normal(size=4), diffs=np.zeros(4)) for _ in range(2))
    out = SimpleNamespace(vals=np.zeros(4), diffs=rng.normal(size=4))

    def product(a, b, out):
        out.vals[...] = a.vals * b.vals

    net = SimpleNamespace(forward=lambda: product(a, b, out))
    for found in (
        check.eval_numerical_gradient_blobs(product, (a, b), out),
        check.eval_numerical_gradient_net(net, (a, b), out),
    ):
        np.testing.assert_allclose(found, [b.vals * out.diffs, a.vals * out.diffs], atol=1e-9)
    assert np.array_equal(x, before)


def test_sparse_checks_print_entries_and_errors(load, capsys):
    """A gradient that is twice too large has a relative error of a third."""
    x = np.random.default_rng(0).normal(size=(3, 4))
    check = load("utils.gradient_check").grad_check_sparse
    assert check(lambda x: np.sum(x**2), x, 4 * x, num_checks=5) is None
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all(float(line.split()[-1]) == pytest.approx(1 / 3, rel=1e-4) for line in lines)


# ---- loaders ----


def written_batches(folder, n=4):
    """The authors' files with n images in each: pixels that tell the channel, the row and the column apart."""
    rng = np.random.default_rng(1)
    folder.mkdir(parents=True)
    images = rng.integers(0, 256, (6 * n, 32, 32, 3), dtype=np.uint8)
    labels = rng.integers(0, 10, 6 * n).tolist()
    for i, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
        rows = slice(n * i, n * (i + 1))
        data = images[rows].transpose(0, 3, 1, 2).reshape(n, -1)
        (folder / name).write_bytes(pickle.dumps({"data": data, "labels": labels[rows]}))
    return images, np.array(labels)


@pytest.mark.parametrize("below", ["", "data"])
def test_cifar10_is_split_as_the_homework_does(load, tmp_path, monkeypatch, below):
    """Channels first, the training mean subtracted; found here, or in a folder `data` above."""
    images, labels = written_batches(tmp_path / below / "cifar-10-batches-py")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / ("here" if below else ""))
    data = load("utils.data_utils").get_CIFAR10_data(12, 5, 3)
    mean = images[:12].mean(axis=0)
    for part, rows in (("train", slice(12)), ("val", slice(12, 17)), ("test", slice(20, 23))):
        np.testing.assert_allclose(
            data[f"X_{part}"], (images[rows] - mean).transpose(0, 3, 1, 2), rtol=0, atol=1e-10
        )
        assert data[f"y_{part}"].tolist() == labels[rows].tolist()
    raw = load("utils.data_utils").get_CIFAR10_data(12, 5, 3, subtract_mean=False)
    assert np.array_equal(raw["X_val"], images[12:17].transpose(0, 3, 1, 2))
    said, *parts = load("utils.subset").load_images()
    assert said.startswith("Data: all of CIFAR-10, images: 20 for training")
    assert np.array_equal(parts[0][0], images[:20])
    assert load("utils.subset").load_images(everything=False)[0].startswith("Data: a part of CIFAR-10")


def test_without_cifar10_the_loader_says_what_fetches_it(load, tmp_path, monkeypatch):
    """And the part that comes along stands in."""
    utils = load("utils.data_utils")
    monkeypatch.setattr(utils, "CIFAR10_FOLDER", "cifar-10-batches-py-that-nobody-has")
    with pytest.raises(FileNotFoundError, match=r"get_data\.py"):
        utils.get_CIFAR10_data()
    said, *parts = load("utils.subset").load_images()
    assert said.startswith("Data: a part of CIFAR-10") and [len(y) for _, y in parts] == [6000, 1000, 500]


def test_tiny_imagenet_is_read(load, tmp_path):
    """Two classes, colour and grey, one validation and one test image."""
    import matplotlib.image

    rng = np.random.default_rng(0)
    pictures = {}

    def picture(path, grey=False):
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (64, 64, 1 if grey else 3), dtype=np.uint8).repeat(
            3 if grey else 1, axis=2
        )
        matplotlib.image.imsave(path, pixels, format="png")
        pictures[path.name] = pixels.transpose(2, 0, 1) / 255

    (tmp_path / "wnids.txt").write_text("n1\nn2\n")
    (tmp_path / "words.txt").write_text("n0\tnothing\nn1\tcat, house cat\nn2\tdog\n")
    for wnid in ("n1", "n2"):
        picture(tmp_path / "train" / wnid / "images" / f"{wnid}_0.PNG", grey=wnid == "n2")
        (tmp_path / "train" / wnid / f"{wnid}_boxes.txt").write_text(f"{wnid}_0.PNG\t0\t0\t9\t9\n")
    picture(tmp_path / "val" / "images" / "val_0.PNG")
    (tmp_path / "val" / "val_annotations.txt").write_text("val_0.PNG\tn2\t0\t0\t9\t9\n")
    picture(tmp_path / "test" / "images" / "test_0.PNG")
    data = load("utils.data_utils").load_tiny_imagenet(tmp_path, subtract_mean=False)
    assert data["class_names"] == [["cat", "house cat"], ["dog"]]
    assert data["y_train"].tolist() == [0, 1] and data["y_val"].tolist() == [1] and data["y_test"] is None
    np.testing.assert_allclose(data["X_train"], [pictures["n1_0.PNG"], pictures["n2_0.PNG"]], atol=1e-6)
    np.testing.assert_allclose(data["X_val"], [pictures["val_0.PNG"]], atol=1e-6)
    centred = load("utils.data_utils").load_tiny_imagenet(tmp_path)
    np.testing.assert_allclose(centred["X_test"], data["X_test"] - data["X_train"].mean(axis=0), atol=1e-6)


def test_models_are_loaded_by_file_name(load, tmp_path):
    """Files that are no pickles are passed over."""
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"model": [1, 2]}))
    (tmp_path / "notes.txt").write_text("x not a pickle")
    assert load("utils.data_utils").load_models(tmp_path) == {"a.pkl": [1, 2]}


# ---- grids of images, features ----


def test_grids_of_images(load):
    """visualize_grid stretches each image, vis_grid and vis_nn all of them together."""
    vis = load("utils.vis_utils")
    images = np.arange(5.0)[:, None, None, None] * 10 + np.arange(4.0).reshape(1, 2, 2, 1)
    grid = vis.visualize_grid(images, ubound=3.0, padding=1)
    assert grid.shape == (8, 8, 1)
    for i in range(5):
        top, left = 3 * (i // 3), 3 * (i % 3)
        assert grid[top : top + 2, left : left + 2, 0].ravel().tolist() == [0, 1, 2, 3]
    assert grid[2].max() == grid[:, 2].max() == grid[3:, 6:].max() == 0
    assert not vis.visualize_grid(np.full((1, 2, 2, 3), 7.0)).any()
    together = vis.vis_grid(images)
    assert (
        together.shape == (9, 9, 1) and together.max() == together[4, 4, 0] == 1 and together[6:].max() == 0
    )
    rows = vis.vis_nn([list(images[:2]), list(images[2:4])])
    assert rows.shape == (6, 6, 1) and rows[4, 4, 0] == 1 and rows[0, 3, 0] == pytest.approx(10 / 33)


def test_features_run_without_further_packages(load):
    """Shapes, and what they say of plain images."""
    features = load("utils.features")
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 40, 3)).astype(float)
    found = features.extract_features(images, [features.hog_feature, features.color_histogram_hsv])
    assert found.shape == (3, 4 * 5 * 9 + 10)
    np.testing.assert_allclose(found[:, -10:].sum(axis=1), 1)
    assert features.rgb2gray(np.full((2, 2, 3), 255.0)) == pytest.approx(np.full((2, 2), 255))
    ramp = np.tile(np.arange(16.0), (16, 1))  # brighter to the right: one direction, 90 degrees
    histogram = features.hog_feature(ramp).reshape(2, 2, 9)
    assert np.flatnonzero(histogram.sum(axis=(0, 1))).tolist() == [4]
    assert histogram[0, :, 4].tolist() == [1, 1] and histogram[1, :, 4].tolist() == [0.875, 0.875]
    red = features.color_histogram_hsv(np.tile([200.0, 0, 0], (4, 4, 1)))
    assert red.tolist() == [1] + [0] * 9
