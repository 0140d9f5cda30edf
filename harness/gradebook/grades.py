"""What counts: from the attempts of a class, marks, late lines and overrides to one grade a student."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from harness.gradebook.records import Attempt, Grade, LateLine, Override, Student
from harness.late.attempts import place_of_choice
from harness.report.marks import Marks, apply_marks, sheet_name
from harness.results import HandMark, QuestionResult, SubmissionResult


@dataclass(frozen=True)
class AttemptRow:
    """An attempt with its last grading, as the gradebook stores them. `number` is the attempt's own."""

    number: int
    grading: int
    attempt: Attempt
    summary: Mapping[str, Any]
    members: tuple[str, ...]
    late: LateLine | None
    extended: datetime | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "AttemptRow":
        """From a row of the database."""
        summary = json.loads(row["summary"])
        submitted_at = datetime.fromisoformat(row["submitted_at"]) if row["submitted_at"] else None
        attempt = Attempt(
            row["submission"],
            row["sha256"],
            submitted_at,
            datetime.fromisoformat(row["graded_at"]),
            row["run"],
            row["status"],
            summary["score"],
            summary["max_score"],
            None,
            False,
        )
        late = None
        if row["due_at"] and submitted_at:
            due_at = datetime.fromisoformat(row["due_at"])
            late = LateLine(submitted_at, due_at, row["late_s"], row["deduction"], row["text"])
        members = tuple(json.loads(row["members"]))
        extended = datetime.fromisoformat(row["extended"]) if row["extended"] else None
        return cls(row["attempt"], row["grading"], attempt, summary, members, late, extended)


def summary_result(submission: str, summary: Mapping[str, Any]) -> SubmissionResult:
    """A result with points by question and marks to come, without tests: enough to add up."""
    return SubmissionResult(
        "",
        submission,
        0,
        "",
        summary["status"],
        summary["score"],
        summary["max_score"],
        summary["pending_points"],
        summary["message"],
        questions=[QuestionResult(q, "", p, m, bonus) for q, (p, m, bonus) in summary["questions"].items()],
        by_hand=[HandMark(*item) for item in summary["by_hand"]],
    )


def by_submission(marks: Marks) -> dict[str, dict[tuple[str, str], tuple[float | None, str]]]:
    """The marks of each submission, by its name as the sheet has it."""
    given: dict[str, dict[tuple[str, str], tuple[float | None, str]]] = {}
    for key, mark in marks.items():
        given.setdefault(key[0], {})[key] = mark
    return given


def marked(row: AttemptRow, given: Mapping[str, Marks]) -> SubmissionResult:
    """An attempt's points with the marks by hand; see `by_submission`."""
    result = summary_result(row.attempt.submission, row.summary)
    own = own_marks(result, given.get(sheet_name(result.submission), {}))
    return apply_marks(result, own) if own else result


def own_marks(result: SubmissionResult, marks: Marks) -> Marks:
    """Those marks whose items this attempt has: the items of an earlier or a later one may be others."""
    items = {sheet_name(item.id) for item in result.by_hand}
    return {key: mark for key, mark in marks.items() if key[1] in items}


def grades_of(
    attempts: Sequence[AttemptRow],
    students: Mapping[str, Student],
    *,
    marks: Marks,
    overrides: Mapping[str, Sequence[Override]],
    best: bool,
) -> list[Grade]:
    """One grade a student, sorted by id.

    Args:
        attempts: With the last grading of each.
        best: Whether the best attempt counts; otherwise the latest does. Where times are not known, the latest is
            the one that a run saw last.
    """
    given = by_submission(marks)
    by_student: dict[str, list[tuple[AttemptRow, SubmissionResult]]] = {}
    for row in attempts:
        result = marked(row, given)
        for member in row.members:
            by_student.setdefault(member, []).append((row, result))
    return [
        _grade(students.get(student, Student(student)), rows, overrides.get(student, ()), best)
        for student, rows in sorted(by_student.items())
    ]


def _grade(
    student: Student,
    rows: Sequence[tuple[AttemptRow, SubmissionResult]],
    overrides: Sequence[Override],
    best: bool,
) -> Grade:
    rows = sorted(rows, key=lambda entry: (entry[0].attempt.run, entry[0].number))
    attempts = [
        replace(
            row.attempt, score=result.score, max_score=result.max_score, total=_total(result.score, row.late)
        )
        for row, result in rows
    ]
    chosen = place_of_choice(attempts, best=best)
    row, result = rows[chosen]
    questions = {q.id: (q.points, q.max_points) for q in result.questions}
    score = result.score
    for one in overrides:
        if one.question is not None and one.question in questions:
            points, most = questions[one.question]
            questions[one.question] = (one.points, most)
            score = None if score is None else round(score - points + one.points, 6)
    total = _total(score, row.late)
    for one in overrides:
        total = one.points if one.question is None else total
    return Grade(
        student,
        row.attempt.submission,
        row.attempt.status,
        row.summary["message"],
        score,
        result.max_score,
        result.pending_points,
        total,
        questions,
        row.late,
        tuple(overrides),
        row.members,
        tuple(replace(a, counts=i == chosen) for i, a in enumerate(attempts)),
        row.attempt.submitted_at,
    )


def _total(score: float | None, late: LateLine | None) -> float | None:
    if score is None:
        return None
    return max(0.0, round(score - (late.deduction if late else 0.0), 6))
