"""Classes as platforms hand them out, graded: groups, late lines, attempts, one bad entry among good ones."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from harness.gradebook.book import Gradebook

if sys.platform != "linux":
    pytest.skip("grading needs Linux", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
TINY = Path(__file__).parent / "tiny"
RIGHT = (TINY / "reference" / "tiny" / "solution.py").read_text(encoding="utf-8")
WRONG = RIGHT.replace("x - np.mean(x, axis=0)", "x + np.mean(x, axis=0)")
LATE = """
[late]
due = 2026-11-20T12:00:00+01:00
grace_minutes = 10
deduction = "10%"
per = "day"
attempt = "{attempt}"

[[questions]]"""


def grader(root, *arguments, code=0):
    """What a command prints to standard error, once it has ended as it should."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "grader.py"), "--root", str(root), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stderr


def rows(out):
    with (out / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def with_late_policy(tmp_path, attempt="latest"):
    """The tiny assignment with a late policy: 10 points, of which a begun day costs one."""
    root = tmp_path / "root"
    shutil.copytree(TINY, root)
    manifest = root / "tests" / "tiny" / "assignment.toml"
    text = manifest.read_text(encoding="utf-8")
    late = LATE.format(attempt=attempt)
    manifest.write_text(text.replace("\n[[questions]]", late, 1), encoding="utf-8")
    return root


def gradescope_export(folder, entries):
    """An export of submissions: (number, source or None for no folder, [(name, sid)], created_at)."""
    lines = []
    for number, source, people, at in entries:
        lines.append(f"submission_{number}:\n  :submitters:")
        lines += [f"  - :name: {name}\n    :sid: '{sid}'\n    :email: {sid}@x.org" for name, sid in people]
        lines.append(f"  :created_at: {at}\n  :score: 0.0")
        if source is not None:
            (folder / f"submission_{number}").mkdir(parents=True)
            (folder / f"submission_{number}" / "solution.py").write_text(source, encoding="utf-8")
    (folder / "submission_metadata.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def export(tmp_path):
    """Ada in time, Bob and Cleo together a day and a bit late, Dan in the grace, Eve lost her folder."""
    folder = tmp_path / "assignment_7_export"
    gradescope_export(
        folder,
        [
            (1, RIGHT, [("Ada A", "1")], "2026-11-20 10:59:00 Z"),
            (2, WRONG, [("Bob B", "2"), ("Cleo C", "3")], "2026-11-21 11:01:00 Z"),
            (3, RIGHT, [("Dan D", "4")], "2026-11-20 12:09:00 +01:00"),
            (4, None, [("Eve E", "5")], "2026-11-20 10:00:00 Z"),
        ],
    )
    return folder


def test_a_group_is_credited_and_being_late_has_a_line_of_its_own(tmp_path, export):
    """Both members have the same points; the deduction is in no test, and in every table and report."""
    root, out = with_late_policy(tmp_path), tmp_path / "out"
    said = grader(root, "grade", "tiny", export, "--out", out, "--seed", 1)
    assert "submission_4" in said
    table = rows(out)
    assert sorted(table) == ["1", "2", "3", "4"]
    score = float(table["2"]["score"])
    assert 0 < score < 10
    for member in ("2", "3"):
        row = table[member]
        assert (float(row["score"]), row["late_deduction"], float(row["total"])) == (score, "2", score - 2)
    assert [table[s]["late_deduction"] for s in ("1", "4")] == ["0", "0"]
    folder = out / table["2"]["submission"]
    data = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "harness/report/results.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(data, schema)
    assert (data["score"], data["late"]["deduction"]) == (score, 2)
    report = (folder / "report.txt").read_text(encoding="utf-8")
    assert "Late:" in report
    assert "2 points off" in report
    assert f"Counts:     {score - 2:g} points" in report
    with Gradebook.open(out) as book:
        late = {g.student.id: g.late for g in book.grades()}
    assert late["1"] is None
    assert late["4"].deduction == 0
    assert "within the grace" in late["4"].text


def test_an_extension_moves_the_deadline_without_a_new_grading(tmp_path, export):
    """One member's extension is the group's; results stand, the late line goes, and comes back without it."""
    root, out = with_late_policy(tmp_path), tmp_path / "out"
    grader(root, "grade", "tiny", export, "--out", out, "--seed", 1)
    more = tmp_path / "extensions.csv"
    more.write_text("student,days\n3,2\n99,1\n", encoding="utf-8")
    said = grader(root, "grade", "tiny", export, "--out", out, "--extensions", more)
    assert "nobody in the class is called 99" in said
    assert [rows(out)[s]["late_deduction"] for s in ("2", "3")] == ["0", "0"]
    assert "Late:" not in (out / rows(out)["2"]["submission"] / "report.txt").read_text(encoding="utf-8")
    grader(root, "grade", "tiny", export, "--out", out)
    assert [rows(out)[s]["late_deduction"] for s in ("2", "3")] == ["2", "2"]
    with Gradebook.open(out) as book:
        assert [r.graded for r in book.runs()] == [3, 0, 0]


@pytest.mark.parametrize(("attempt", "counts"), [("latest", 6.0), ("best", 9.0)])
def test_which_attempt_counts(tmp_path, attempt, counts):
    """A right attempt one day late and a wrong one two days late: the policy says which."""
    root, out = with_late_policy(tmp_path, attempt), tmp_path / "out"
    for number, (source, at) in enumerate(
        ((RIGHT, "2026-11-21 10:00:00 Z"), (WRONG, "2026-11-22 10:00:00 Z"))
    ):
        folder = tmp_path / f"assignment_{number}_export"
        gradescope_export(folder, [(number, source, [("Ada A", "1")], at)])
        grader(root, "grade", "tiny", folder, "--out", out, "--seed", 1)
    row = rows(out)["1"]
    wrong = 10.0 - 5 + 1  # what the mistake leaves of question q2
    totals = {"latest": wrong - 2, "best": 9.0}
    with Gradebook.open(out) as book:
        (grade,) = book.grades()
    assert [a.counts for a in grade.attempts] == [attempt == "best", attempt == "latest"]
    assert float(row["total"]) == grade.total
    if attempt == "best":
        assert grade.total == counts == totals["best"]
    else:
        assert grade.total == grade.attempts[1].score - 2


def test_a_new_attempt_under_the_same_name_and_back_again(tmp_path):
    """Without times, what the last run saw is the latest; an attempt that returns is not graded again."""
    out, class_ = tmp_path / "out", tmp_path / "class"
    for name in ("ada", "bob"):
        (class_ / name).mkdir(parents=True)
        (class_ / name / "solution.py").write_text(RIGHT, encoding="utf-8")
    grader(TINY, "grade", "tiny", class_, "--out", out, "--seed", 1)
    right = (out / "ada" / "report.txt").read_text(encoding="utf-8")
    (class_ / "ada" / "solution.py").write_text(WRONG, encoding="utf-8")
    grader(TINY, "grade", "tiny", class_, "--out", out)
    assert float(rows(out)["ada"]["total"]) < 10
    (class_ / "ada" / "solution.py").write_text(RIGHT, encoding="utf-8")
    grader(TINY, "grade", "tiny", class_, "--out", out)
    assert rows(out)["ada"]["total"] == "10"
    assert (out / "ada" / "report.txt").read_text(encoding="utf-8") == right
    assert (out / "ada" / "code" / "solution.py").read_text(encoding="utf-8") == RIGHT
    with Gradebook.open(out) as book:
        assert [(r.graded, r.kept) for r in book.runs()] == [(2, 0), (1, 1), (0, 2)]
        assert len(book.grades()[0].attempts) == 2


def test_one_bad_entry_never_stops_a_class(tmp_path):
    """A broken archive, an unknown student, an id that is there twice and an absent one: a line each, all else graded."""
    class_ = tmp_path / "class"
    for name in ("ada", "mallory"):
        (class_ / name).mkdir(parents=True)
        (class_ / name / "solution.py").write_text(RIGHT, encoding="utf-8")
    (class_ / "bob.zip").write_bytes(b"PK but no zip")
    (class_ / "ada.py").write_text(WRONG, encoding="utf-8")
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name,login\n1,Ada A,ada\n2,Bob B,bob\n3,Cleo C,cleo\n", encoding="utf-8")
    out = tmp_path / "out"
    said = grader(TINY, "grade", "tiny", class_, "--out", out, "--roster", roster).splitlines()
    for words in (
        "mallory is not in the roster",
        "3 Cleo C handed in nothing",
        "handed in 2 times",
        "bob.zip",
    ):
        assert len([line for line in said if words in line]) == 1, (words, said)
    table = rows(out)
    assert sorted(table) == ["1", "2", "mallory"]
    assert (table["2"]["status"], table["2"]["total"]) == ("refused", "0")
    assert table["mallory"]["total"] == "10"


def test_an_extension_without_a_late_policy_is_refused(tmp_path):
    """It would mean nothing, which nobody wants to find out later."""
    more = tmp_path / "extensions.csv"
    more.write_text("student,days\n3,2\n", encoding="utf-8")
    said = grader(
        TINY, "grade", "tiny", TINY / "student/tiny", "--out", tmp_path / "o", "--extensions", more, code=2
    )
    assert "has no late policy" in said


def test_a_mark_and_a_late_line_go_together(tmp_path):
    """The deduction is of the assignment's points; a mark by hand counts before it is taken off."""
    root, out = with_late_policy(tmp_path), tmp_path / "out"
    manifest = root / "tests" / "tiny" / "assignment.toml"
    text = manifest.read_text(encoding="utf-8").replace("points = 10\n", "points = 12\n", 1)
    text += '\n[[questions]]\nid = "q3"\ntitle = "Why"\npoints = 2\npublic = 0\n'
    text += '[[questions.by_hand]]\nid = "why"\ntitle = "Why it works"\npoints = 2\n'
    manifest.write_text(text, encoding="utf-8")
    class_ = tmp_path / "class"
    for name in ("ada", "bob"):
        (class_ / name).mkdir(parents=True)
        (class_ / name / "solution.py").write_text(RIGHT, encoding="utf-8")
    times = tmp_path / "times.csv"
    times.write_text("student,submitted_at\nada,2026-11-20T12:30:00+01:00\n", encoding="utf-8")
    said = grader(root, "grade", "tiny", class_, "--out", out, "--times", times)
    assert "1 of 2 submissions, first bob: when they were handed in is not known" in said
    assert (rows(out)["ada"]["late_deduction"], rows(out)["ada"]["total"]) == ("1.2", "8.8")
    sheet = out / "marks.csv"
    text = sheet.read_text(encoding="utf-8").replace(
        "ada,q3,why,Why it works,2,,", "ada,q3,why,Why it works,2,1.5,fine"
    )
    sheet.write_text(text, encoding="utf-8")
    grader(root, "marks", out)
    row = rows(out)["ada"]
    assert (row["score"], row["max_score"], row["q3"], row["total"]) == ("11.5", "12", "1.5", "10.3")
    data = json.loads((out / "ada" / "results.json").read_text(encoding="utf-8"))
    assert (data["score"], data["pending_points"], data["late"]["deduction"]) == (11.5, 0, 1.2)
