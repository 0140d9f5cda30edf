"""Measure, with your own code, what the report asks for. Given.

    python report_figures.py            questions 7.2(b), (d), (e): gradients against scale
    python report_figures.py --extra    questions 8.1 and 8.2: eighteen curves; models with and without a constant

Tables are printed, pictures are written into `figures/`.
"""

import argparse
import contextlib
import functools
from pathlib import Path

import my_hw5
import numpy as np

DEPTHS = (5, 6, 7, 8, 9, 10)  # weight matrices
SCALES = np.logspace(-2, 1, 13)
WIDTH, N_ROWS, N_STARTS = 4, 50, 9
LOW, HIGH = (0.01, 0.02), (5.0, 10.0)  # between which the powers of the scale are measured


@contextlib.contextmanager
def sigma_removed():
    """Question 7.2(a): within this, sigma_forward and sigma_backward do nothing."""
    kept = my_hw5.sigma_forward, my_hw5.sigma_backward
    my_hw5.sigma_forward, my_hw5.sigma_backward = np.array, np.ones_like
    try:
        yield
    finally:
        my_hw5.sigma_forward, my_hw5.sigma_backward = kept


def gradient_sizes(depth, scales, with_sigma):
    """The norm of the gradient by each weight, at each scale: the median over some random starts.

    Args:
        depth: How many weight matrices.
        scales: Standard deviations of the initial weights, shape (k,).
        with_sigma: Whether sigma stays in the network.

    Returns:
        Shape (k, depth).
    """
    r = np.random.default_rng(5)
    X, Y = r.standard_normal((N_ROWS, WIDTH)), r.standard_normal((N_ROWS, 1))
    found = np.empty((len(scales), N_STARTS, depth))
    with contextlib.nullcontext() if with_sigma else sigma_removed():
        for start in range(N_STARTS):
            for i, scale in enumerate(scales):
                np.random.seed(start)  # the same directions at every scale
                params = my_hw5.initialize_network([WIDTH] * depth + [1], scale)
                found[i, start] = [np.linalg.norm(g) for g in gradients(params, X, Y, with_sigma)]
    return np.median(found, axis=1)


def gradients(params, X, Y, with_sigma):
    """The gradient by each weight, from your backpropagation; from linear_gradient where sigma stays in all the same."""
    weights = [params[f"W{layer}"] for layer in range(len(params))]
    prediction, cache = my_hw5.forward(params, X)
    if not with_sigma and not np.allclose(np.ravel(prediction), np.ravel(np.linalg.multi_dot([X, *weights]))):
        return my_hw5.linear_gradient(weights, X, Y)  # forward does not call sigma_forward
    target = np.reshape(Y, np.shape(prediction))
    gradient, _ = my_hw5.backprop_and_loss(params, prediction, cache, target)
    return [gradient[f"W{layer}"] for layer in range(len(weights))]


def powers(depth, between, with_sigma):
    """To which power of the scale the gradient by each weight grows between two scales: shape (depth,)."""
    low, high = gradient_sizes(depth, np.array(between), with_sigma)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(high / low) / np.log(between[1] / between[0])


def new_figure(rows, columns, size):
    """A figure and its panels, whatever backend is set."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False)


def draw_gradients(with_sigma, folder):
    """One panel a depth, one line a layer: gradient size against scale, both logarithmic."""
    from matplotlib import colormaps

    figure, panels = new_figure(2, 3, (13, 7.5))
    sizes = {depth: gradient_sizes(depth, SCALES, with_sigma) for depth in DEPTHS}
    seen = np.concatenate([s.ravel() for s in sizes.values()])
    seen = seen[np.isfinite(seen) & (seen > 0)]
    for axes, (depth, lines) in zip(panels.ravel(), sizes.items()):
        for layer in range(depth):
            colour = colormaps["viridis"](0.92 * layer / (depth - 1))
            # Thinner and thinner, since without sigma one line covers the other.
            width = 4.5 - 3.5 * layer / (depth - 1)
            axes.plot(SCALES, lines[:, layer], color=colour, linewidth=width, label=f"W{layer}")
        axes.set(xscale="log", yscale="log", title=f"{depth} weight matrices")
        axes.set_ylim(seen.min() / 5, seen.max() * 5)
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8, ncols=2, loc="upper left" if not with_sigma else "lower right")
        axes.label_outer()
    word = "with" if with_sigma else "without"
    figure.suptitle(f"Size of the gradient by each weight, {word} sigma", fontsize=14)
    figure.supxlabel("scale of the initial weights")
    figure.supylabel("norm of the gradient")
    return save(figure, folder / f"gradients_{word}_sigma.png")


def loss_axes(axes):
    """Logarithmic axes of iterations and losses, with plain numbers beside them."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set(xscale="log", yscale="log", xlabel="iteration", ylabel="training loss")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(alpha=0.25)


