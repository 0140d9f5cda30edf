"""Attacks on whole classes: stale results, work credited to somebody else, runs that end badly, hostile names."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness import assignment
from harness.engines.job import Graded
from harness.exports.student_view import redacted
from harness.gradebook.book import Gradebook
from harness.gradebook.folders import bring_in_line
from harness.gradebook.grades import AttemptRow, grades_of
from harness.gradebook.naming import folder_names
from harness.gradebook.recording import RunRecorder
from harness.gradebook.records import Attempt, Override, Student
from harness.grading.identity import Identity, identity
from harness.grading.warm_process import row
from harness.intake.packed import Packed
from harness.intake.sources import Entry
from harness.report import gradescope, junit, text_report
from harness.report.files import RESULTS, read_result
from harness.results import SubmissionResult
from tests.harness.two_runs import TIER, a_gradebook, a_result, a_test

if sys.platform != "linux":
    pytest.skip("grading needs Linux", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
TINY = Path(__file__).parent / "tiny"
REFERENCE = (TINY / "reference" / "tiny" / "solution.py").read_text(encoding="utf-8")
WRONG = REFERENCE.replace("x - np.mean(x, axis=0)", "x + np.mean(x, axis=0)")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
BY_HAND = '\n[[questions.by_hand]]\nid = "q2.plot"\ntitle = "Plot"\npoints = 2\n'


def call(root, *arguments, cwd=ROOT):
    """A command of grader.py as it ended."""
    line = [sys.executable, str(ROOT / "grader.py"), "--root", *map(str, (root, *arguments))]
    return subprocess.run(line, capture_output=True, text=True, cwd=cwd, check=False, timeout=60)


def grade(root, out, *arguments):
    """Grade with one worker and a seed of the test's."""
    return call(root, "grade", "tiny", *arguments, "--out", out, "--jobs", "1", "--seed", "1")


def hand_in(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "solution.py").write_text(text, encoding="utf-8")


def rows(out):
    with (out / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {line["student"]: line for line in csv.DictReader(file)}


def by_hand(root):
    """Two points of question q2 are marked by a person."""
    path = root / "tests" / "tiny" / "assignment.toml"
    head, q2 = path.read_text(encoding="utf-8").replace("points = 10", "points = 12").split('id = "q2"')
    path.write_text(head + 'id = "q2"' + q2.replace("points = 5", "points = 7") + BY_HAND, encoding="utf-8")
    assert tomllib.loads(path.read_text(encoding="utf-8"))["questions"][1]["points"] == 7
    return path


@pytest.fixture
def root(tmp_path):
    """A checkout with the tiny assignment, which a test may change."""
    shutil.copytree(TINY, tmp_path / "root")
    return tmp_path / "root"


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory):
    """Ada, who has it right, and bob, graded once: the class and the folder of results."""
    folder = tmp_path_factory.mktemp("graded")
    hand_in(folder / "class" / "ada", REFERENCE)
    hand_in(folder / "class" / "bob", WRONG)
    done = grade(TINY, folder / "out", folder / "class")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def graded(graded_once, tmp_path):
    """A copy of that, which a test may spoil."""
    shutil.copytree(graded_once, tmp_path / "graded")
    return tmp_path / "graded"


class Runs:
    """A gradebook that is filled by hand, run by run."""

    def __init__(self, out):
        self.chosen = assignment.load("binary_mlp")
        out.mkdir()
        self.book = Gradebook.make(out)
        self.known = Identity("a", {q.id: q.id for q in self.chosen.questions})

    def run(self):
        return RunRecorder(self.book, self.chosen, self.known, seed=7, tier=TIER, engine="local")

    def record(self, run, submission, content, points, members, at=None, entry=""):
        """Grade one submission; answers with the number of its grading."""
        packed = Packed(submission, "folder", (), content * 64)
        attempt = run.attempt(submission, packed, [Student(m) for m in members], at, entry=entry)
        result = a_result(submission, [a_test("one", points, 10.0)])
        reports = {RESULTS: json.dumps(result.to_dict()).encode()}
        return run.record(attempt, packed, Graded(submission, row(result, {}), reports, {}), None)


