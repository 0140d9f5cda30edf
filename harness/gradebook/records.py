"""What the gradebook knows, as plain records: students, attempts, late lines, overrides, grades, runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from harness.results import SubmissionResult


@dataclass(frozen=True)
class Student:
    """Who is credited. All text comes from outside and is not trusted.

    Attributes:
        id: What names the student in every table: the id of the roster or of the export that the work came from,
            otherwise the submission's name.
        login: The name that some systems use instead, such as a GitHub user.
    """

    id: str
    name: str = ""
    email: str = ""
    section: str = ""
    login: str = ""


@dataclass(frozen=True)
class LateLine:
    """What being late costs: a line of its own, never part of a test's points.

    Attributes:
        submitted_at, due_at: With time zones; `due_at` is the student's own, an extension included.
        late_s: Seconds after `due_at`.
        deduction: Points taken off, 0 or more.
        text: The line as everybody reads it.
    """

    submitted_at: datetime
    due_at: datetime
    late_s: float
    deduction: float
    text: str


@dataclass(frozen=True)
class Override:
    """Points that a person set in place of computed ones: of one question, or of the total (`question` None)."""

    student: str
    question: str | None
    points: float
    reason: str
    author: str
    at: datetime


@dataclass(frozen=True)
class Attempt:
    """One thing that was handed in, as graded last. `counts` is true for the one that the grade is taken from.

    Attributes:
        submission: The name of its folder below the output folder.
        sha256: Of its content.
        submitted_at: None where nobody said.
        total: Points that would count if this attempt did: the score less what being late costs.
    """

    submission: str
    sha256: str
    submitted_at: datetime | None
    graded_at: datetime
    run: int
    status: str
    score: float | None
    max_score: float
    total: float | None
    counts: bool


@dataclass(frozen=True)
class Grade:
    """What one student has: the line of grades.csv, of every sheet and of the class page.

    Attributes:
        submission: The name of the folder below the output folder that holds the reports of what counts.
        status, message: As in `SubmissionResult`.
        score: Points of tests, and hand marks that are in; None where a fault of the grader's own remains.
        max_score, pending_points: As in `SubmissionResult`.
        questions: (points, max_points) by question id, overrides of questions included.
        late: None where the assignment has no late policy, or it was in time.
        overrides: The valid ones: at most one a question, and one of the total.
        total: What counts: the score with overrides of questions, less the late deduction, never below 0; or the
            override of the total. None where `score` is None and nobody set a total.
        members: Ids of all who handed this in together; one for a single student.
        attempts: All of them, in the order of handing in (of grading, where no time is known).
    """

    student: Student
    submission: str
    status: str
    message: str
    score: float | None
    max_score: float
    pending_points: float
    total: float | None
    questions: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    late: LateLine | None = None
    overrides: tuple[Override, ...] = ()
    members: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    submitted_at: datetime | None = None


@dataclass(frozen=True)
class RunRecord:
    """One call of `grader.py grade`. `finished_at` is None where it was stopped or killed.

    Attributes:
        assignment_sha256: Of the assignment as it was.
        graded, kept: Submissions that were graded in this run, and whose earlier results stood.
    """

    id: int
    started_at: datetime
    finished_at: datetime | None
    assignment_sha256: str
    seed: int
    tier: str
    engine: str
    graded: int
    kept: int


@dataclass(frozen=True)
class Grading:
    """What one run found out about one submission.

    Attributes:
        submission: The name of its folder below the output folder.
        sha256: Of what was handed in.
        question_sha256: By question: of its tests and of all that they build on.
        kept: The result of an earlier run stood, since nothing had changed.
        result: As the machine gave it: without marks by hand, late line and overrides.
    """

    id: int
    run: int
    submission: str
    sha256: str
    students: tuple[Student, ...]
    submitted_at: datetime | None
    graded_at: datetime
    seed: int
    tier: str
    assignment_sha256: str
    question_sha256: Mapping[str, str]
    kept: bool
    result: SubmissionResult


@dataclass(frozen=True)
class Event:
    """One line of the gradebook's log, which only grows. `run` is None for what happened outside of one."""

    id: int
    at: datetime
    run: int | None
    kind: str
    subject: str
    detail: str