def save(figure, path):
    """Write a picture, and say where it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"drawn: {path}")
    return path


def print_powers():
    """A table of the measured powers of the scale, for the first and the last weight."""
    for with_sigma in (False, True):
        print(
            f"\nThe gradient grows like scale^p, {'with' if with_sigma else 'without'} sigma. p of the first"
        )
        print(
            f"and of the last weight, for scales from {LOW[0]:g} to {LOW[1]:g} and from {HIGH[0]:g} to {HIGH[1]:g}:"
        )
        print("weights    low: first, last      high: first, last")
        for depth in DEPTHS:
            low, high = (powers(depth, between, with_sigma)[[0, -1]] for between in (LOW, HIGH))
            print(f"{depth:>7}  {low[0]:>11.2f} {low[1]:>7.2f} {high[0]:>15.2f} {high[1]:>7.2f}")
    print("(High scales with sigma: no power law, so that these figures depend on the random start.)")


def draw_extra_credit(folder, lr):
    """Question 8.1: the eighteen training curves in one plot. Colour is the input, the dash the model."""
    X, Y = my_hw5.load_data("data/regression.csv", "train")
    curves = my_hw5.extra_credit_fit(X, Y, scale=0.5, lr=lr, num_iterations=1000)
    inputs = list(dict.fromkeys(key[:2] for key in curves))
    models = list(dict.fromkeys(key[2] for key in curves))
    # Okabe and Ito's colours, which colour-blind readers can tell apart.
    colours = ("#0072B2", "#56B4E9", "#009E73", "#D55E00", "#E69F00", "#CC79A7")
    figure, panels = new_figure(1, 1, (11, 6.5))
    axes = panels[0, 0]
    for (basis, kind, model), losses in curves.items():
        colour = colours[inputs.index((basis, kind)) % len(colours)]
        dash = ("-", "--", ":")[models.index(model) % 3]
        y = np.where(np.isfinite(losses), losses, np.nan)
        axes.plot(np.arange(1, len(y) + 1), y, dash, color=colour, label=f"{basis}, {kind}, {model}")
    loss_axes(axes)
    axes.set_title(f"{len(curves)} curves: basis, normalisation, model")
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return save(figure, folder / "extra_credit.png")


@contextlib.contextmanager
def constant_added():
    """Question 8.2: within this, the network is the one with bias=True. For code that has this keyword."""
    kept = my_hw5.forward, my_hw5.backprop_and_loss
    my_hw5.forward, my_hw5.backprop_and_loss = (functools.partial(f, bias=True) for f in kept)
    try:
        yield
    finally:
        my_hw5.forward, my_hw5.backprop_and_loss = kept


def draw_constant(folder, lr):
    """Question 8.2: the three models with and without a constant term in every layer."""
    X, Y = my_hw5.load_data("data/regression.csv", "train")
    figure, panels = new_figure(1, 1, (10, 6))
    axes = panels[0, 0]
    models = my_hw5.standard_models(X.shape[1]).items()
    for colour, (name, sizes) in zip(("#0072B2", "#D55E00", "#009E73"), models):
        np.random.seed(0)
        plain, _ = my_hw5.gradient_descent(X, Y, my_hw5.initialize_network(sizes, 0.5), lr, 2000)
        np.random.seed(0)
        start = my_hw5.initialize_network(sizes, 0.5, bias=True)
        with constant_added():
            biased, _ = my_hw5.gradient_descent(X, Y, start, lr, 2000)
        axes.plot(np.arange(1, 2001), plain[:2000], color=colour, label=name)
        axes.plot(np.arange(1, 2001), biased[:2000], "--", color=colour, label=f"{name}, with a constant")
    loss_axes(axes)
    axes.set_title("The three models without and with a constant term in every layer")
    axes.legend()
    return save(figure, folder / "constant.png")


def main():
    parser = argparse.ArgumentParser(description="Measure what the report asks for, with your own code.")
    parser.add_argument("--extra", action="store_true", help="questions 8.1 and 8.2 instead of 7.2")
    parser.add_argument("--out", type=Path, default=Path("figures"), help="where pictures go (figures)")
    parser.add_argument(
        "--lr", type=float, default=0.01, help="step of --extra; 1e-5 for gradients of the sum"
    )
    options = parser.parse_args()
    if options.extra:
        draw_extra_credit(options.out, options.lr)
        draw_constant(options.out, options.lr)
        return
    print_powers()
    for with_sigma in (False, True):
        draw_gradients(with_sigma, options.out)


if __name__ == "__main__":
    main()
