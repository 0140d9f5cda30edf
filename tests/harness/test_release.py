"""What students get: it works on its own, and gives nothing away."""

import shutil
import zipfile

import pytest

from harness import assignment as assignments
from harness import release
from harness.errors import UsageError
from tests.harness.conftest import TINY_ROOT


@pytest.fixture(scope="module")
def binary_mlp():
    return assignments.load("binary_mlp")


@pytest.fixture(scope="module")
def files(binary_mlp):
    return release.files_of(binary_mlp)


def test_release_holds_what_students_need(files):
    """Stubs, public tests, public fixtures, the harness parts, a Makefile and a README."""
    for path in (
        "student/binary_mlp/hw2.py",
        "student/binary_mlp/answers.toml",
        "tests/binary_mlp/test_activations.py",
        "tests/binary_mlp/assignment.toml",
        "fixtures/binary_mlp/test_batch_weights_biases.pkl",
        "fixtures/binary_mlp/mnist_3_9.npz",
        "harness/student_test.py",
        "Makefile",
        "README.md",
        "requirements.txt",
    ):
        assert path in files


def test_release_holds_nothing_of_the_staffs(files, binary_mlp):
    """No hidden test, reference, sample submission, staff fixture, grading or sandbox."""
    for word in (
        "hidden",
        "reference/",
        "submissions",
        "variants",
        "staff_",
        "make_fixtures",
        "grading",
        "sandbox",
        "expected_points",
    ):
        assert not [p for p in files if word in p], word
    assert release.leaks(binary_mlp, files) == []


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        ("tests/binary_mlp/hidden/test_x.py", "x = 1", "a hidden or reference file"),
        (
            "student/binary_mlp/hw2.py",
            "    exp_s = np.exp(s[~not_negative])\n",
            "holds a line of the reference: exp_s = np.exp",
        ),
        ("tests/binary_mlp/notes.md", "the mean loss is 0.698516803", "holds the hidden answer 0.69851680"),
    ],
)
def test_a_leak_is_found(files, binary_mlp, path, text, sentence):
    """Each kind of leak that is put in is told."""
    found = release.leaks(binary_mlp, {**files, path: text.encode()})
    assert any(sentence in line for line in found), found


def test_further_readings_and_formulas_are_hidden_values(tmp_path):
    """Numbers of `also` are looked for, too, and formulas; words to choose from are public anyway."""
    shutil.copytree(TINY_ROOT / "tests", tmp_path / "tests")
    (tmp_path / "tests/tiny/answers.toml").write_text(
        '["1"]\na = { kind = "number" }\nb = { kind = "formula", variables = ["x"] }\n'
        'c = { kind = "choice", choices = ["of the test set", "no"] }\n'
    )
    (tmp_path / "tests/tiny/hidden/answers.toml").write_text(
        '["1".a]\ntitle = "a"\npoints = 0\nvalue = 0.123456789012\nalso = [\n  4.56789,\n]\ndecimals = 4\n'
        '["1".b]\ntitle = "b"\npoints = 0\nvalue = "x * (1 - x)"\nalso = ["x"]\n'
        '["1".c]\ntitle = "c"\npoints = 0\nvalue = "of the test set"\n'
    )
    tiny = assignments.load("tiny", tmp_path)
    assert release.hidden_values(tiny) == {"0.12345678", "4.56789", "x * (1 - x)"}


def test_a_hidden_test_under_another_name_is_found(files, binary_mlp):
    """Renaming a hidden test does not smuggle it out."""
    data = (binary_mlp.hidden / "test_mnist.py").read_bytes()
    assert any(
        "is the hidden test test_mnist.py" in line
        for line in release.leaks(binary_mlp, {**files, "tests/a.py": data})
    )


def test_release_is_refused_where_something_leaks(binary_mlp, tmp_path, monkeypatch):
    """No zip is written."""
    monkeypatch.setattr(release, "KEPT_BACK", ("make_fixtures.py",))
    with pytest.raises(UsageError, match="would give something away"):
        release.write_release(binary_mlp, tmp_path)
    assert not list(tmp_path.iterdir())


def test_release_works_on_a_bare_machine(binary_mlp, tmp_path):
    """Unpacked, `make test` sets itself up and runs the public tests; the bytes are the same each time."""
    path = release.write_release(binary_mlp, tmp_path)  # proves `make test` in the unpacked folder
    with zipfile.ZipFile(path) as z:
        assert z.testzip() is None
        assert all(name.startswith("binary_mlp/") for name in z.namelist())
