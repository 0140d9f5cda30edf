"""Gradings made by hand, and a gradebook of two runs that holds them."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness import assignment
from harness.engines.job import Graded
from harness.gradebook.book import Gradebook
from harness.gradebook.recording import RunRecorder
from harness.gradebook.records import Grading, Student
from harness.grading.identity import Identity
from harness.grading.warm_process import row
from harness.intake.packed import Packed
from harness.report.files import RESULTS
from harness.results import GRADED, PASSED, QuestionResult, SubmissionResult, TestResult

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
TIER = "bubblewrap + Landlock + seccomp"
HASHES = {"1": "one", "2": "two"}


def a_test(name: str, points: float, most: float = 1.0, question: str = "1", **more) -> TestResult:
    """A test that passed where it has all points."""
    status = more.pop("status", PASSED if points == most else "failed")
    more.setdefault("hint", "" if points == most else f"look at {name}")
    return TestResult(
        f"test_x.py::{name}", question, f"{name} is right.", "hidden", status, points, most, **more
    )


def a_result(
    submission: str, tests: list[TestResult], status: str = GRADED, seed: int = 7
) -> SubmissionResult:
    """The result that these tests add up to."""
    questions = [
        QuestionResult(
            q,
            f"Question {q}",
            sum(t.points for t in tests if t.question == q),
            sum(t.max_points for t in tests if t.question == q),
        )
        for q in sorted({t.question for t in tests})
    ]
    score = None if status == "grader error" else sum(q.points for q in questions)
    most = sum(q.max_points for q in questions)
    return SubmissionResult(
        "binary_mlp",
        submission,
        seed,
        TIER,
        status,
        score,
        most,
        title="Nets",
        questions=questions,
        tests=tests,
    )


def a_grading(
    submission: str,
    tests: list[TestResult],
    *,
    number: int = 1,
    run: int = 1,
    content: str = "same",
    hashes: dict[str, str] | None = None,
    seed: int = 7,
    tier: str = TIER,
    students: tuple[str, ...] = (),
    submitted_at: datetime | None = None,
    kept: bool = False,
    status: str = GRADED,
) -> Grading:
    """One grading; what is not said is as in every other."""
    return Grading(
        number,
        run,
        submission,
        content,
        tuple(Student(s) for s in students or (submission,)),
        submitted_at,
        START + timedelta(days=run),
        seed,
        tier,
        "a",
        HASHES if hashes is None else hashes,
        kept,
        a_result(submission, tests, status, seed),
    )


def a_gradebook(out: Path, runs: list[dict[str, list[TestResult]]]) -> Path:
    """A gradebook in which each run graded these submissions, whose content never changes."""
    out.mkdir(parents=True, exist_ok=True)
    chosen = assignment.load("binary_mlp")
    with Gradebook.make(out) as book:
        for number, submissions in enumerate(runs):
            hashes = {q.id: f"{q.id}/{number}" for q in chosen.questions}
            recorder = RunRecorder(
                book, chosen, Identity(f"assignment {number}", hashes), seed=7, tier=TIER, engine="local"
            )
            for name, tests in submissions.items():
                packed = Packed(
                    name, "folder", (), hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
                )
                attempt = recorder.attempt(name, packed, [Student(name)], START)
                result = a_result(name, tests)
                reports = {RESULTS: json.dumps(result.to_dict()).encode()}
                recorder.record(attempt, packed, Graded(name, row(result, {}), reports, {}), None)
    return out
