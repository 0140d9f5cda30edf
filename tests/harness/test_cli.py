"""The command line over the tiny assignment: what it prints, what it writes, and how it ends."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

from harness import cli
from tests.harness.conftest import TINY_ROOT, children_of

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = TINY_ROOT / "reference" / "tiny"
STUDENT = TINY_ROOT / "student" / "tiny"


def grader(*arguments, root=TINY_ROOT, cwd=ROOT, **environment):
    """Run the real command; the result has returncode, stdout, stderr."""
    return subprocess.run(
        [sys.executable, str(ROOT / "grader.py"), "--root", str(root), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class of three: the reference, the stubs, and a broken zip, graded once."""
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    with zipfile.ZipFile(folder / "anna.zip", "w") as z:
        z.write(REFERENCE / "solution.py", "hw/solution.py")
    (folder / "ben").mkdir()
    (folder / "ben" / "solution.py").write_bytes((STUDENT / "solution.py").read_bytes())
    (folder / "cem.zip").write_bytes(b"PK\x03\x04 and no more")
    (folder / "notes.txt").write_text("nothing to grade")
    return grader("grade", "tiny", folder, "--out", out, "--seed", 3, "--jobs", 2), out


def results_of(out, name):
    return json.loads((out / name / "results.json").read_text())


def test_a_class_is_graded(graded):
    """Each submission has its score, and a refused one does not stop the others."""
    done, out = graded
    assert done.returncode == 0, done.stderr
    assert results_of(out, "anna")["score"] == results_of(out, "anna")["max_score"] == 10
    assert results_of(out, "ben")["score"] == 0
    assert {t["status"] for t in results_of(out, "ben")["tests"]} == {"not written"}
    assert results_of(out, "cem")["status"] == "refused"
    assert "cem" in done.stderr
    assert "notes.txt is no submission" in done.stderr


