"""The files of modular_mlp that students are given: the data, the tutorial, run_tests.py and experiments.py."""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from harness.reference import Reference

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "reference" / "modular_mlp"
STUDENT = ROOT / "student" / "modular_mlp"
DATA = FOLDER / "training_data_student"
HIDDEN = ROOT / "tests" / "modular_mlp" / "hidden"
PARTS = {"train": 300, "test": 100}  # rows of each digit
reference = Reference(FOLDER)


def python(folder, *arguments):
    """Python in a folder: its output, both streams, and its exit code."""
    done = subprocess.run(
        [sys.executable, "-B", *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=300
    )
    return done.stdout + done.stderr, done.returncode


@pytest.fixture(scope="module")
def loaded():
    return reference.hw3_sol.load_data()


# ---- the data ----


def test_the_note_gives_size_and_hash_of_each_file():
    """README.md's table holds bytes and SHA-256 of both files, packed and unpacked."""
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for part in PARTS:
        packed = (DATA / f"{part}.csv.gz").read_bytes()
        for content in (packed, gzip.decompress(packed)):
            line = f"{len(content):,} | `{hashlib.sha256(content).hexdigest()}`"
            assert line in text


def test_the_data_is_small_and_does_not_tell_when_it_was_packed():
    """Less than 2 MB in all, and no time in the headers, so that the same rows give the same files."""
    assert sum(path.stat().st_size for path in DATA.glob("*.gz")) < 2e6
    assert all(path.read_bytes()[4:8] == bytes(4) for path in DATA.glob("*.gz"))


def test_rows_are_sorted_by_label(loaded):
    """300 training rows and 100 test rows of each digit, ascending, as the course's files are."""
    for y, n in zip((loaded[1], loaded[3]), PARTS.values(), strict=True):
        np.testing.assert_array_equal(y, np.repeat(np.arange(10), n))
        assert y.dtype == np.int64


def test_pixels_are_greys_with_four_decimals(loaded):
    """Every pixel is a whole number of 255ths, rounded to four decimals; no row occurs twice."""
    images = np.concatenate([loaded[0], loaded[2]])
    assert images.dtype == np.float64
    assert images.shape == (4000, 784)
    np.testing.assert_array_equal(images, np.round(np.rint(images * 255) / 255, 4))
    assert len(np.unique(images, axis=0)) == 4000
    assert 0.12 < images.mean() < 0.14  # MNIST's own mean is 0.1307


def test_load_data_prefers_plain_files(tmp_path, loaded):
    """A plain train.csv, such as the course's own, is read in place of the packed one; a wrong shape is told."""
    folder = tmp_path / "modular_mlp"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__", "test.csv.gz"))
    data = folder / "training_data_student"
    rows = np.column_stack([loaded[2][::-1], loaded[3][::-1]])
    np.savetxt(data / "test.csv", rows, fmt="%.6g", delimiter=",")
    code = "import hw3_sol; d = hw3_sol.load_data(); print(d[0].shape, d[3][:3], d[3].dtype)"
    out, exit_code = python(folder, "-c", code)
    assert (out.strip(), exit_code) == ("(3000, 784) [9 9 9] int64", 0)
    np.savetxt(data / "test.csv", rows[:10], fmt="%.6g", delimiter=",")
    out, _ = python(folder, "-c", code)
    assert "test.csv must have 1000 rows of 785 numbers, got (10, 785)" in out


def test_numpy_finds_the_packed_file_under_its_plain_name():
    """np.genfromtxt("train.csv"), as an older load_data may have it, works with the packed file alone."""
    out, _ = python(
        FOLDER,
        "-c",
        'import numpy; print(numpy.genfromtxt("training_data_student/test.csv", delimiter=",").shape)',
    )
    assert out.strip() == "(1000, 785)"


def test_init_params_is_another_name_of_init_linear_params():
    """Both the handout's name and the starter's are there."""
    assert reference.hw3_sol.init_params is reference.hw3_sol.init_linear_params


# ---- the tutorial ----


def test_the_tutorial_runs(tmp_path):
    """Every example prints something, from a folder that holds only the stubs."""
    for name in ("tutorial.py", "hw3_lib.py"):
        shutil.copy(STUDENT / name, tmp_path)
    out, code = python(tmp_path, "tutorial.py")
    assert code == 0, out
    assert out.count("---- example_") == len(reference.tutorial.EXAMPLES)


def test_the_examples_compute_what_they_say(capsys):
    """Values, gradients against slopes, and factors that are learned."""
    tutorial = reference.tutorial
    np.testing.assert_allclose(tutorial.example_forward(), [[1, 20, -6], [4, 50, -12]])
    d_x, d_scale = tutorial.example_backward()
    np.testing.assert_allclose(d_x, [[1, 0, 0], [0, 10, -2]])
    np.testing.assert_allclose(d_scale, [[1, 5, 6]])
    assert tutorial.example_check() < 1e-7
    np.testing.assert_allclose(tutorial.example_learning(), [[3, -1, 0.5]], atol=1e-3)
    # 0.5 (5·2·x)^2 has the slope 100 at 1, and 0.5 (7·3·x)^2 has 441.
    np.testing.assert_allclose(tutorial.example_chain(), [[100, 441]])


# ---- run_tests.py ----


def test_run_tests_runs_the_public_tests_of_the_folder_it_lies_in():
    """One question of the stubs: nothing is wrong, nothing is written, from whatever folder it is started."""
    out, code = python("/", STUDENT / "run_tests.py", "--only", "5.4-relu")
    assert code == 0, out
    assert "Public tests: 2 not written. 0 of 2 points." in out
    out, code = python("/", FOLDER / "run_tests.py", "--only", "5.4-relu")
    assert code == 0, out
    assert "Public tests: 2 passed. 2 of 2 points." in out


def test_run_tests_says_where_the_harness_is_missing(tmp_path):
    """Copied to a folder of its own, it ends with 2 and a sentence."""
    shutil.copy(STUDENT / "run_tests.py", tmp_path)
    out, code = python(tmp_path, "run_tests.py")
    assert code == 2
    assert "The tests are not here" in out
    assert "Traceback" not in out


# ---- experiments.py ----


def test_experiments_draw_curves_and_print_figures(tmp_path):
    """Two trainings of one epoch: a picture each, one of both, the record, and lines for answers.toml."""
    out, code = python(FOLDER, "experiments.py", "--only", "a", "c", "--epochs", "1", "--out", tmp_path)
    assert code == 0, out
    pictures = ["compare_activation.png", "training_a.png", "training_c.png"]
    assert sorted(p.name for p in tmp_path.glob("*.png")) == pictures
    assert all((tmp_path / p).read_bytes().startswith(b"\x89PNG") for p in pictures)
    record = json.loads((tmp_path / "records.json").read_text(encoding="utf-8"))
    told = dict(re.findall(r"^(\w+) = ([\d.]+)$", out, re.MULTILINE))
    assert told == {
        f"{letter}_{part}": f"{record[letter][f'{part}_accuracy'][-1]:.4f}"
        for letter in "ac"
        for part in ("train", "test")
    }
    assert "asks for 50 epochs" in out


def test_experiments_begin_as_define_network_does():
    """The network of (a) has the parameters of define_network(256), drawn with the default seed."""
    ours, given = reference.experiments.network((256,), "Sigmoid"), reference.hw3_sol.define_network(256)
    for a, b in zip(ours.layers[::2], given.layers[::2], strict=True):
        np.testing.assert_array_equal(a.weights, b.weights)
        np.testing.assert_array_equal(a.biases, b.biases)


def test_the_key_holds_what_the_reference_reached():
    """The accuracies in the key of 5.6 are the last ones of the record that hidden/measure.py made."""
    key = tomllib.loads((HIDDEN / "answers.toml").read_text(encoding="utf-8"))["5.6"]
    record = json.loads((HIDDEN / "accuracies.json").read_text(encoding="utf-8"))["trainings"]
    assert {name: entry["value"] for name, entry in key.items()} == {
        f"{letter}_{part}": round(record[letter][f"{part}_accuracy"][-1], 4)
        for letter in reference.experiments.TRAININGS
        for part in ("train", "test")
    }
    assert all(len(series) == 50 for training in record.values() for series in training.values())
