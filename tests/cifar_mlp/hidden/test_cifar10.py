"""Questions 4 and 5, hidden: training on real images of CIFAR-10, judged by the parameters that come back."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Partly
from harness.report import pictures
from harness.run import derived_seed
from tests.cifar_mlp.hidden.cifar import (
    CLASSES,
    HIGH,
    LOW,
    PIXELS,
    USED,
    Images,
    Settings,
    accuracy,
    modular_layers,
    one_piece_layers,
    parameters,
    scores,
)
from tests.cifar_mlp.judging import (
    BATCHES,
    DEEP,
    DEEP_GRADIENTS,
    DEEP_START,
    LAYERS,
    NETWORK,
    STEPS,
    TWO_LAYER,
    TWO_LAYER_GRADIENTS,
    TWO_LAYER_START,
    WEIGHT_GRADIENTS,
)
from tests.cifar_mlp.test_fc_net import shapes_of
from tests.cifar_mlp.test_neural_net import cross_entropy

pytestmark = pytest.mark.limits(time_s=90, memory_mib=3072)

HIDDEN = 50  # units of question 4's networks
FIRST_RUN = {
    "learning_rate": 1e-4,
    "learning_rate_decay": 0.95,
    "reg": 0.25,
    "num_iters": 400,  # of the notebook's 1,000: by then the loss has begun to fall
    "batch_size": 200,
    "verbose": False,
}
MOST_EXAMPLES = 600_000  # num_iters * batch_size: 15 s on a slow core
SOLVER_HIDDEN = 200
MOST_EPOCHS = 20
OVERFIT_HIDDEN, N_OVERFIT = [100, 100], 50


@pytest.fixture
def images(run, reference, fixtures_folder):
    """Drawn once for all runs of a submission."""
    decoded = reference.load("utils.subset").decoded
    return run.once("cifar-10", lambda: Images(fixtures_folder, decoded, run.rng("cifar-10")))


def seed_of(run, name):
    """Not the run's own, which would give the permutations away."""
    return derived_seed(run.seed, f"training {name}")


def draw(run, name, title, losses, accuracies):
    """The curves of a training run, as the submission told them."""
    losses = np.ravel(expect.array(losses, "the losses", finite=False))
    pictures.add_curves(
        run, f"{name}_loss.png", f"{title}: training loss", {"loss": losses}, xlabel="step", ylabel="loss"
    )
    series = {
        label: np.ravel(expect.array(values, label, finite=False)) for label, values in accuracies.items()
    }
    pictures.add_curves(
        run,
        f"{name}_accuracy.png",
        f"{title}: accuracy while training",
        series,
        xlabel="entry",
        ylabel="accuracy",
    )


def draw_weights(run, images, name, title, W1):
    """The weights of every hidden unit as a picture."""
    captions = [f"unit {i}" for i in range(1, len(W1) + 1)]
    pictures.add_sheet(run, f"{name}_weights.png", title, images.as_images(W1), captions)


def train_one_piece(submission, run, images, name, title, std, settings):
    """Train question 4's network; its parameters and losses. Draws its curves and its weights."""
    params, stats = submission.parts(
        2,
        "nn_train",
        images.X,
        images.y,
        images.n_validation,
        HIDDEN,
        CLASSES,
        std,
        settings,
        seed_of(run, name),
    )
    losses = expect.curve(stats, "loss_history", "what train returns", finite=False)
    names = {"batch": "train_acc_history", "validation": "val_acc_history"}
    draw(
        run, name, title, losses, {k: expect.curve(stats, v, "what train returns") for k, v in names.items()}
    )
    shapes = {"W1": (HIDDEN, PIXELS), "b1": (HIDDEN,), "W2": (CLASSES, HIDDEN), "b2": (CLASSES,)}
    p = parameters(params, shapes)
    draw_weights(run, images, name, f"{title}: the weights of the hidden units", p["W1"])
    return p, losses


@pytest.mark.question("4")
@pytest.mark.points(1, follows=NETWORK, provided=(STEPS, BATCHES, WEIGHT_GRADIENTS))
def test_first_run_on_cifar10(submission, run, images):
    """The notebook's first run (rate 1e-4) begins at a loss of ln 10, and lowers it."""
    p, losses = train_one_piece(
        submission, run, images, "first_run", "First run on CIFAR-10", 1e-4, FIRST_RUN
    )
    expect.true(
        len(losses) > 0 and abs(losses[0] - np.log(10)) < 0.01,
        "With tiny weights all ten classes are as likely: the first loss is ln 10.",
        "2.303",
        expect.number(losses[0]) if len(losses) else "no losses",
    )
    reached = cross_entropy(scores(one_piece_layers(p), images.holdout), images.holdout_labels)
    expect.true(
        reached < 2.295,
        "The network does not learn from images: check the gradients, and that train changes self.params.",
        "a loss below 2.295 on images that it has not seen",
        f"{reached:.4f}",
    )