@pytest.fixture
def runs(tmp_path):
    class_ = Runs(tmp_path / "out")
    yield class_
    class_.book.close()


# Stale results


@pytest.mark.parametrize("first", ["other tests", "another choice"])
def test_what_builds_on_a_question_that_does_not_work_is_not_kept(root, tmp_path, first):
    """Partial regrading ends with the points of a fresh run, whichever run saw the prerequisite first."""
    manifest, public = (root / "tests" / "tiny" / name for name in ("assignment.toml", "test_public.py"))
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(
        text.replace('title = "Centre"', 'title = "Centre"\nprerequisites = ["q1"]'), encoding="utf-8"
    )
    right, broken = public.read_text(encoding="utf-8"), '    expect.true(False, "no", "a", "b")\n'
    nothing_works = right.replace('."""\n', '."""\n' + broken).replace(broken, "", 1)
    assert nothing_works.count(broken) == right.count("def test_")
    hand_in(tmp_path / "class" / "ada", REFERENCE)
    if first == "other tests":
        grade(root, tmp_path / "out", tmp_path / "class")
        assert rows(tmp_path / "out")["class"]["score"] == "10"
        public.write_text(nothing_works, encoding="utf-8")
    else:
        public.write_text(nothing_works, encoding="utf-8")
        grade(root, tmp_path / "out", tmp_path / "class", "--only", "q2")
    grade(root, tmp_path / "out", tmp_path / "class")
    assert rows(tmp_path / "out")["class"]["score"] == "0"


TESTS_OF_Q2 = {
    "a constant": '\nSECOND = "q2"\n\n\n@pytest.mark.question(SECOND)\n@pytest.mark.points(0)\n'
    'def test_more(submission):\n    """More."""\n    assert submission and 1\n',
    "a class": '\n\n@pytest.mark.question("q2")\nclass TestMore:\n    @pytest.mark.points(0)\n'
    '    def test_more(self, submission):\n        """More."""\n        assert submission and 1\n',
    "a parameter": '\n\n@pytest.mark.points(0)\n@pytest.mark.parametrize("n", [pytest.param(1, '
    'marks=pytest.mark.question("q2"))])\ndef test_more(submission, n):\n    """More."""\n'
    "    assert submission and 1\n",
}


@pytest.mark.parametrize("way", TESTS_OF_Q2)
def test_a_test_counts_for_its_question_however_that_is_named(root, way):
    """A changed test of q2 in a module of q1's tests changes q2's hash."""
    path = root / "tests" / "tiny" / "test_public.py"
    text = path.read_text(encoding="utf-8") + TESTS_OF_Q2[way]
    hashes = []
    for body in (text, text.replace("submission and 1", "submission and 2")):
        path.write_text(body, encoding="utf-8")
        hashes.append(identity(assignment.load("tiny", root)).questions["q2"])
    assert hashes[0] != hashes[1]


def test_a_conftest_above_the_tests_has_no_say_unless_it_is_hashed(root, tmp_path):
    """What pytest would load from tests/conftest.py cannot change points behind kept results."""
    hand_in(tmp_path / "class" / "ada", REFERENCE)
    before = identity(assignment.load("tiny", root))
    (root / "tests" / "conftest.py").write_text(
        'import pytest\n\n\n@pytest.fixture(autouse=True)\ndef no():\n    pytest.fail("no")\n',
        encoding="utf-8",
    )
    if identity(assignment.load("tiny", root)) == before:
        grade(root, tmp_path / "out", tmp_path / "class")
        assert rows(tmp_path / "out")["class"]["score"] == "10"


@pytest.mark.parametrize("change", ["another item", "another question"])
def test_what_is_new_for_marking_reaches_everybody(root, tmp_path, change):
    """What the manifest newly leaves to a person is in the sheet also of those whose tests stand."""
    path, out = by_hand(root), tmp_path / "out"
    hand_in(tmp_path / "class" / "ada", REFERENCE)
    grade(root, out, tmp_path / "class")
    text = path.read_text(encoding="utf-8")
    if change == "another item":
        text = text.replace("q2.plot", "new")
    else:
        text = text.replace("points = 12", "points = 15")
        text += '\n[[questions]]\nid = "q3"\ntitle = "Essay"\npoints = 3\npublic = 0\n'
        text += '\n[[questions.by_hand]]\nid = "new"\ntitle = "Essay"\npoints = 3\n'
    path.write_text(text, encoding="utf-8")
    done = grade(root, out, tmp_path / "class")
    assert done.returncode == 0, done.stderr
    assert ",new," in (out / "marks.csv").read_text(encoding="utf-8")


