"""What the tests of the exports share: a graded class made by hand, hostile and with hidden tests that hold secrets."""

from pathlib import Path

from harness.gradebook.records import Grade, Student
from harness.report.files import write_reports
from harness.results import HandMark, LeaderboardEntry, Picture, QuestionResult, SubmissionResult, TestResult

HOSTILE = "\x1b[31m\u202e]]><script>alert(1)</script>|`*@everyone*`\n::error::owned\x00\ud800=1+1"
SECRET = "S3CRET"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def result_of(name: str = "ada", **changes: object) -> SubmissionResult:
    """5 of 9 points: a public failure with a place, a hidden one with secrets, a bonus, a mark by hand."""
    tests = [
        TestResult("test_a.py::test_one[0.0]", "1.2b", "One is one.", "public", "passed", 2, 2),
        TestResult("test_a.py::test_one[1e3]", "1.2b", "One is one.", "public", "passed", 2, 2),
        TestResult(
            "test_a.py::test_two",
            "1.2b",
            "Two is two.",
            "public",
            "failed",
            0.5,
            3,
            hint="Compare with zero: 100%, sure.",
            expected="0.0",
            got="-1.0",
            trace="main.py, line 3, in outer\n    inner()\nhw2.py, line 12, in relu\n    return x",
            output="debug\n",
            duration_s=0.25,
        ),
        TestResult(
            f"hidden/test_a.py::test_fresh[{SECRET}]",
            "1.2d",
            "Fresh inputs.",
            "hidden",
            "failed",
            0,
            1,
            hint="Sum over the rows.",
            expected=SECRET,
            got=SECRET,
            detail=SECRET,
            trace=f"hw2.py, line 40, in {SECRET}\n    {SECRET}",
            output=SECRET,
        ),
        TestResult("test_b.py::test_more", "1.3", "More.", "public", "passed", 0.5, 0),
    ]
    result = SubmissionResult(
        assignment="binary_mlp",
        submission=name,
        seed=7,
        tier="Landlock + seccomp",
        score=5.5,
        max_score=9,
        pending_points=1,
        title="Threes & nines",
        tests=tests,
        questions=[
            QuestionResult("1.2b", "Layers", 5, 8),
            QuestionResult("1.2d", "Backward", 0, 1),
            QuestionResult("1.3", "Noise", 0.5, 0, bonus=True),
        ],
        by_hand=[HandMark("cache", "1.2d", "What the cache holds", 1)],
        pictures=[Picture("curves.png", "Loss"), Picture("mistakes.png", "Mistakes")],
        leaderboard=[LeaderboardEntry("accuracy", 0.97)],
        started_at="2026-01-02T03:04:05Z",
        duration_s=2.5,
    )
    for key, value in changes.items():
        setattr(result, key, value)
    return result


def hostile_result(name: str = "mallory") -> SubmissionResult:
    """The same with poison wherever a submission has a say."""
    result = result_of(name, message=HOSTILE, notes=[HOSTILE], title=HOSTILE)
    for test in result.tests:
        test.title = test.hint = test.expected = test.got = test.detail = test.output = HOSTILE
        test.trace = f"a,b:c%\n{HOSTILE}.py, line 7, in f"
        test.status = "failed"
    return result


def faulty_result(name: str = "eve") -> SubmissionResult:
    """A fault of the grader, the text of which quotes a hidden test."""
    result = result_of(name, status="grader error", score=None, message=f"Traceback {SECRET}")
    result.tests[3].status, result.tests[3].hint = "grader error", f"Traceback {SECRET}"
    return result


def grade_of(student: Student | str, total: float | None = 41.5, **changes: object) -> Grade:
    """A grade out of 60, of a student or of the id of one."""
    who = student if isinstance(student, Student) else Student(student)
    known: dict = {"submission": who.id, "status": "graded", "message": "", "score": total, "max_score": 60.0}
    return Grade(who, total=total, **({"pending_points": 0.0} | known | changes))


def class_folder(folder: Path, results: list[SubmissionResult]) -> Path:
    """A folder as `grade --out` leaves it, without a gradebook."""
    for result in results:
        write_reports(result, folder / result.submission, {"curves.png": PNG, "mistakes.png": PNG})
    return folder
