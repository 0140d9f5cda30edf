"""What grading one submission yields: plain data, the same for every renderer.

`report/results.schema.json` documents the form that is written to disk.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

SCHEMA = 1

PASSED = "passed"
FAILED = "failed"
NOT_WRITTEN = "not written"
NOT_RUN = "not run"
TIMED_OUT = "timed out"
OUT_OF_MEMORY = "out of memory"
CRASHED = "crashed"
REFUSED = "refused"
GRADER_ERROR = "grader error"
GRADED = "graded"
UNTOLD = -1  # in place of a seed that its reader is not to know

TEST_STATUSES = (
    PASSED,
    FAILED,
    NOT_WRITTEN,
    NOT_RUN,
    TIMED_OUT,
    OUT_OF_MEMORY,
    CRASHED,
    REFUSED,
    GRADER_ERROR,
)
SUBMISSION_STATUSES = (GRADED, REFUSED, GRADER_ERROR)


@dataclass
class TestResult:
    """One graded test. All text is already cleaned.

    Attributes:
        id: `file.py::test_name[parameters]`, relative to the assignment's tests.
        question: The id of the question that it counts for.
        title: The first line of the test's docstring.
        visibility: `public` or `hidden`.
        points, max_points: What was earned, out of what. A bonus test may have max_points 0.
        hint: What to try. Empty when the test passed.
        expected, got: Short text at the first place that differs; empty where that says nothing.
        detail: Where they differ, the largest error and the tolerance, in one or a few lines.
        trace: The student's own frames only.
        output: What the submission printed during the test, capped.
        charged_to: Id of the test that already took the points for this same mistake, or None.
        earned: What the test earned by itself, where points were given back since another had charged the mistake.
        duration_s, cpu_s, memory_mib: Wall clock, CPU of the worker, its peak memory.
    """

    __test__ = False  # not a pytest class

    id: str
    question: str
    title: str
    visibility: str
    status: str
    points: float
    max_points: float
    hint: str = ""
    expected: str = ""
    got: str = ""
    detail: str = ""
    trace: str = ""
    output: str = ""
    charged_to: str | None = None
    earned: float | None = None
    duration_s: float = 0.0
    cpu_s: float = 0.0
    memory_mib: int = 0


@dataclass
class QuestionResult:
    """A question's points: the sum over its tests, plus the instructor's marks once they are in."""

    id: str
    title: str
    points: float
    max_points: float
    bonus: bool = False


@dataclass
class HandMark:
    """Something that a person marks. `points` is None until the instructor gives some."""

    id: str
    question: str
    title: str
    max_points: float
    points: float | None = None
    comment: str = ""


@dataclass
class Picture:
    """A file beside the report. `file` is a plain name of ours."""

    file: str
    title: str


@dataclass
class LeaderboardEntry:
    """One figure for a ranking; `order` is `asc` where less is better."""

    name: str
    value: float
    order: str = "desc"


@dataclass
class LateResult:
    """What handing in late costs: a line of its own. Times are ISO 8601 with a zone."""

    submitted_at: str
    due_at: str
    late_s: float
    deduction: float
    text: str


@dataclass
class SubmissionResult:
    """All that is known of one graded submission.

    `max_score` counts what a machine decides plus the hand marks that are in; `pending_points` are the hand
    marks still to come. `score` is None only where a fault of the grader's own remains; being late is never in it.
    """

    assignment: str
    submission: str
    seed: int
    tier: str
    status: str = GRADED
    score: float | None = 0.0
    max_score: float = 0.0
    pending_points: float = 0.0
    message: str = ""
    title: str = ""
    questions: list[QuestionResult] = field(default_factory=list)
    tests: list[TestResult] = field(default_factory=list)
    by_hand: list[HandMark] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    leaderboard: list[LeaderboardEntry] = field(default_factory=list)
    late: LateResult | None = None
    notes: list[str] = field(default_factory=list)
    started_at: str = ""
    duration_s: float = 0.0
    schema: int = SCHEMA

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, `schema` first."""
        data = asdict(self)
        return {"schema": data.pop("schema"), **data}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "SubmissionResult":
        """The inverse of `to_dict`."""
        parts: dict[str, Any] = {
            "questions": QuestionResult,
            "tests": TestResult,
            "by_hand": HandMark,
            "pictures": Picture,
            "leaderboard": LeaderboardEntry,
        }
        known: dict[str, Any] = {k: v for k, v in data.items() if k not in parts}
        known |= {k: [c(**entry) for entry in data.get(k, [])] for k, c in parts.items()}
        if known.get("late") is not None:
            known["late"] = LateResult(**known["late"])
        return cls(**known)