# Credit


def test_a_corrected_time_takes_the_place_of_the_wrong_one(runs):
    """The time that the instructor gave last counts, earlier or later than before."""
    wrong, right = START + timedelta(days=2), START
    first = runs.run()
    runs.record(first, "ada", "1", 10.0, ["ada"], wrong)
    second = runs.run()
    packed = Packed("ada", "folder", (), "1" * 64)
    attempt = second.attempt("ada", packed, [Student("ada")], right)
    second.keep(attempt, "ada", second.standing("ada", packed.sha256).grading)
    (grade_of_ada,) = runs.book.grades()
    assert grade_of_ada.submitted_at == right


def test_a_name_that_collides_does_not_inherit_marks(root, tmp_path):
    """`a b` comes late, and has the folder name that `a_b` had: the marks stay with a_b."""
    by_hand(root)
    class_, out = tmp_path / "class", tmp_path / "out"
    hand_in(class_ / "a_b", WRONG)
    hand_in(class_ / "zed", WRONG)
    grade(root, out, class_)
    sheet = out / "marks.csv"
    text = sheet.read_text(encoding="utf-8")
    marked = text.replace("a_b,q2,q2.plot,Plot,2,,", "a_b,q2,q2.plot,Plot,2,2,")
    assert marked != text
    sheet.write_text(marked, encoding="utf-8")
    hand_in(class_ / "a b", WRONG + "# another\n")
    grade(root, out, class_)
    assert {name: line["score"] for name, line in rows(out).items()} == {"a b": "5", "a_b": "7", "zed": "5"}


def test_a_section_alone_does_not_take_over_another_sections_students(tmp_path):
    """Two sections have an eve each; grading the second alone again leaves the first one's grade as it is."""
    for section, name, text in (
        ("one", "eve", REFERENCE),
        ("one", "zoe", WRONG),
        ("two", "eve", WRONG),
        ("two", "yan", WRONG),
    ):
        hand_in(tmp_path / section / name, text)
    grade(TINY, tmp_path / "out", tmp_path / "one", tmp_path / "two")
    ten = [student for student, line in rows(tmp_path / "out").items() if line["score"] == "10"]
    assert len(ten) == 1
    grade(TINY, tmp_path / "out", tmp_path / "two")
    assert rows(tmp_path / "out")[ten[0]]["score"] == "10"


def test_the_folder_of_a_grade_holds_the_result_of_that_grade(runs):
    """Cleo left the team, ada handed in anew under the same name: that is another folder, and each keeps her own."""
    first = runs.run()
    runs.record(first, "team", "1", 10.0, ["ada", "cleo"], entry="team")
    again = Entry("team", Path(), (Student("ada"), Student("cleo")))
    alone = Entry("team", Path(), (Student("ada"),))
    assert folder_names(runs.book, [again]) == ["team"]
    (name,) = folder_names(runs.book, [alone])
    assert name == "team-2"
    second = runs.run()
    runs.record(second, name, "2", 4.0, ["ada"], entry="team")
    grades = runs.book.grades()
    assert {g.student.id: g.score for g in grades} == {"ada": 4.0, "cleo": 10.0}
    bring_in_line(runs.book, grades)
    shown = {g.student.id: read_result(runs.book.out / g.submission).score for g in grades}
    assert shown == {"ada": 4.0, "cleo": 10.0}


def test_a_roster_that_comes_later_moves_no_folder(runs):
    """Who was called ada is 1 in the roster: the same work has the same folder, and one student has the grade."""
    first = runs.run()
    runs.record(first, "ada", "1", 10.0, ["ada"], entry="ada")
    assert folder_names(runs.book, [Entry("ada", Path(), (Student("1"),))]) == ["ada"]
    second = runs.run()
    runs.record(second, "ada", "1", 10.0, ["1"], entry="ada")
    assert [g.student.id for g in runs.book.grades()] == ["1"]


