"""Gradings made small: of two runs of ten thousand submissions, all that a comparison needs fits into memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness import results
from harness.gradebook.records import Grading, Student


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test ended. `excuse` is the id of the test that took the points for the same mistake, or None."""

    question: str
    title: str
    hidden: bool
    status: str
    points: float
    max_points: float
    hint: str
    excuse: str | None


@dataclass(frozen=True)
class Outcomes:
    """What a comparison needs of a grading.

    Attributes:
        tests: By id.
        questions: (title, points) by id.
        hashes: `Grading.question_sha256`.
        order: The later attempt has the larger one.
    """

    submission: str
    sha256: str
    students: tuple[Student, ...]
    seed: int
    tier: str
    status: str
    message: str
    score: float | None
    max_score: float
    tests: Mapping[str, Outcome]
    questions: Mapping[str, tuple[str, float]]
    hashes: Mapping[str, str]
    order: tuple[float, int]

    @property
    def faulty(self) -> bool:
        """A fault of the grader's own, which is no score."""
        return self.status == results.GRADER_ERROR or self.score is None


def by_student(gradings: Iterable[Grading], *, best: bool = False) -> dict[str, tuple[Student, Outcomes]]:
    """What counts of a run for each student.

    Args:
        gradings: Of one run; where a student has several, one is chosen.
        best: The one with the most points, otherwise the one handed in last.
    """
    known: dict[Outcome, Outcome] = {}
    chosen: dict[str, tuple[Student, Outcomes]] = {}
    for grading in gradings:
        outcomes = outcomes_of(grading, known)
        for student in grading.students:
            before = chosen.get(student.id)
            if before is None or _rank(outcomes, best) >= _rank(before[1], best):
                chosen[student.id] = (student, outcomes)
    return chosen


def _rank(outcomes: Outcomes, best: bool) -> tuple[float, tuple[float, int]]:
    score = -1.0 if outcomes.score is None else outcomes.score
    return (score if best else 0.0, outcomes.order)


def outcomes_of(grading: Grading, known: dict[Outcome, Outcome] | None = None) -> Outcomes:
    """The small form of a grading; equal outcomes are kept once in `known`."""
    known = {} if known is None else known
    result = grading.result
    tests = {}
    for t in result.tests:
        outcome = Outcome(
            t.question,
            t.title,
            t.visibility != "public",
            t.status,
            t.points,
            t.max_points,
            t.hint,
            t.charged_to,
        )
        # Most of a class pass most tests in the same way: each way is kept once.
        tests[t.id] = known.setdefault(outcome, outcome)
    return Outcomes(
        grading.submission,
        grading.sha256,
        grading.students,
        grading.seed,
        grading.tier,
        result.status,
        result.message,
        result.score,
        result.max_score,
        tests,
        {q.id: (q.title, q.points) for q in result.questions},
        dict(grading.question_sha256),
        (grading.submitted_at.timestamp() if grading.submitted_at else 0.0, grading.id),
    )
