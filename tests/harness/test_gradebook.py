"""The gradebook through the command line: what stands, what is graded again, what people decide, what a kill leaves."""

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.gradebook.book import Gradebook
from tests.harness.conftest import children_of

if sys.platform != "linux":
    pytest.skip("grading needs Linux", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
TINY = Path(__file__).parent / "tiny"
REFERENCE = TINY / "reference" / "tiny" / "solution.py"
WRONG_CENTRE = REFERENCE.read_text(encoding="utf-8").replace(
    "x - np.mean(x, axis=0)", "x + np.mean(x, axis=0)"
)


def command(root, *arguments):
    return [sys.executable, str(ROOT / "grader.py"), "--root", str(root), *map(str, arguments)]


def grader(root, *arguments):
    """What a command of grader.py prints, once it has ended well."""
    done = subprocess.run(command(root, *arguments), capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def root(tmp_path):
    """A checkout with the tiny assignment, which a test may change."""
    shutil.copytree(TINY, tmp_path / "root")
    return tmp_path / "root"


@pytest.fixture
def class_(tmp_path):
    """Three submissions: two right, one with a mistake in question q2."""
    for name in ("ada", "bob", "cleo"):
        (tmp_path / "class" / name).mkdir(parents=True)
        text = WRONG_CENTRE if name == "cleo" else REFERENCE.read_text(encoding="utf-8")
        (tmp_path / "class" / name / "solution.py").write_text(text, encoding="utf-8")
    return tmp_path / "class"


def last_run(out):
    with Gradebook.open(out) as book:
        return book.runs()[-1]


def rows(out):
    with (out / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_what_has_not_changed_is_not_graded_again(root, class_, tmp_path):
    """A second run keeps all results, files and seed; a changed submission alone is graded; --force grades all."""
    out = tmp_path / "out"
    grader(root, "grade", "tiny", class_, "--out", out)
    first, before = last_run(out), (out / "ada" / "results.json").stat().st_mtime_ns
    assert (first.graded, first.kept) == (3, 0)
    assert "not graded again: 3 of 3" in grader(root, "grade", "tiny", class_, "--out", out)
    assert (last_run(out).graded, last_run(out).kept, last_run(out).seed) == (0, 3, first.seed)
    assert (out / "ada" / "results.json").stat().st_mtime_ns == before
    (class_ / "bob" / "solution.py").write_text(WRONG_CENTRE, encoding="utf-8")
    grader(root, "grade", "tiny", class_, "--out", out)
    assert (last_run(out).graded, last_run(out).kept) == (1, 2)
    assert float(rows(out)["bob"]["score"]) < 10
    grader(root, "grade", "tiny", class_, "--out", out, "--force")
    assert (last_run(out).graded, last_run(out).kept) == (3, 0)


def test_another_seed_is_another_grading(root, class_, tmp_path):
    """Results of other inputs are not mixed in."""
    out = tmp_path / "out"
    for seed in (1, 1, 2):
        grader(root, "grade", "tiny", class_, "--out", out, "--seed", seed)
    with Gradebook.open(out) as book:
        assert [(r.graded, r.kept) for r in book.runs()] == [(3, 0), (0, 3), (3, 0)]


def test_a_changed_question_alone_is_regraded(root, class_, tmp_path):
    """One question's tests change: its results are new, and those of the other question are the old ones."""
    out = tmp_path / "out"
    grader(root, "grade", "tiny", class_, "--out", out, "--seed", 1)
    data = {n: json.loads((out / n / "results.json").read_text(encoding="utf-8")) for n in ("ada", "cleo")}
    test = root / "tests" / "tiny" / "test_public.py"
    text = test.read_text(encoding="utf-8")
    assert "[4.0, 9.0, 2.0]" not in text
    changed = text.replace("[2.0, -5.0, 8.0]", "[2.0, -5.0, 9.0]")
    assert changed != text
    test.write_text("# a comment changes nothing\n" + text, encoding="utf-8")
    grader(root, "grade", "tiny", class_, "--out", out)
    assert last_run(out).kept == 3
    test.write_text(changed, encoding="utf-8")
    grader(root, "grade", "tiny", class_, "--out", out)
    assert last_run(out).graded == 3
    for name, old in data.items():
        new = json.loads((out / name / "results.json").read_text(encoding="utf-8"))
        assert new["score"] == old["score"] - 1
        of_q2 = [[t for t in d["tests"] if t["question"] == "q2"] for d in (old, new)]
        assert of_q2[0] == of_q2[1]  # to the last digit of the durations: they were not run again
        of_q1 = [[t["duration_s"] for t in d["tests"] if t["question"] == "q1"] for d in (old, new)]
        assert of_q1[0] != of_q1[1]


def test_a_question_may_be_left_out_and_added_later(root, class_, tmp_path):
    """--skip leaves a question out; the next full run grades only that."""
    out = tmp_path / "out"
    grader(root, "grade", "tiny", class_, "--out", out, "--skip", "q2")
    first = json.loads((out / "ada" / "results.json").read_text(encoding="utf-8"))
    assert (first["score"], [q["id"] for q in first["questions"]]) == (5, ["q1"])
    grader(root, "grade", "tiny", class_, "--out", out)
    second = json.loads((out / "ada" / "results.json").read_text(encoding="utf-8"))
    assert second["score"] == 10
    assert second["tests"][: len(first["tests"])] == first["tests"]


def test_only_and_skip_exclude_each_other(root, class_, tmp_path):
    """One sentence, and nothing is graded."""
    done = subprocess.run(
        command(root, "grade", "tiny", class_, "--out", tmp_path / "out", "--only", "q1", "--skip", "q2"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "exclude each other" in done.stderr
    assert not (tmp_path / "out").exists()


def test_another_assignment_does_not_fit_into_the_folder(root, class_, tmp_path):
    """Two assignments in one gradebook would mix their grades."""
    out = tmp_path / "out"
    grader(root, "grade", "tiny", class_, "--out", out)
    shutil.copytree(root / "tests" / "tiny", root / "tests" / "other")
    manifest = root / "tests" / "other" / "assignment.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"tiny"', '"other"'), encoding="utf-8")
    for part in ("reference", "student"):
        shutil.copytree(root / part / "tiny", root / part / "other")
    done = subprocess.run(
        command(root, "grade", "other", class_, "--out", out), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "holds the results of tiny" in done.stderr


def test_an_override_counts_and_can_be_withdrawn(root, class_, tmp_path):
    """It stands beside the computed points, with reason and author, in the table and in the log."""
    out = tmp_path / "out"
    grader(root, "grade", "tiny", class_, "--out", out)
    computed = float(rows(out)["cleo"]["total"])
    reason = ("--reason", "the handout was wrong", "--author", "Prof. K")
    grader(root, "override", out, "cleo", "5", "--question", "q2", *reason)
    assert float(rows(out)["cleo"]["total"]) == 10
    grader(root, "override", out, "cleo", "7", *reason)
    assert float(rows(out)["cleo"]["total"]) == 7
    grader(root, "grade", "tiny", class_, "--out", out, "--force")
    assert float(rows(out)["cleo"]["total"]) == 7
    grader(root, "override", out, "cleo", "--withdraw", *reason)
    grader(root, "override", out, "cleo", "--withdraw", "--question", "q2", *reason)
    assert float(rows(out)["cleo"]["total"]) == computed
    with Gradebook.open(out) as book:
        said = [e.detail for e in book.events("cleo") if e.kind == "override"]
    assert said[0] == "question q2 set to 5 by Prof. K: the handout was wrong"
    assert len(said) == 4


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("claire", "5"), "did you mean cleo?"),
        (("cleo", "5", "--question", "q7"), "tiny has no question 'q7'"),
        (("cleo", "-1"), "points must be 0 or more"),
        (("cleo", "nan"), "points must be 0 or more"),
        (("cleo",), "name the points, or say --withdraw"),
        (("cleo", "--withdraw"), "has no override"),
    ],
)
def test_a_wrong_override_is_one_sentence(root, class_, tmp_path, arguments, sentence):
    """Nothing is changed by it."""
    out = tmp_path / "out"
    grader(root, "grade", "tiny", class_, "--out", out, "--only", "q1")
    before = (out / "grades.csv").read_bytes()
    done = subprocess.run(
        command(root, "override", out, *arguments, "--reason", "r"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert (out / "grades.csv").read_bytes() == before


def said_by(root, *arguments):
    """What a command says on standard error, and its exit code."""
    done = subprocess.run(command(root, *arguments), capture_output=True, text=True, cwd=ROOT, check=False)
    return done.stderr, done.returncode


def test_decisions_stand_in_the_reports(root, class_, tmp_path):
    """Whoever reads the report sees what was decided, by whom and why, and what counts; withdrawn, it is gone."""
    out = tmp_path / "out"
    grader(root, "grade", "tiny", class_, "--out", out)
    reason = ("--reason", "the handout was wrong", "--author", "Prof. K")
    grader(root, "override", out, "cleo", "5", "--question", "q2", *reason)
    report = " ".join((out / "cleo" / "report.txt").read_text(encoding="utf-8").split())
    assert "cleo: question q2 was set to 5 points (the handout was wrong; Prof. K)." in report
    assert "cleo: 10 points count." in report
    grader(root, "override", out, "cleo", "--withdraw", "--question", "q2", *reason)
    assert "Prof. K" not in (out / "cleo" / "report.txt").read_text(encoding="utf-8")


def test_a_sheet_of_marks_that_is_gone_comes_back_with_its_marks(root, class_, tmp_path):
    """Deleting marks.csv takes no mark back; only a blank cell does."""
    manifest = root / "tests" / "tiny" / "assignment.toml"
    text = manifest.read_text(encoding="utf-8").replace("points = 10\n", "points = 12\n", 1)
    text += '\n[[questions]]\nid = "q3"\ntitle = "Why"\npoints = 2\npublic = 0\n'
    text += '[[questions.by_hand]]\nid = "why"\ntitle = "Why it works"\npoints = 2\n'
    manifest.write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    grader(root, "grade", "tiny", class_, "--out", out)
    sheet = out / "marks.csv"
    blank = sheet.read_text(encoding="utf-8")
    filled = blank.replace("ada,q3,why,Why it works,2,,", "ada,q3,why,Why it works,2,1.5,fine")
    assert filled != blank
    sheet.write_text(filled, encoding="utf-8")
    grader(root, "marks", out)
    sheet.unlink()
    grader(root, "grade", "tiny", class_, "--out", out)
    assert sheet.read_text(encoding="utf-8") == filled
    assert rows(out)["ada"]["score"] == "11.5"
    sheet.write_text(blank, encoding="utf-8")
    grader(root, "marks", out)
    assert rows(out)["ada"]["score"] == "10"


def test_reports_never_land_among_the_submissions(root, class_, tmp_path):
    """The next run would take them for students' work."""
    for out in (class_, class_ / "ada", class_ / "ada" / "deeper"):
        said, code = said_by(root, "grade", "tiny", class_, "--out", out)
        assert code == 2
        assert "among the submissions" in said
    assert sorted(p.name for p in class_.rglob("*")) == ["ada", "bob", "cleo", *["solution.py"] * 3]


def test_what_is_easily_overlooked_is_said(root, class_, tmp_path):
    """Work graded in part, students of earlier runs, a list that was given before, who is below the least score."""
    out, times = tmp_path / "out", tmp_path / "times.csv"
    times.write_text("student,submitted_at\nada,2026-11-20T12:30:00+01:00\n", encoding="utf-8")
    said, _ = said_by(root, "grade", "tiny", class_, "--out", out, "--only", "q1", "--times", times)
    assert "3 of 3 students, first ada, are graded in part (q2 not)" in said
    shutil.rmtree(class_ / "bob")
    said, code = said_by(root, "grade", "tiny", class_, "--out", out, "--min-score", "9")
    assert "in part" not in said or "first bob" in said
    assert f"the last run had --times {times}, this one has not: the times that were told stay" in said
    assert "not in this run, and still in" in said
    assert "grades.csv: bob" in said
    assert code == 1
    assert "below 9: cleo with" in said
    with Gradebook.open(out) as book:
        assert book.grades()[0].submitted_at.isoformat() == "2026-11-20T12:30:00+01:00"


def test_a_new_attempt_without_a_time_is_the_latest(root, class_, tmp_path):
    """The first run knew when ada handed in, the second does not: what she has mended counts all the same."""
    out, times = tmp_path / "out", tmp_path / "times.csv"
    times.write_text("student,submitted_at\ncleo,2026-11-20T12:30:00+01:00\n", encoding="utf-8")
    grader(root, "grade", "tiny", class_, "--out", out, "--times", times)
    assert float(rows(out)["cleo"]["total"]) < 10
    (class_ / "cleo" / "solution.py").write_bytes(REFERENCE.read_bytes())
    grader(root, "grade", "tiny", class_, "--out", out)
    assert rows(out)["cleo"]["total"] == "10"


def test_students_are_found_by_what_they_are_called(root, class_, tmp_path):
    """By id, name, address or folder; a name that two have is refused."""
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "id,name,email,login\n1,Ada A,ada@x.org,ada\n2,Bob B,b@x.org,bob\n3,Bob B,c@x.org,cleo\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    grader(root, "grade", "tiny", class_, "--out", out, "--roster", roster)
    with Gradebook.open(out) as book:
        for name in ("1", "ada a", "ADA@x.org", "ada"):
            assert book.known_student(name).id == "1"
        with pytest.raises(UsageError, match="may be 2 or 3: name the id"):
            book.known_student("Bob B")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--scheduler", "foo", "--engine", "dask"),
            "must be an address such as tcp://10.0.0.1:8786, got 'foo'",
        ),
        (("--scheduler", "tcp://10.0.0.1:1"), "add --engine dask"),
        (("--skip", "q1", "--skip", "q2"), "--skip leaves no question"),
        (("--source", "nothing"), "there is no source 'nothing'"),
    ],
)
def test_wrong_options_are_one_sentence(root, class_, tmp_path, arguments, sentence):
    """Said at once, without a traceback."""
    said, code = said_by(root, "grade", "tiny", class_, "--out", tmp_path / "out", *arguments)
    assert code == 2
    assert sentence in said
    assert "Traceback" not in said


def test_a_root_that_is_none_is_one_sentence(tmp_path):
    """Instead of an empty list of assignments."""
    said, code = said_by(tmp_path, "assignments")
    assert code == 2
    assert "there is no folder tests/ in it" in said


def test_the_log_only_grows(root, class_, tmp_path):
    """No event can be changed or removed."""
    out = tmp_path / "out"
    grader(root, "grade", "tiny", class_, "--out", out, "--only", "q1")
    db = sqlite3.connect(out / "gradebook.sqlite")
    for attack in ("DELETE FROM events", "UPDATE events SET detail = ''"):
        with pytest.raises(sqlite3.IntegrityError, match="events are never"):
            db.execute(attack)
    db.close()


def test_folders_that_are_gone_are_written_again(root, class_, tmp_path):
    """A report that somebody deleted comes back with its code, without a grading."""
    out = tmp_path / "out"
    grader(root, "grade", "tiny", class_, "--out", out, "--seed", 1)
    report = (out / "cleo" / "report.txt").read_bytes()
    shutil.rmtree(out / "cleo")
    grader(root, "grade", "tiny", class_, "--out", out)
    assert last_run(out).graded == 0
    assert (out / "cleo" / "report.txt").read_bytes() == report
    assert (out / "cleo" / "code" / "solution.py").read_text(encoding="utf-8") == WRONG_CENTRE


def test_one_run_at_a_time(root, class_, tmp_path):
    """A second run into the same folder says so, and the first is not disturbed."""
    out = tmp_path / "out"
    with subprocess.Popen(
        command(root, "grade", "tiny", class_, "--out", out, "--jobs", "1"), stderr=subprocess.PIPE, cwd=ROOT
    ) as first:
        while not list(out.glob("*/results.json")):
            assert first.poll() is None
            time.sleep(0.01)
        os.kill(first.pid, signal.SIGSTOP)
        try:
            done = subprocess.run(
                command(root, "grade", "tiny", class_, "--out", out),
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            os.kill(first.pid, signal.SIGCONT)
        first.communicate()
    assert done.returncode == 2
    assert "another run is writing there" in done.stderr
    assert first.returncode == 0
    assert len(rows(out)) == 3


def wait_for_results(running, out, count):
    """Until so many submissions are finished."""
    while len(list(out.glob("*/results.json"))) < count:
        assert running.poll() is None
        time.sleep(0.005)


@pytest.fixture
def larger(tmp_path):
    """A class of twenty."""
    for i in range(20):
        (tmp_path / "larger" / f"s{i:02}").mkdir(parents=True)
        text = f"# {i}\n" + REFERENCE.read_text(encoding="utf-8")
        (tmp_path / "larger" / f"s{i:02}" / "solution.py").write_text(text, encoding="utf-8")
    return tmp_path / "larger"


@pytest.mark.parametrize("after", [1, 6, 13])
def test_a_run_that_was_killed_goes_on_where_it_was(root, larger, tmp_path, after):
    """SIGKILL in the middle: the next run keeps what was finished, and repeats at most what was in flight."""
    out, jobs = tmp_path / "out", 2
    arguments = ("grade", "tiny", larger, "--out", out, "--jobs", jobs)
    with subprocess.Popen(command(root, *arguments), stderr=subprocess.DEVNULL, cwd=ROOT) as running:
        wait_for_results(running, out, after)
        running.kill()
    with Gradebook.open(out) as book:
        cut = book.runs()[0]
        recorded = {g.submission: g.id for g in book.gradings_of_run(1)}
    assert cut.finished_at is None
    assert after - 1 <= len(recorded) < 20  # a folder may be there whose line was not written yet
    grader(root, *arguments)
    with Gradebook.open(out) as book:
        runs = book.runs()
        again = {g.submission: g.id for g in book.gradings_of_run(2)}
    assert (runs[1].kept, runs[1].graded) == (len(recorded), 20 - len(recorded))
    assert {name: again[name] for name in recorded} == recorded
    assert runs[1].seed == cut.seed
    assert {row["score"] for row in rows(out).values()} == {"10"}
    assert len(rows(out)) == 20


def is_over(pid):
    """Whether a process has ended, as /proc tells."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(root, larger, tmp_path):
    """SIGINT: exit code 130, a sentence, no traceback, no process left; the same command goes on."""
    out = tmp_path / "out"
    arguments = ("grade", "tiny", larger, "--out", out, "--jobs", "1")
    with subprocess.Popen(
        command(root, *arguments), stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    ) as running:
        wait_for_results(running, out, 2)
        family = children_of(running.pid)
        running.send_signal(signal.SIGINT)
        said = running.communicate()[1]
    assert running.returncode == 130
    assert "of 20 are done and kept. Run the same command again to go on." in said
    assert "Traceback" not in said
    assert 2 <= len(rows(out)) < 20
    for _ in range(3000):  # the kernel ends them one after the other
        if all(map(is_over, family)):
            break
        time.sleep(0.01)
    assert [pid for pid in family if not is_over(pid)] == []
    grader(root, *arguments)
    assert len(rows(out)) == 20
    with Gradebook.open(out) as book:
        assert "run stopped" in [e.kind for e in book.events()]


def test_a_folder_without_a_gradebook_is_one_sentence(tmp_path):
    """Whoever reads is told what to name; a file that is none is told apart."""
    with pytest.raises(UsageError, match=r"there is no gradebook.sqlite in it"):
        Gradebook.open(tmp_path)
    (tmp_path / "gradebook.sqlite").write_bytes(b"not a database, though it has the name of one" * 40)
    with pytest.raises(UsageError, match=r"cannot be used as a gradebook"):
        Gradebook.open(tmp_path)


def test_a_gradebook_of_another_version_is_left_alone(root, class_, tmp_path):
    """It is neither read wrongly nor overwritten."""
    out = tmp_path / "out"
    grader(root, "grade", "tiny", class_, "--out", out, "--only", "q1")
    db = sqlite3.connect(out / "gradebook.sqlite")
    db.execute("PRAGMA user_version = 7")
    db.commit()
    db.close()
    with pytest.raises(UsageError, match=r"must be a gradebook of version 1, got 7"):
        Gradebook.open(out)