@pytest.mark.question("4")
@pytest.mark.points(5, follows=NETWORK, provided=(STEPS, BATCHES, WEIGHT_GRADIENTS))
def test_best_network(submission, run, images):
    """A network of 50 hidden units, trained with your settings from answers.toml, knows images that it has not seen."""
    chosen = Settings(submission, run, "4")
    settings = {
        "learning_rate": chosen.number("learning_rate", 0, 1),
        "learning_rate_decay": chosen.number("learning_rate_decay", 0, 1),
        "reg": chosen.number("reg", 0, 100, zero=True),
        "num_iters": chosen.number("num_iters", 1, 20_000, whole=True),
        "batch_size": chosen.number("batch_size", 1, 2000, whole=True),
        "verbose": False,
    }
    std = chosen.number("std", 0, 1)
    seen = settings["num_iters"] * settings["batch_size"]
    expect.true(
        seen <= MOST_EXAMPLES,
        'num_iters * batch_size below ["4"] in answers.toml is too large: every training run gets the same time.',
        f"at most {MOST_EXAMPLES:,}",
        f"{seen:,}",
    )
    p, _ = train_one_piece(submission, run, images, "best_network", "Best network on CIFAR-10", std, settings)
    reached = accuracy(one_piece_layers(p), images.holdout, images.holdout_labels)
    run.leaderboard_add("accuracy on CIFAR-10, 50 hidden units", reached, "desc")
    tell(
        run,
        f"Best network: an accuracy of {reached:.3f} with {USED}. Points begin at {LOW} and are full at {HIGH}.",
    )
    if reached < HIGH:
        raise Partly(
            float(np.clip((reached - LOW) / (HIGH - LOW), 0, 1)),
            "Your settings do not bring the network far enough: look at the loss's curve. Where it still falls at the end, "
            "the rate is too small or decays too early (train multiplies it once an epoch, which is 30 steps here); where "
            "it jumps, the rate is too large.",
            f"an accuracy of {HIGH} (partial points from {LOW})",
            f"{reached:.3f}",
        )


def tell(run, note):
    if note not in run.notes:
        run.notes.append(note)


def solve(submission, run, images, name, title, kind, rows, n_validation, arguments, settings, widths):
    """Train a network of question 5 with the Solver; its parameters. Draws its curves."""
    params, history = submission.parts(
        2,
        "solve",
        kind,
        images.X[rows],
        images.y[rows],
        n_validation,
        arguments,
        settings,
        seed_of(run, name),
    )
    names = {"training": "train_acc_history", "validation": "val_acc_history"}
    draw(
        run,
        name,
        title,
        expect.curve(history, "loss_history", "the Solver", finite=False),
        {label: expect.curve(history, key, "the Solver") for label, key in names.items()},
    )
    return parameters(params, shapes_of(widths))


@pytest.mark.question("5")
@pytest.mark.points(1.5, follows=(*LAYERS, *DEEP, *DEEP_START), provided=(DEEP_GRADIENTS,))
def test_overfitting_fifty_images(submission, run, images):
    """A FullyConnectedNet with two hidden layers of 100 units learns 50 images by heart, with your settings."""
    chosen = Settings(submission, run, "5")
    rate, scale = (chosen.number(f"overfit_{name}", 0, 1) for name in ("learning_rate", "weight_scale"))
    arguments = {"hidden_dims": OVERFIT_HIDDEN, "weight_scale": scale, "dtype": "float64"}
    settings = {
        "update_rule": "sgd",
        "optim_config": {"learning_rate": rate},
        "num_epochs": 20,
        "batch_size": 25,
    }
    rows, widths = slice(N_OVERFIT), (PIXELS, *OVERFIT_HIDDEN, CLASSES)
    title = "Overfitting 50 images of CIFAR-10"
    p = solve(submission, run, images, "overfit", title, "deep", rows, 0, arguments, settings, widths)
    X = images.X[rows] - images.X[rows].mean(axis=0)
    reached = accuracy(modular_layers(p), X, images.y[rows])
    expect.true(
        reached == 1.0,
        "The network does not know its 50 images after 20 epochs: choose a larger weight_scale and learning rate, and "
        "check the gradients of each layer.",
        "a training accuracy of 1",
        f"{reached:.2f} with a learning rate of {rate:g} and a weight_scale of {scale:g}",
    )


@pytest.mark.question("5")
@pytest.mark.points(1.5, follows=(*LAYERS, *TWO_LAYER, *TWO_LAYER_START), provided=(TWO_LAYER_GRADIENTS,))
def test_solver_run_on_cifar10(submission, run, images):
    """A fc_net.TwoLayerNet with 200 hidden units, trained by the Solver with your settings, knows unseen images."""
    chosen = Settings(submission, run, "5")
    rate, epochs = chosen.number("learning_rate", 0, 1), chosen.number("num_epochs", 1, 100, whole=True)
    arguments = {
        "hidden_dims": SOLVER_HIDDEN,
        "reg": chosen.number("reg", 0, 100, zero=True),
        "weight_scale": chosen.number("weight_scale", 0, 1),
    }
    settings = {
        "update_rule": "sgd",
        "optim_config": {"learning_rate": rate},
        "lr_decay": chosen.number("lr_decay", 0, 1),
        "batch_size": chosen.number("batch_size", 1, 2000, whole=True),
        "num_epochs": epochs,
    }
    expect.true(
        epochs <= MOST_EPOCHS,
        'num_epochs below ["5"] in answers.toml is too large: every training run gets the same time.',
        f"at most {MOST_EPOCHS}",
        f"{epochs}",
    )
    title, widths = "Solver run on CIFAR-10", (PIXELS, SOLVER_HIDDEN, CLASSES)
    p = solve(
        submission,
        run,
        images,
        "solver",
        title,
        "two-layer",
        slice(None),
        images.n_validation,
        arguments,
        settings,
        widths,
    )
    reached = accuracy(modular_layers(p), images.holdout, images.holdout_labels)
    run.leaderboard_add("accuracy on CIFAR-10, Solver", reached, "desc")
    tell(
        run,
        f"Solver run: an accuracy of {reached:.3f} with {USED}. Points begin at {LOW} and are full at {HIGH}.",
    )
    if reached < HIGH:
        raise Partly(
            float(np.clip((reached - LOW) / (HIGH - LOW), 0, 1)),
            "The Solver does not bring the network far enough: check the gradients, then the settings below "
            '["5"] in answers.toml.',
            f"an accuracy of {HIGH} (partial points from {LOW})",
            f"{reached:.3f}",
        )
