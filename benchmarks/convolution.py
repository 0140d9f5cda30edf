"""How fast the reference's convolution and pooling are: against PyTorch on one thread, and other ways in NumPy.

All are measured in turns in this one run, so that only their ratios mean something on a noisy machine. PyTorch is
optional (`pip install torch==2.13.0`); without it the other ways are compared alone. Run: make bench
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before NumPy is loaded

import argparse
import statistics
import time

import numpy as np

from benchmarks.convolution_variants import VARIANTS
from harness import assignment as assignments
from harness.reference import reference_of

try:
    import torch
except ImportError:
    torch = None

SHAPES = {"A": (32, 32, 32, 3, 16), "B": (32, 16, 16, 32, 64)}  # batch, rows, columns, channels, filters
KERNEL, PADDING = (3, 3), (1, 1)
TORCH, REFERENCE = "PyTorch, NCHW", "the reference"
LIMITS = {"A": 1.28, "B": 1.04}  # the best NumPy variant measured before, over PyTorch, float64
AGREEMENT = {np.float64: 1e-9, np.float32: 1e-3}


def measured(ways, rounds):
    """Medians of seconds by name; the ways take turns, so that noise hits all alike."""
    seconds = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, run in ways.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(s[1:]) for name, s in seconds.items()}


def torch_convolution(X, W, b, dZ):
    """A function that runs forward, and with dZ backward, in the layout that suits PyTorch."""
    x, w = (torch.tensor(a.transpose(order).copy()) for a, order in ((X, (0, 3, 1, 2)), (W, (3, 2, 0, 1))))
    bias = torch.tensor(b.ravel().copy())

    def forward():
        with torch.no_grad():
            return torch.nn.functional.conv2d(x, w, bias, padding=PADDING).numpy().transpose(0, 2, 3, 1)

    if dZ is None:
        return forward
    above = torch.tensor(dZ.transpose(0, 3, 1, 2).copy())
    for parameter in (x, w, bias):
        parameter.requires_grad_()

    def both():
        for parameter in (x, w, bias):
            parameter.grad = None
        torch.nn.functional.conv2d(x, w, bias, padding=PADDING).backward(above)
        return x.grad.numpy().transpose(0, 2, 3, 1), w.grad.numpy().transpose(2, 3, 1, 0), bias.grad.numpy()

    return both


def reference_convolution(layers, X, W, b, dZ):
    """The same of the reference's layer, in its own layout."""
    layer = layers.Conv2D(W.shape[3], KERNEL, "linear", 1, "same", "zeros")
    layer._init_parameters(X.shape)
    layer.parameters["W"], layer.parameters["b"] = W, b

    def both():
        layer.forward(X)
        return layer.backward(dZ), layer.gradients["W"], layer.gradients["b"].ravel()

    return both if dZ is not None else lambda: layer.forward(X)


def compare(layers, shape, dtype, rounds):
    """Print the table of one shape and precision; the ratio of the reference to PyTorch, or to the fastest other way."""
    m, rows, columns, channels, filters = SHAPES[shape]
    rng = np.random.default_rng(0)
    X = rng.normal(size=(m, rows, columns, channels)).astype(dtype)
    W, b = (
        rng.normal(size=(*KERNEL, channels, filters)).astype(dtype),
        rng.normal(size=(1, filters)).astype(dtype),
    )
    dZ = rng.normal(size=(m, rows, columns, filters)).astype(dtype)
    times = []
    for above in (None, dZ):
        ways = {TORCH: torch_convolution(X, W, b, above)} if torch else {}
        ways[REFERENCE] = reference_convolution(layers, X, W, b, above)
        ways |= {n: lambda f=f, above=above: f(X, W, b, above) for n, f in VARIANTS.items()}
        times.append(measured(ways, rounds))
        if above is not None:
            check(ways, dtype)
    base = TORCH if torch else min(VARIANTS, key=times[1].__getitem__)
    print(f"\nshape {shape}: batch {m}, {rows}×{columns}×{channels} → {filters}, {np.dtype(dtype).name}")
    print(f"  {'':36} forward   forward + backward   ratio to {base}")
    for name, seconds in times[1].items():
        print(
            f"  {name:36} {times[0][name] * 1e3:5.1f} ms   {seconds * 1e3:10.1f} ms   {seconds / times[1][base]:13.2f}"
        )
    return times[1][REFERENCE] / times[1][base]


def check(ways, dtype):
    """Refuse to compare ways that do not agree."""
    want = ways[REFERENCE]()
    for name, run in ways.items():
        for a, b in zip(run()[-3:], want, strict=True):
            if not np.allclose(a, b, rtol=AGREEMENT[dtype], atol=AGREEMENT[dtype] * np.abs(b).max()):
                raise SystemExit(f"{name} disagrees with the reference")


def compare_pooling(layers, shape, rounds):
    """Print the reference's and PyTorch's times of a 2 × 2 max pooling, forward and backward."""
    m, rows, columns, channels, _ = SHAPES[shape]
    rng = np.random.default_rng(0)
    X = rng.normal(size=(m, rows, columns, channels))
    layer = layers.Pool2D(2, "max", 2, 0)
    dY = rng.normal(size=layer.forward(X).shape)
    ways = {REFERENCE: lambda: (layer.forward(X), layer.backward(dY))}
    if torch:
        x = torch.tensor(X).permute(0, 3, 1, 2).requires_grad_()
        above = torch.tensor(dY).permute(0, 3, 1, 2)

        def both():
            x.grad = None
            torch.nn.functional.max_pool2d(x, 2).backward(above)

        ways["PyTorch, channels last"] = both
    told = ", ".join(f"{name} {seconds * 1e3:.2f} ms" for name, seconds in measured(ways, 3 * rounds).items())
    print(f"max pooling 2×2, shape {shape}, forward + backward: {told}")


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    layers = reference_of(assignments.load("convnet").reference).load("neural_networks.layers")
    if torch:
        torch.set_num_threads(1)
    else:
        print(
            "PyTorch is not installed (pip install torch==2.13.0): the reference is compared with NumPy's other ways."
        )
    print(f"convolution, one thread; medians of {options.rounds} rounds, measured in turns")
    for dtype in (np.float64, np.float32):
        for shape in SHAPES:
            ratio = compare(layers, shape, dtype, options.rounds)
            if torch and dtype is np.float64:
                print(
                    f"  the best variant measured before stood at {LIMITS[shape]:.2f}, the reference is at {ratio:.2f}"
                )
    for shape in SHAPES:
        compare_pooling(layers, shape, options.rounds)


if __name__ == "__main__":
    main()
