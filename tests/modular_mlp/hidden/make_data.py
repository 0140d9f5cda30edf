"""Make the students' train.csv.gz and test.csv.gz out of the original MNIST files.

    python tests/modular_mlp/hidden/make_data.py FOLDER

FOLDER holds the four unpacked IDX files. Where they come from: reference/modular_mlp/training_data_student/README.md.
Run `grader.py stubs modular_mlp` afterwards: it copies the data to the students' folder.
"""

import argparse
import gzip
import hashlib
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().parents[3] / "reference/modular_mlp/training_data_student"
N_CLASSES = 10
PARTS = {"train": ("train", 300), "test": ("t10k", 100)}  # name -> (stem of the original, rows of each digit)
DECIMALS = 4  # of a pixel: enough to tell all 256 greys apart
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def read_idx(folder, name):
    """One uint8 array: two zero bytes, the type 8, the number of axes, their lengths, the entries."""
    data = (folder / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256[name]:
        raise SystemExit(f"{folder / name} is not MNIST's original {name}")
    lengths = np.frombuffer(data, ">u4", count=data[3], offset=4).tolist()
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(lengths)


def chosen_rows(labels, n):
    """Indices of the first n rows of each digit, sorted by digit, in file order within a digit."""
    return np.concatenate([np.flatnonzero(labels == c)[:n] for c in range(N_CLASSES)])


def csv_text(images, labels):
    """784 pixels in [0, 1] and the label in each line, no header."""
    greys = [np.format_float_positional(round(k / 255, DECIMALS), trim="-") for k in range(256)]
    rows = images.reshape(len(images), -1)
    return "".join(
        ",".join([*(greys[k] for k in row), str(label)]) + "\n" for row, label in zip(rows, labels)
    )


def main():
    """Write both files, and print their sizes and SHA-256, packed and unpacked."""
    parser = argparse.ArgumentParser(description="Make modular_mlp's data files.")
    parser.add_argument("folder", type=Path, help="the unpacked IDX files of MNIST")
    folder = parser.parse_args().folder
    OUT.mkdir(exist_ok=True)
    for part, (stem, n) in PARTS.items():
        labels = read_idx(folder, f"{stem}-labels-idx1-ubyte")
        rows = chosen_rows(labels, n)
        text = csv_text(read_idx(folder, f"{stem}-images-idx3-ubyte")[rows], labels[rows]).encode()
        packed = gzip.compress(text, 9, mtime=0)
        (OUT / f"{part}.csv.gz").write_bytes(packed)
        for name, data in ((f"{part}.csv.gz", packed), (f"{part}.csv", text)):
            print(f"{name}: {len(data):,} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