def attempt_row(number, items, *, status="graded", score=5.0):
    """An attempt of ada's whose question q1 has 3 of 10 points, with these items for marking."""
    summary = {
        "status": status,
        "score": score,
        "max_score": 10.0,
        "pending_points": 2.0 * len(items),
        "message": "",
        "questions": {"q1": [3.0, 10.0, False]},
        "by_hand": [[item, "q1", item, 2.0] for item in items],
    }
    attempt = Attempt("ada", str(number), None, START, number, status, score, 10.0, None, False)
    return AttemptRow(number, number, attempt, summary, ("ada",), None)


def test_marks_for_items_of_another_attempt_stop_nothing(tmp_path):
    """An earlier attempt was graded before an item was renamed: marks for the new item count for the new attempt."""
    (grade_of_ada,) = grades_of(
        [attempt_row(1, ["old"]), attempt_row(2, ["new"])],
        {},
        marks={("ada", "new"): (1.5, "")},
        overrides={},
        best=False,
    )
    assert grade_of_ada.score == 6.5


def test_an_override_of_one_question_makes_no_total_of_a_grader_error():
    """Only an override of the total stands in for points that nobody knows."""
    one = Override("ada", "q1", 5.0, "why", "me", START)
    (grade_of_ada,) = grades_of(
        [attempt_row(1, [], status="grader error", score=None)],
        {},
        marks={},
        overrides={"ada": [one]},
        best=False,
    )
    assert (grade_of_ada.score, grade_of_ada.total) == (None, None)


# Runs that end badly


RESERVED = ("grades.csv", "marks.csv", "gradebook.sqlite", "gradebook.sqlite-wal", "gradebook.sqlite-shm")


def test_no_submission_can_be_called_like_a_file_of_ours(tmp_path):
    """A student who calls her work grades.csv gets a grade like everybody."""
    for name in (*RESERVED, "ada"):
        hand_in(tmp_path / "class" / name, REFERENCE)
    done = grade(TINY, tmp_path / "out", tmp_path / "class")
    assert done.returncode == 0, done.stderr[-500:]
    assert {line["score"] for line in rows(tmp_path / "out").values()} == {"10"}
    assert len(rows(tmp_path / "out")) == len(RESERVED) + 1


def test_a_file_in_place_of_a_folder_is_one_sentence(graded):
    """Something else lies where reports belong: it is named, without a traceback."""
    shutil.rmtree(graded / "out" / "ada")
    (graded / "out" / "ada").write_text("mine", encoding="utf-8")
    done = grade(TINY, graded / "out", graded / "class", "--force")
    assert "Traceback" not in done.stderr
    assert done.returncode == 0 or str(graded / "out" / "ada") in done.stderr


@pytest.mark.parametrize("order", ["grade", "history", "marks", "export"])
def test_a_damaged_gradebook_is_one_sentence(graded, order):
    """Pages of the file are overwritten: every command says so, and none falls over."""
    with (graded / "out" / "gradebook.sqlite").open("r+b") as file:
        file.seek(2 * 4096)
        file.write(b"\x55" * 6 * 4096)
    arguments = {
        "grade": ["grade", "tiny", graded / "class", "--out", graded / "out", "--jobs", "1"],
        "history": ["history", graded / "out", "ada"],
        "marks": ["marks", graded / "out"],
        "export": ["export", "csv", graded / "out"],
    }
    done = call(TINY, *arguments[order])
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "gradebook.sqlite" in done.stderr


@pytest.mark.parametrize("option", ["--reason", "--author"])
def test_words_that_are_no_text_are_one_sentence(tmp_path, option):
    """Bytes that are not UTF-8 on the command line end in a sentence, or are spelled out."""
    out = a_gradebook(tmp_path / "out", [{"ada": [a_test("one", 1.0)]}])
    words = {"--reason": "fair", "--author": "me"} | {option: "\udcff"}
    line = [x for pair in words.items() for x in pair]
    done = call(ROOT, "override", out, "ada", "1", *line)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)


