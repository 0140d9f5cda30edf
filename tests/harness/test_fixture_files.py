"""Fixture files that hold arrays, and those that belong below the reference."""

import io
from pathlib import Path

import numpy as np
import pytest

from harness import stubs
from harness.errors import UsageError
from harness.fixture_files import check_fixtures, write_fixtures

DATA = "reference/tiny/tests/data/TestReLU.npz"
MAKER = f"""\
import io
import numpy as np
REFERENCE_MODULE = "hw"
def build(reference):
    files, arrays = {{}}, {{"x": np.array([[1.0, reference.SCALE], [0.0, np.nan]]), "n": np.arange(3)}}
    for name in ("toy.npz", {DATA!r}):
        out = io.BytesIO()
        np.savez_compressed(out, **arrays)
        files[name] = out.getvalue()
    out = io.BytesIO()
    np.save(out, np.float32([1.0, reference.SCALE]))
    return {{**files, "toy.npy": out.getvalue()}}
"""
X = np.array([[1.0, 2.0], [0.0, np.nan]])
N = np.arange(3)


@pytest.fixture
def root(tmp_path):
    """The root of a project with one tiny assignment, whose fixtures are written."""
    for folder in ("tests", "reference"):
        (tmp_path / folder / "tiny").mkdir(parents=True)
    (tmp_path / "tests" / "tiny" / "assignment.toml").write_text("")
    (tmp_path / "tests" / "tiny" / "make_fixtures.py").write_text(MAKER)
    (tmp_path / "reference" / "tiny" / "hw.py").write_text("SCALE = 2.0\n")
    write_fixtures("tiny", tmp_path)
    return tmp_path


def _npz(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def _npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def test_a_path_below_the_reference_is_written_there(root):
    """And `grader.py stubs` carries it over to the students byte by byte."""
    assert check_fixtures("tiny", root) == []
    assert sorted(p.name for p in (root / "fixtures" / "tiny").iterdir()) == ["toy.npy", "toy.npz"]
    stubs.generate(root / "reference" / "tiny", root / "student" / "tiny")
    copy = root / "student" / "tiny" / "tests" / "data" / "TestReLU.npz"
    assert copy.read_bytes() == (root / DATA).read_bytes()


def test_drift_below_the_reference_names_its_own_path(root):
    """Missing and differing files are told alike."""
    (root / DATA).unlink()
    assert check_fixtures("tiny", root) == [f"{DATA} is missing; run: python grader.py fixtures tiny"]
    (root / DATA).write_bytes(_npz(x=X + 1, n=N))
    assert check_fixtures("tiny", root) == [
        f"{DATA}: x[0][0] is 2.0, the reference gives 1.0; run: python grader.py fixtures tiny"
    ]


@pytest.mark.parametrize(
    "name",
    [
        "reference/tiny/../../x.npz",
        "reference/tiny/a/../x.npz",
        "reference/other/x.npz",
        "reference/tiny2/x.npz",
        "reference/tiny",
        "reference/tiny/",
        "reference/tiny/a//x.npz",
        "reference/tiny/./x.npz",
        "reference\\tiny\\x.npz",
        "fixtures/tiny/x.npz",
        "student/tiny/x.npz",
        "/tmp/x.npz",
        "../x.npz",
        "..",
        ".",
        "",
    ],
)
def test_a_path_anywhere_else_is_refused(root, name):
    """Nothing at all is written then."""
    maker = root / "tests" / "tiny" / "make_fixtures.py"
    maker.write_text(
        f"REFERENCE_MODULE = 'hw'\ndef build(reference):\n    return {{'ok': b'', {name!r}: b''}}\n"
    )
    before = sorted(root.rglob("*.np?")), sorted(root.rglob("ok"))
    for run in (write_fixtures, check_fixtures):
        with pytest.raises(UsageError, match="must be a plain file name or a path below reference/tiny/"):
            run("tiny", root)
    assert (sorted(root.rglob("*.np?")), sorted(root.rglob("ok"))) == before


def test_a_link_that_leads_out_of_the_reference_is_refused(root, tmp_path_factory):
    """The path is right, the place is not."""
    outside: Path = tmp_path_factory.mktemp("outside")
    for path in sorted((root / "reference" / "tiny" / "tests").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (root / "reference" / "tiny" / "tests" / "data").symlink_to(outside)
    with pytest.raises(UsageError, match="leads out of reference/tiny"):
        write_fixtures("tiny", root)
    assert list(outside.iterdir()) == []


def test_arrays_are_compared_by_value_not_by_bytes(root):
    """Compression, the order of the names and rounding in the last digits are no drift; NaN is NaN."""
    (root / "fixtures" / "tiny" / "toy.npz").write_bytes(_npz(n=N, x=X * (1 + 1e-12)))
    (root / "fixtures" / "tiny" / "toy.npy").write_bytes(_npy(np.float32([1.0, 2.0000002])))
    assert check_fixtures("tiny", root) == []


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("toy.npz", _npz(n=N, x=X * [1, 1 + 1e-7]), "x[0][1] is 2.0000002, the reference gives 2.0"),
        ("toy.npz", _npz(n=N + 1, x=X), "n[0] is 1, the reference gives 0"),
        ("toy.npz", _npz(n=N, x=X.astype("f4")), "x is float32 (2, 2), the reference gives float64 (2, 2)"),
        ("toy.npz", _npz(n=N, x=X.ravel()), "x is float64 (4,), the reference gives float64 (2, 2)"),
        (
            "toy.npz",
            _npz(n=N, x=np.float64([[1, 2], [1, np.nan]])),
            "x[1][0] is 1.0, the reference gives 0.0",
        ),
        ("toy.npz", _npz(x=X), "the whole has the keys ['x'], the reference gives ['x', 'n']"),
        ("toy.npz", b"PK", "cannot be read ("),
        ("toy.npz", _npz(n=N, x=np.array([{}])), "cannot be read (ValueError)"),
        ("toy.npy", _npy(np.float32([1.0, 2.00001])), "[1] is 2.00"),
        ("toy.npy", _npy(np.float32(1)), "the whole is float32 (), the reference gives float32 (2,)"),
    ],
)
def test_drift_of_an_array_is_one_sentence(root, name, content, sentence):
    """The name in the file and the index, or dtype and shape."""
    (root / "fixtures" / "tiny" / name).write_bytes(content)
    (found,) = check_fixtures("tiny", root)
    assert found.startswith(f"fixtures/tiny/{name}: {sentence}")
