"""One broken file costs only what needs it; files of the submission are read on its own side."""

import json

import pytest

from harness.errors import AnswerRefused, Crashed, StudentError, TimedOut
from harness.grading import imports
from harness.grading.warm_grader import WarmGraderHandle
from harness.isolation.inprocess import InProcess
from harness.isolation.limits import Limits
from harness.isolation.remote import SandboxedWorker
from harness.isolation.sandbox import Sandbox
from harness.isolation.submission import Submission
from harness.run import Run
from tests.harness.conftest import SEED, kernel_tier, written
from tests.harness.package_assignment import DERIVATIONS, LAYERS, WHOLE, book, package

TESTS = ("test_relu", "test_dense", "test_both", "test_derivation", "test_predictions")
CSV = {"predictions.csv": "Id,Category\n0,3\n"}


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return package(tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="module")
def grade(pack, tmp_path_factory):
    """Grades a submission of the package: its statuses by test, and the results."""
    handle = WarmGraderHandle(pack, kernel_tier(), SEED)

    def run(files):
        folder = tmp_path_factory.mktemp("graded")
        handle.grade(written(files, folder / "submission"), "student", folder / "reports")
        results = json.loads((folder / "reports" / "results.json").read_text())
        return {t["id"].split("::")[1]: t["status"] for t in results["tests"]}, results

    yield run
    handle.close()


def statuses(*words):
    return dict(zip(TESTS, words, strict=True))


def test_a_whole_submission_passes(grade):
    """With nothing but what students write; the rest is the assignment's."""
    found, results = grade({**WHOLE, **CSV})
    assert found == statuses(*["passed"] * 5)
    assert results["score"] == 5
    assert results["message"] == ""
    assert any("4 given files were not handed in" in note for note in results["notes"])


def test_a_notebook_is_graded_like_files(grade):
    """The same points for the same classes in one notebook."""
    cells = ["from net.base import Base", WHOLE["net/acts.py"], LAYERS, DERIVATIONS, "%run train", "exit()"]
    found, results = grade({"book.ipynb": book(*cells), **CSV})
    assert found == statuses(*["passed"] * 5)
    assert any("book.ipynb" in note for note in results["notes"])


def test_one_broken_module_costs_only_what_needs_it(grade):
    """ReLU is graded whatever layers.py holds; the report says which file cannot be imported, and why."""
    found, results = grade({**WHOLE, **CSV, "net/layers.py": "def broken(:\n"})
    assert found == statuses("passed", "failed", "failed", "passed", "passed")
    assert results["message"].startswith("net/layers.py cannot be imported: SyntaxError")
    assert "net/acts.py" not in results["message"]


def test_a_module_that_needs_a_broken_one_names_it(grade):
    """layers.py imports acts.py: both fail, by one error, which names the file at fault."""
    found, results = grade({**WHOLE, **CSV, "net/acts.py": "def broken(:\n"})
    assert found == statuses("failed", "failed", "failed", "passed", "passed")
    assert "net/acts.py and net/layers.py cannot be imported: SyntaxError" in results["message"]
    assert "acts.py, line 1" in results["message"]


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("while True: pass\n", "timed out"),
        ("import os\nos._exit(0)\n", "crashed"),
        ("raise SystemExit\n", "crashed"),
        ("x = [0] * 10**12\n", "out of memory"),
        ("import sys\nsys.modules[__name__] = 3\n", "refused"),
    ],
)
def test_what_is_costly_is_waited_for_once(grade, source, word):
    """A module that hangs or ends the program blocks the probes; the other module's own tests still run."""
    found, results = grade({**WHOLE, **CSV, "net/layers.py": source})
    both = "failed" if word == "refused" else word
    assert found == statuses("passed", word, both, "passed", "passed")
    assert "net/layers.py cannot be imported" in results["message"]


def test_optional_modules_that_were_not_handed_in_are_not_written(grade):
    """That is no failure; an optional module that is broken is one, and costs its own tests."""
    files = {name: text for name, text in WHOLE.items() if name != "derivations.py"}
    found, results = grade(files)
    assert found == statuses("passed", "passed", "passed", "not written", "failed")
    (test,) = [t for t in results["tests"] if t["id"].endswith("test_derivation")]
    assert test["got"] == "derivations.py was not handed in"
    assert grade({**WHOLE, **CSV, "derivations.py": "x ="})[0]["test_derivation"] == "failed"


# By itself


def run_with(pack, **errors):
    run = Run(pack, 1, lambda *_: None)
    run.broken = {f"net.{name}": error for name, error in errors.items()}
    return run


@pytest.mark.parametrize(
    ("errors", "blocked"),
    [
        ({}, False),
        ({"acts": StudentError("x")}, False),
        ({"acts": AnswerRefused("x")}, False),
        ({"acts": StudentError("x"), "layers": StudentError("x")}, True),
        ({"layers": TimedOut("x")}, True),
        ({"acts": StudentError("x"), "layers": Crashed("x")}, True),
    ],
)
def test_when_probes_are_blocked(pack, errors, blocked):
    """If all modules are broken, or one of them fails at a cost; by the costly one's error, if there is one."""
    error = imports.unusable(run_with(pack, **errors))
    assert (error is not None) == blocked
    costly = [e for e in errors.values() if isinstance(e, imports.COSTLY)]
    assert not costly or error is costly[0]


# Text


@pytest.fixture(scope="module")
def box():
    with Sandbox(kernel_tier()) as made:
        yield made


@pytest.fixture(params=["in process", "sandboxed"])
def files(request, tmp_path):
    """A submission with some files, in each mode."""
    names = {
        "plain.csv": "Id\n1\n",
        "bom.csv": b"\xef\xbb\xbfId\r\n",
        "latin.csv": b"caf\xe9",
        "nul.csv": b"a\0b",
        "large.csv": b"x" * 101,
        "folder.csv/x": "",
    }
    if request.param == "in process":
        peer = InProcess(written(names, tmp_path / "s"), 1)
    else:
        box = request.getfixturevalue("box")
        peer = SandboxedWorker(box, written(names, box.staging / tmp_path.name), Limits(1, 256), 1)
    submission = Submission(lambda: peer)
    yield submission
    submission.close()


def test_text_of_a_file(files):
    """Its content without a byte order mark; None where there is no such file."""
    assert files.text("plain.csv", 100) == "Id\n1\n"
    assert files.text("bom.csv", 100) == "Id\r\n"
    assert files.text("nul.csv", 100) == "a\0b"
    assert files.text("large.csv", 101) == "x" * 101
    assert files.text("none.csv", 100) is None
    assert files.text("folder.csv", 100) is None


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("large.csv", "large.csv is larger than 100 bytes: hand in only what is asked for"),
        ("latin.csv", "latin.csv is no text in UTF-8 (byte 3): save it as UTF-8"),
    ],
)
def test_what_is_no_small_text_is_told(files, name, sentence):
    """One sentence names the file and the mend."""
    with pytest.raises(StudentError) as caught:
        files.text(name, 100)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("value", [3, "text", [b"x"], True])
def test_a_forged_content_is_refused(value):
    """What the submission's side says must be bytes."""

    class Forged:
        def do(self, *_):
            return value

    with pytest.raises(AnswerRefused):
        Submission(Forged).text("predictions.csv", 100)