KILLED = """
import os, sys
from harness.gradebook import recording
recording.RunRecorder.record = lambda *a: os._exit(9)
from harness.cli import main
main(sys.argv[1:])
"""


def test_a_kill_between_reports_and_gradebook_leaves_no_mixture(graded):
    """The work that was being graded is withdrawn afterwards: the folder shows what counts again."""
    hand_in(graded / "class" / "ada", WRONG)
    arguments = ["--root", TINY, "grade", "tiny", graded / "class", "--out", graded / "out", "--jobs", "1"]
    line = [sys.executable, "-c", KILLED, *map(str, arguments)]
    assert subprocess.run(line, cwd=ROOT, capture_output=True, check=False, timeout=60).returncode == 9
    hand_in(graded / "class" / "ada", REFERENCE)
    assert grade(TINY, graded / "out", graded / "class").returncode == 0
    assert rows(graded / "out")["ada"]["score"] == "10"
    assert read_result(graded / "out" / "ada").score == 10
    assert (graded / "out" / "ada" / "code" / "solution.py").read_text(encoding="utf-8") == REFERENCE


@pytest.mark.parametrize("damage", ["", '{"schema": 1}', "raised"])
def test_a_damaged_result_is_written_again(graded, damage):
    """A results.json that was cut short or changed by hand is what the gradebook says after the next run."""
    path = graded / "out" / "bob" / "results.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('"score": 5', '"score": 9') if damage == "raised" else damage, encoding="utf-8"
    )
    assert grade(TINY, graded / "out", graded / "class").returncode == 0
    assert read_result(graded / "out" / "bob").score == 5


def test_nothing_is_left_in_the_folder_for_temporary_files(graded, tmp_path):
    """A run removes what it unpacked and linked there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    line = [
        sys.executable,
        "grader.py",
        "--root",
        TINY,
        "grade",
        "tiny",
        graded / "class",
        "--out",
        graded / "new",
    ]
    done = subprocess.run(
        line,
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert done.returncode == 0
    assert not list(folder.glob("backmark*"))


def test_tests_that_cannot_be_collected_are_one_sentence(root, graded):
    """A hidden test module that fails at import stops the class before anybody is graded."""
    path = root / "tests" / "tiny" / "hidden" / "test_hidden.py"
    path.write_text(path.read_text(encoding="utf-8") + "\nraise RuntimeError('boom')\n", encoding="utf-8")
    done = grade(root, graded / "new", graded / "class")
    assert done.returncode == 2
    assert "cannot be collected" in done.stderr
    assert "INTERNALERROR" not in done.stderr


def test_a_relative_root_is_a_root(root, graded):
    """--root is taken from where the command was called."""
    done = call(
        os.path.relpath(root, graded), "grade", "tiny", "class", "--out", "new", "--jobs", "1", cwd=graded
    )
    assert done.returncode == 0, done.stdout
    assert rows(graded / "new")["ada"]["score"] == "10"


# What students see


def test_feedback_for_students_does_not_tell_the_seed():
    """With the seed, the inputs of hidden tests could be drawn before the next attempt."""
    result = a_result("ada", [a_test("one", 0.0)], seed=918273645)
    for render in (text_report.render, junit.render):
        assert "918273645" in render(result)
        assert "918273645" not in render(redacted(result))


def test_a_fault_of_ours_is_not_told_to_students_in_full():
    """What went wrong may quote a hidden test: Gradescope shows students its whole output."""
    secret = "hidden/test_x.py:3: assert [42.5] == [1]"
    result = SubmissionResult("tiny", "ada", 1, TIER, status="grader error", score=None, message=secret)
    assert "42.5" not in json.dumps(gradescope.render(result))


def test_the_history_of_a_student_has_nothing_of_another(runs):
    """A student's id may be the name of another one's folder: events belong to folders, decisions to students."""
    run = runs.run()
    runs.record(run, "a_b", "1", 10.0, ["a b"])
    runs.record(run, "a_b-2", "2", 4.0, ["a_b"])
    runs.book.override("a_b", None, 3.0, "why", "me")
    seen = [e for e in runs.book.events("a_b") if e.subject == "a_b"]
    assert [e.kind for e in seen] == ["override"]