def test_every_report_is_written(graded):
    """results.json, gradescope.json, junit.xml and report.txt for each, grades.csv for all."""
    _, out = graded
    for name in ("anna", "ben", "cem"):
        assert {p.name for p in (out / name).iterdir()} >= {
            "results.json",
            "gradescope.json",
            "junit.xml",
            "report.txt",
        }
    assert (out / "anna" / "code" / "solution.py").read_bytes() == (REFERENCE / "solution.py").read_bytes()
    with (out / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    whose = ["student", "name", "email", "section", "late_deduction", "total", "status"]
    assert rows[0] == ["submission", "score", "max_score", "q1", "q2", *whose]
    assert rows[1] == ["anna", "10", "10", "5", "5", "anna", "", "", "", "0", "10", "graded"]


def test_tier_and_seed_are_told(graded):
    """Each report says how strong the boundary was, and how to repeat the run."""
    _, out = graded
    text = (out / "anna" / "report.txt").read_text()
    assert "seed 3" in text
    assert "Landlock + seccomp" in text


def test_the_same_seed_gives_the_same_results(graded, tmp_path):
    """All but durations and times is identical, whatever else is graded beside it."""
    _, out = graded
    assert grader("grade", "tiny", REFERENCE, "--out", tmp_path, "--seed", 3, "--jobs", 1).returncode == 0

    def timeless(data):
        data = {**data, "started_at": "", "duration_s": 0, "submission": ""}
        return {**data, "tests": [{**t, "duration_s": 0, "cpu_s": 0} for t in data["tests"]]}

    again = next(tmp_path.glob("*/results.json"))
    assert timeless(json.loads(again.read_text())) == timeless(results_of(out, "anna"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["grade", "nothing", "."], "there is no assignment 'nothing'; there is tiny"),
        (["grade", "tiny", "no/such/folder"], "no/such/folder"),
        (["grade", "tiny", str(STUDENT), "--only", "q9"], "tiny has no question 'q9'; it has q1, q2"),
        (["test", "tiny", "--submission", "no/such/folder"], "there is no such folder"),
        (["marks", "no/such/folder"], "there is no gradebook.sqlite in it"),
        (["release", "nothing"], "there is no assignment 'nothing'"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, sentence, tmp_path):
    """No traceback: the sentence names what is wrong."""
    done = grader(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_broken_archive_alone_is_exit_code_2(tmp_path):
    """Nothing could be graded: the sentence names the file."""
    (tmp_path / "dora.zip").write_bytes(b"PK\x03\x04")
    done = grader("grade", "tiny", tmp_path / "dora.zip", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "dora.zip" in done.stderr
    assert results_of(tmp_path / "out", "dora")["score"] == 0


def test_min_score_is_exit_code_1(tmp_path):
    """For CI: graded, but below what is asked."""
    assert grader("grade", "tiny", STUDENT, "--out", tmp_path, "--min-score", 1).returncode == 1
    assert grader("grade", "tiny", REFERENCE, "--out", tmp_path, "--min-score", 10).returncode == 0


def test_points_that_do_not_add_up_are_refused(tmp_path):
    """Collection stops with the sentence that says which question is off by what."""
    root = shutil.copytree(TINY_ROOT, tmp_path / "root", ignore=shutil.ignore_patterns("__pycache__"))
    test = root / "tests" / "tiny" / "test_public.py"
    test.write_text(test.read_text().replace("@pytest.mark.points(1)", "@pytest.mark.points(2)", 1))
    done = grader("grade", "tiny", REFERENCE, "--out", tmp_path / "out", root=root)
    assert done.returncode == 2
    assert "question q1 declares 5 public points, its tests add up to 6 (off by +1)" in done.stderr


def test_a_broken_test_of_ours_is_exit_code_3_and_no_zero(tmp_path):
    """A fault in a test is a grader error: the score stays blank."""
    root = shutil.copytree(TINY_ROOT, tmp_path / "root", ignore=shutil.ignore_patterns("__pycache__"))
    test = root / "tests" / "tiny" / "test_public.py"
    test.write_text(
        test.read_text()
        + '''

@pytest.mark.points(0)
def test_broken(submission):
    """A test with a fault of its own."""
    raise KeyError("ours")
'''
    )
    done = grader("grade", "tiny", REFERENCE, "--out", tmp_path / "out", root=root)
    assert done.returncode == 3
    data = json.loads(next((tmp_path / "out").glob("*/results.json")).read_text())
    assert (data["status"], data["score"]) == ("grader error", None)
    with (tmp_path / "out" / "grades.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1][1] == ""


def test_only_one_question(tmp_path):
    """--only grades one question and leaves the others out."""
    assert grader("grade", "tiny", REFERENCE, "--out", tmp_path, "--only", "q2").returncode == 0
    data = json.loads(next(tmp_path.glob("*/results.json")).read_text())
    assert [q["id"] for q in data["questions"]] == ["q2"]
    assert (data["score"], data["max_score"]) == (5, 5)


@pytest.mark.parametrize(
    ("form", "begins"), [("json", "{"), ("gradescope", "{"), ("junit", "<?xml"), ("text", "Three functions")]
)
def test_reports_can_be_printed(tmp_path, form, begins):
    """--format prints the report after the table."""
    done = grader("grade", "tiny", REFERENCE, "--out", tmp_path, "--format", form)
    assert f"\n{begins}" in done.stdout


@pytest.mark.parametrize("form", ["py", "ipynb", "tar.gz", "zip", "nested"])
def test_every_form_of_a_submission_is_graded(tmp_path, form):
    """A single file, a notebook with magics, archives and a folder in a folder all score the same."""
    source = (REFERENCE / "solution.py").read_text()
    path = tmp_path / f"hana.{form}"
    if form == "py":
        path.write_text(source)
    elif form == "ipynb":
        cells = [
            {
                "cell_type": "code",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "id": f"c{i}",
                "source": text,
            }
            for i, text in enumerate(("%matplotlib inline\n!pip install numpy\n", source))
        ]
        path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    elif form == "tar.gz":
        with tarfile.open(path, "w:gz") as t:
            t.add(REFERENCE / "solution.py", "hw/deep/solution.py")
    elif form == "zip":
        with zipfile.ZipFile(path, "w") as z:
            z.write(REFERENCE / "solution.py", "solution.py")
    else:
        path = tmp_path / "hana"
        (path / "hw").mkdir(parents=True)
        (path / "hw" / "solution.py").write_text(source)
    done = grader("grade", "tiny", path, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    data = results_of(tmp_path / "out", "hana")
    assert data["score"] == 10
    assert ("was dropped" in " ".join(data["notes"])) == (form == "ipynb")


def test_two_students_of_one_name_are_kept_apart(tmp_path):
    """Paths that end in the same name get folders of their own."""
    for folder in ("a", "b"):
        (tmp_path / folder / "eve").mkdir(parents=True)
        (tmp_path / folder / "eve" / "solution.py").write_bytes((REFERENCE / "solution.py").read_bytes())
    done = grader("grade", "tiny", tmp_path / "a" / "eve", tmp_path / "b" / "eve", "--out", tmp_path / "out")
    assert done.returncode == 0
    assert sorted(p.parent.name for p in (tmp_path / "out").glob("*/results.json")) == ["eve", "eve-2"]
    table = (tmp_path / "out" / "grades.csv").read_text(encoding="utf-8")
    assert [row["student"] for row in csv.DictReader(table.splitlines())] == ["eve (a)", "eve (b)"]


def test_student_view(tmp_path):
    """`test`: unwritten work is no failure, wrong work is, and the summary says what to do next."""
    done = grader("test", "tiny")
    assert done.returncode == 0
    assert "Next: write" in done.stdout
    assert grader("test", "tiny", "--strict").returncode == 1
    right = grader("test", "tiny", "--submission", REFERENCE)
    assert right.returncode == 0
    assert "public tests passed" in right.stdout
    assert "ll tests passed" not in right.stdout
    source = (REFERENCE / "solution.py").read_text()
    (tmp_path / "solution.py").write_text(source.replace("return", "print('here')\n    return 1 +", 1))
    wrong = grader("test", "tiny", "--submission", tmp_path)
    assert wrong.returncode == 1
    assert "here" in wrong.stdout
    assert "Next: mend question q1" in wrong.stdout


def test_breakpoint_stops_in_student_code(tmp_path):
    """A breakpoint in the submission opens the debugger there, with its variables."""
    source = (
        (REFERENCE / "solution.py")
        .read_text()
        .replace("def double(x):", "def double(x):\n    breakpoint()", 1)
    )
    (tmp_path / "solution.py").write_text(source)
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "grader.py"),
            "--root",
            str(TINY_ROOT),
            "test",
            "tiny",
            "--submission",
            str(tmp_path),
        ],
        cwd=ROOT,
        input="p 'seen', x.shape\n" + "c\n" * 50,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "('seen', (3,))" in done.stdout


def test_assignments_and_stubs_and_version(capsys):
    """The listings and checks of this checkout's own assignments."""
    assert cli.main(["assignments"]) == 0
    listed = capsys.readouterr().out
    assert "binary_mlp: " in listed
    assert "by hand: What is returned in cache, and why (1; 1.3b-iv in marks.csv)" in listed
    assert cli.main(["stubs", "--check"]) == 0
    assert cli.main(["fixtures", "--check"]) == 0
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0


def test_how_long_it_took_is_printed_and_kept_nowhere(graded):
    """The page for the class says it; no file of the results has such a line."""
    done, out = graded
    assert re.search(
        r"^Submissions: 3 \(2 graded, 1 refused\), in (\d+ min )?\d+ s$", done.stdout, re.MULTILINE
    )
    files = [p for p in out.rglob("*") if p.is_file() and p.suffix != ".png" and "gradebook" not in p.name]
    assert files
    assert not [p for p in files if re.search(r"\bin (\d+ min )?\d+ s\b", p.read_text(encoding="utf-8"))]


def test_make_grade_says_how_long_all_of_it_took(tmp_path):
    """Each assignment is graded, then one line for all; it stops at the first that cannot be graded."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text('#!/bin/sh\necho "ran $3"\ntest "$3" != broken || exit 3\n')
    python.chmod(0o755)
    (tmp_path / ".graders").touch()  # as if set up: newer than the lock file

    def make(names):
        command = ["make", "-s", "grade", f"VENV={tmp_path}", f"A={names}"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    done = make("one two")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("ran ")] == [
        f"ran {what}" for what in ("one", "out/one", "two", "out/two")
    ]
    assert re.fullmatch(r"In all \(one two\): \d+ min [1-5]?\d s", done.stdout.splitlines()[-1])
    stopped = make("broken two")
    assert stopped.returncode == 2
    assert "ran two" not in stopped.stdout
    assert "In all" not in stopped.stdout


def test_marks_are_merged_without_grading(tmp_path):
    """Points in marks.csv end up in the results and in grades.csv; grading again keeps the sheet."""
    samples = ROOT / "fixtures" / "binary_mlp" / "submissions" / "stubs"
    out = tmp_path / "out"
    assert grader("grade", "binary_mlp", samples, "--out", out, "--seed", 1, root=ROOT).returncode == 0
    sheet = out / "marks.csv"
    lines = sheet.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
    with sheet.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows[1] |= {"points": "2.5", "comment": "good eye"}
    with sheet.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert grader("marks", out, root=ROOT).returncode == 0
    data = json.loads(next(out.glob("*/results.json")).read_text())
    assert (data["score"], data["max_score"], data["pending_points"]) == (2.5, 59, 1)
    assert grader("grade", "binary_mlp", samples, "--out", out, "--seed", 1, root=ROOT).returncode == 0
    assert "good eye" in sheet.read_text(encoding="utf-8")
    assert json.loads(next(out.glob("*/results.json")).read_text())["score"] == 2.5


def test_grading_one_student_again_keeps_the_others(tmp_path):
    """grades.csv has a line for every result in the folder, not only for those of the last run."""
    for name in ("fay", "gus"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "solution.py").write_bytes((REFERENCE / "solution.py").read_bytes())
        assert grader("grade", "tiny", tmp_path / name, "--out", tmp_path / "out").returncode == 0
    assert [
        line.split(",")[0] for line in (tmp_path / "out" / "grades.csv").read_text().splitlines()[1:]
    ] == ["fay", "gus"]


def test_a_killed_grader_loses_no_finished_result(tmp_path):
    """kill -9 of the command itself: what was finished is whole, nothing goes on running, and a second run completes."""
    names = [f"s{i}" for i in range(8)]
    for name in names:
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "solution.py").write_bytes((REFERENCE / "solution.py").read_bytes())
    out = tmp_path / "out"
    command = [
        sys.executable,
        str(ROOT / "grader.py"),
        "--root",
        str(TINY_ROOT),
        "grade",
        "tiny",
        str(tmp_path / "class"),
    ]
    command += ["--out", str(out), "--jobs", "1", "--seed", "2"]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(out.glob("*/results.json")):
        assert running.poll() is None
        time.sleep(0.01)
    family = children_of(running.pid)
    running.kill()
    running.wait()
    finished = {p.parent.name: json.loads(p.read_text()) for p in out.glob("*/results.json")}
    assert finished
    assert {r["score"] for r in finished.values()} == {10}
    for _ in range(3000):  # the kernel ends the others one after the other
        alive = {pid for pid in family if not is_zombie_or_gone(pid)}
        if not alive:
            break
        time.sleep(0.01)
    assert not alive
    assert grader(*command[command.index("grade") :]).returncode == 0
    assert {p.parent.name for p in out.glob("*/results.json")} == set(names)


def is_zombie_or_gone(pid):
    """Whether a process has ended, as /proc tells."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True
