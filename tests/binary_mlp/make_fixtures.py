"""Make the fixtures: the handout's pickle, two toy nets with expected values, MNIST's threes and nines.

`build` makes the small files out of the reference; `python tests/binary_mlp/make_fixtures.py --mnist FOLDER`
makes `mnist_3_9.npz` out of the four original MNIST files.
"""

import argparse
import hashlib
import io
import json
import pickle
from pathlib import Path

import numpy as np

from tests.binary_mlp import probes
from tests.binary_mlp.hidden.mistakes import wrong_gradients

REFERENCE_MODULE = "hw2"
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "binary_mlp"

# The handout's toy net, number for number: 4 inputs, 2 ReLU units, 1 sigmoid. Both labels are 1.
TOY_A = {
    "X_batch": [
        [0.9817849455617458, 0.32574182295810183, 0.3936760173327711, 0.17309335830164496],
        [-0.3627097472007129, 0.05783131824928253, 1.0908763442418186, -0.19926157288007548],
    ],
    "y_batch": [1.0, 1.0],
    "weight_matrices": [
        [
            [-0.00427741985738134, -0.00175934112053757],
            [0.02597773388007592, 0.01450439097670718],
            [0.01462573428036798, 0.02592555039505862],
            [0.00215991723128438, 0.00019206840771245],
        ],
        [[0.00451399584783131], [-0.00021486078847729]],
    ],
    "biases": [[[-0.01380297760975279, -0.00553111642636228]], [[-0.0107179189762918]]],
}

# Ours: both labels, three layers of unequal width, units that are off in both hidden layers.
TOY_B = {
    "X_batch": np.linspace(-1, 1, 12).reshape(3, 4).tolist(),
    "y_batch": [1.0, 0.0, 1.0],
    "weight_matrices": [
        np.linspace(-0.5, 0.5, 12).reshape(4, 3).tolist(),
        np.linspace(0.4, -0.4, 6).reshape(3, 2).tolist(),
        np.linspace(-0.6, 0.9, 2).reshape(2, 1).tolist(),
    ],
    "biases": [[[-0.2, -0.2, -0.2]], [[0.1, 0.0]], [[-0.2]]],
}

# What the specification says of them, worked out without this reference: a key, a place in it, a value.
KNOWN_A = [
    ("mean_loss", (), 0.6985168038536878),
    ("hidden_pre_activations", (0,), [[-0.003408781, 0.007705789], [0.004775290, 0.024189120]]),
    ("output", (), [[0.497320132], [0.497324635375]]),
    ("loss", (), [[0.698521331475], [0.698512276232]]),
    ("dL_dg", (), [[-2.010777235136], [-2.010759027142]]),
    (
        "grad_Ws",
        (0,),
        [
            [4.115077207e-4, 3.343215309e-5],
            [-6.561178502e-5, 2.071410934e-5],
            [-1.237639852e-3, 8.016989652e-5],
            [2.260696778e-4, -1.413068212e-6],
        ],
    ),
    ("grad_Ws", (1,), [[-1.200210296e-3], [-8.016409726e-3]]),
    ("grad_bs", (0,), [[-1.134537254e-3, 1.080057090e-4]]),
    ("grad_bs", (1,), [[-0.502677616313]]),
]
KNOWN_B = [
    ("mean_loss", (), 0.738449072273902),
    ("output", (), [[0.432109500815], [0.433667689301], [0.445883881437]]),
    ("loss", (), [[0.839076248748], [0.568574251691], [0.807696716383]]),
    ("dL_dg", (), [[-2.314228217879], [1.765747744051], [-2.242736375169]]),
    ("grad_Ws", (2,), [[-0.032521789536], [-0.013466670570]]),
    ("grad_bs", (2,), [[-0.229446309482]]),
    (
        "grad_Ws",
        (1,),
        [[0.031323947556, -0.053222134386], [0.006598951711, -0.008166359244], [0.030463333362, 0.0]],
    ),
    ("grad_bs", (1,), [[0.137667785689, -0.170367149755]]),
    ("grad_Ws", (0, 0), [0.0049187165, -0.016793316461, -0.017766910519]),
    ("grad_Ws", (0, 3), [-0.011526896855, -0.003351792005, -0.020920469395]),
    ("grad_bs", (0,), [[-0.030150291151, 0.024642794836, -0.005781524605]]),
]


class _ArrayPickler(pickle.Pickler):
    """Writes an array as a call of `numpy.array`: the same bytes from, and readable by, every NumPy."""

    def reducer_override(self, obj):
        return (np.array, (obj.tolist(),)) if isinstance(obj, np.ndarray) else NotImplemented


def _arrays(toy):
    """The toy as (X_batch, y_batch, weight_matrices, biases), all float64."""
    Ws, bs = ([np.array(p) for p in toy[key]] for key in ("weight_matrices", "biases"))
    return np.array(toy["X_batch"]), np.array(toy["y_batch"]), Ws, bs


