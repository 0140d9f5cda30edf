"""The data files of convnet are what their notes say they are."""

import csv
import hashlib
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
FASHION = ROOT / "fixtures/convnet/fashion_mnist.npz"
LABELS = ROOT / "tests/convnet/hidden/cifar10_labels.npy"
PREDICTIONS = ROOT / "reference/convnet/predictions.csv"
ACCURACY = 0.748  # what question 7.2 asks for

NOTES = [(FASHION, FASHION.with_name("FASHION_MNIST.md")), (LABELS, LABELS.with_name("CIFAR10.md"))]


@pytest.fixture(scope="module")
def fashion():
    with np.load(FASHION, allow_pickle=False) as file:
        return dict(file)


@pytest.fixture(scope="module")
def labels():
    return np.load(LABELS, allow_pickle=False)


@pytest.mark.parametrize(("path", "note"), NOTES, ids=lambda p: p.name)
def test_a_note_gives_size_and_hash_of_its_file(path, note):
    """The one SHA-256 and the one number of bytes in the note are the file's."""
    text = note.read_text(encoding="utf-8")
    content = path.read_bytes()
    assert re.findall(r"\b[0-9a-f]{64}\b", text) == [hashlib.sha256(content).hexdigest()]
    assert re.findall(r"([\d,]+) bytes", text) == [f"{len(content):,}"]


def test_fashion_mnist_has_no_other_arrays(fashion):
    """Four arrays of bytes: images and labels for training and for validation."""
    assert {name: (a.dtype, a.shape) for name, a in fashion.items()} == {
        "train_images": (np.uint8, (12000, 28, 28)),
        "train_labels": (np.uint8, (12000,)),
        "validation_images": (np.uint8, (2500, 28, 28)),
        "validation_labels": (np.uint8, (2500,)),
    }


def test_fashion_mnist_is_small_enough_for_a_release():
    """Students get it in every release: less than 9 MB."""
    assert FASHION.stat().st_size < 9e6


def test_fashion_mnist_does_not_tell_when_it_was_packed():
    """Every entry has the zip format's first date, so that the same arrays give the same file."""
    with zipfile.ZipFile(FASHION) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(("part", "of_each"), [("train", 1200), ("validation", 250)])
def test_fashion_mnist_is_balanced(fashion, part, of_each):
    """Each of the ten classes has as many images."""
    assert np.bincount(fashion[f"{part}_labels"]).tolist() == [of_each] * 10


def test_fashion_mnist_is_not_sorted_by_class(fashion):
    """Whoever does not shuffle sees every class in the first hundred rows of training."""
    assert set(fashion["train_labels"][:100].tolist()) == set(range(10))


def test_no_image_of_fashion_mnist_occurs_twice(fashion):
    """Neither within training or validation, nor in both."""
    images = np.concatenate([fashion["train_images"], fashion["validation_images"]])
    assert len({image.tobytes() for image in images}) == 14500


def test_images_and_labels_of_fashion_mnist_belong_together(fashion):
    """The nearest mean image of the training classes names two thirds of the validation images."""
    X, V = (fashion[f"{part}_images"].reshape(-1, 784) / 255 for part in ("train", "validation"))
    means = np.stack([X[fashion["train_labels"] == c].mean(axis=0) for c in range(10)])
    # |v - mean|², without |v|², which is the same for every class: (2500, 784) @ (784, 10) -> (2500, 10)
    distances = (means**2).sum(axis=1) - 2 * V @ means.T
    assert (distances.argmin(axis=1) == fashion["validation_labels"]).mean() > 0.65


def test_cifar10_labels_are_the_official_ones(labels):
    """Ten thousand bytes, a thousand of each class, in the order of the official test batch."""
    assert (labels.dtype, labels.shape) == (np.uint8, (10000,))
    assert np.bincount(labels).tolist() == [1000] * 10
    # Places that a public list of doubtful labels names: cleanlab/label-errors, mturk/cifar10_mturk.json.
    published = {20: 7, 52: 0, 58: 4, 158: 5, 201: 1, 247: 9, 384: 2, 672: 6, 888: 0, 1236: 7, 1685: 8}
    assert {place: int(labels[place]) for place in published} == published


def test_predictions_of_the_reference_are_complete():
    """One line for each of the ids 0 to 9999, in order, with a class from 0 to 9."""
    with PREDICTIONS.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["Id", "Category"]
    assert [row[0] for row in rows] == [str(i) for i in range(10000)]
    assert {row[1] for row in rows} == {str(c) for c in range(10)}


def test_predictions_of_the_reference_are_accurate_enough(labels):
    """They agree with the labels in at least 74.8%, and were not copied from them."""
    ids, classes = np.loadtxt(PREDICTIONS, dtype=int, delimiter=",", skiprows=1, unpack=True)
    accuracy = (classes == labels[ids]).mean()
    assert ACCURACY <= accuracy < 0.95