def _expected(reference, toy):
    """Everything that a test compares with, at full precision, as nested lists."""
    X, y, Ws, bs = _arrays(toy)
    activations = [reference.relu_activation] * (len(Ws) - 1) + [reference.sigmoid_activation]
    output, caches = reference.forward_pass(X, Ws, bs, activations)
    loss, dL_dg = reference.logistic_loss(output, y)
    grad_Ws, grad_bs = reference.backward_pass(dL_dg, caches)
    pre_activations, a = [], X
    for W, b in zip(Ws[:-1], bs[:-1], strict=True):
        pre_activations.append(a @ W + b)
        a = np.maximum(pre_activations[-1], 0.0)
    values = {
        "hidden_pre_activations": pre_activations,
        "output": output,
        "loss": loss,
        "mean_loss": loss.mean(),
        "dL_dg": dL_dg,
        "grad_Ws": grad_Ws,
        "grad_bs": grad_bs,
    }
    return {k: [p.tolist() for p in v] if isinstance(v, list) else v.tolist() for k, v in values.items()}


def _with_given_activations(reference, toy):
    """The toy net with activations that no student writes: outputs, gradients, and what known mistakes give."""
    X, y, Ws, bs = _arrays(toy)
    names = ["tanh"] * (len(Ws) - 1) + ["arctan"]
    activations = [probes.GIVEN[name] for name in names]
    output, caches = reference.forward_pass(X, Ws, bs, activations)
    dL_dg = reference.logistic_loss(output, y)[1]
    grad_Ws, grad_bs = reference.backward_pass(dL_dg, caches)
    return {
        "names": names,
        "output": _round(output.ravel().tolist()),
        "dL_dg": _round(dL_dg.ravel().tolist()),
        "grad_Ws": _round([g.tolist() for g in grad_Ws]),
        "grad_bs": _round([g.tolist() for g in grad_bs]),
        "mistakes": [
            {k: v if k == "hint" else _round(v) for k, v in mistake.items()}
            for mistake in wrong_gradients(X, Ws, bs, activations, dL_dg)
        ],
    }


def _verify(name, expected, known):
    """Refuse a reference that disagrees with the specification; its figures have nine digits or more."""
    for key, place, value in known:
        got = expected[key]
        for index in place:
            got = got[index]
        where = f"{name}: {key}{list(place)}"
        assert np.shape(got) == np.shape(value), f"{where} has shape {np.shape(got)}, not {np.shape(value)}"
        assert np.allclose(got, value, rtol=3e-7, atol=2e-12), f"{where} is {got}, not {value}"
    if name == "toy_a":
        assert abs(expected["mean_loss"] - 0.6985168038536878) < 1e-14, f"{name}: mean_loss is not exact"


def _round(value):
    """Twelve significant digits: what is left is the same whichever way a BLAS adds up."""
    return [_round(v) for v in value] if isinstance(value, list) else float(f"{value:.12g}")


def _json(content):
    return (json.dumps(content, indent=1) + "\n").encode()


def build(reference):
    """The small fixture files.

    Args:
        reference: The reference module `hw2`, imported.

    Returns:
        File names with their contents, dict of str to bytes.

    Raises:
        AssertionError: If the reference's values are not those of the specification.
    """
    buffer = io.BytesIO()
    _ArrayPickler(buffer, protocol=4).dump(_arrays(TOY_A))
    files = {"test_batch_weights_biases.pkl": buffer.getvalue()}
    for name, toy, known in (("toy_a", TOY_A, KNOWN_A), ("toy_b", TOY_B, KNOWN_B)):
        expected = _expected(reference, toy)
        _verify(name, expected, known)
        expected = {key: _round(value) for key, value in expected.items()}
        if name == "toy_a":  # these would answer question 1.3(c)
            files["staff_toy_a.json"] = _json(
                {key: expected.pop(key) for key in ("output", "loss", "mean_loss", "dL_dg")}
            )
        content = {"inputs": toy, "expected": expected, "given": _with_given_activations(reference, toy)}
        files[f"{name}.json"] = _json(content)
    return files


def _read_idx(path):
    """One uint8 array in IDX format: two zero bytes, the type 8, the number of axes, their lengths."""
    data = path.read_bytes()
    if data[:3] != b"\0\0\x08":
        raise SystemExit(f"{path}: not an IDX file of bytes")
    lengths = np.frombuffer(data, ">u4", count=data[3], offset=4).tolist()
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(lengths)


def build_mnist(folder):
    """The threes and nines of MNIST in file order, as the bytes of an .npz file.

    Args:
        folder: Path that holds the four unpacked IDX files.
    """
    arrays = {}
    for part, stem, threes, nines in (("train", "train", 6131, 5949), ("test", "t10k", 1010, 1009)):
        images = _read_idx(folder / f"{stem}-images-idx3-ubyte")
        labels = _read_idx(folder / f"{stem}-labels-idx1-ubyte")
        kept = (labels == 3) | (labels == 9)
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = images[kept], labels[kept]
        counts = (int((labels == 3).sum()), int((labels == 9).sum()))
        if counts != (threes, nines):
            raise SystemExit(f"{folder}: {part} has {counts} threes and nines, MNIST has {(threes, nines)}")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def main():
    """Write `mnist_3_9.npz` and print its SHA-256."""
    parser = argparse.ArgumentParser(description="Make fixtures/binary_mlp/mnist_3_9.npz.")
    parser.add_argument("--mnist", type=Path, required=True, metavar="FOLDER", help="where the IDX files are")
    content = build_mnist(parser.parse_args().mnist)
    (FIXTURES / "mnist_3_9.npz").write_bytes(content)
    print(f"mnist_3_9.npz: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
