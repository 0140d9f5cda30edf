"""The regrade diff: who gained or lost points between two runs, on which test, and why."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.gradebook.changed_tests import SMALL, TestChange, changed_tests
from harness.gradebook.outcomes import Outcomes, by_student
from harness.gradebook.records import Event, Grading, Student


@dataclass(frozen=True)
class Change:
    """One submission in both runs, and all who are credited with it.

    Attributes:
        tests: Those that changed, in the order of the later run; removed ones behind them.
        notes: What stands beside the points of tests: overrides, the late line.
    """

    students: tuple[Student, ...]
    before: Outcomes
    after: Outcomes
    tests: tuple[TestChange, ...]
    notes: tuple[str, ...] = ()

    @property
    def change(self) -> float | None:
        """Points gained; None where one side has no score."""
        if self.before.score is None or self.after.score is None:
            return None
        return self.after.score - self.before.score


@dataclass(frozen=True)
class QuestionDiff:
    """A question over the class: students who gained and lost on it, and the mean change of all compared."""

    id: str
    title: str
    gained: int
    lost: int
    mean: float


@dataclass(frozen=True)
class TestDiff:
    """A test over the class: students who gained and lost on it, the sum of both, and why in most cases."""

    __test__ = False  # not a pytest class

    id: str
    question: str
    title: str
    gained: int
    lost: int
    points: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Diff:
    """Two runs compared. All counts are students.

    Attributes:
        changes: Whose score changed: losses first, the largest first; then gains, the largest first.
        unscored: Where a fault of the grader's own left one side without a score.
        gained, lost, unchanged: Students.
        quiet: How many of the unchanged have tests that ended in another way.
        mean: Change of all that were compared.
        tests: Those on which somebody gained or lost, the ones that moved most students first.
        appeared, gone: Students of whom only the second or only the first run knows.
        decisions: What people decided between the runs; no part of the points above.
    """

    changes: tuple[Change, ...] = ()
    unscored: tuple[Change, ...] = ()
    gained: int = 0
    lost: int = 0
    unchanged: int = 0
    quiet: int = 0
    mean: float = 0.0
    questions: tuple[QuestionDiff, ...] = ()
    tests: tuple[TestDiff, ...] = ()
    appeared: tuple[Student, ...] = ()
    gone: tuple[Student, ...] = ()
    decisions: tuple[Event, ...] = ()


def diff_runs(
    a: Iterable[Grading],
    b: Iterable[Grading],
    *,
    best: bool = False,
    notes: Mapping[str, tuple[str, ...]] | None = None,
    decisions: Iterable[Event] = (),
) -> Diff:
    """Compare two runs student by student.

    Args:
        a, b: The gradings of the earlier and the later run.
        best: Of several attempts in one run the best counts, otherwise the latest.
        notes: By student: what else decides what counts for them.
        decisions: Carried over into the result.
    """
    before, after = by_student(a, best=best), by_student(b, best=best)
    found = _grouped(before, after, notes or {})
    scored = [c for c in found if c.change is not None]
    changes = [c for c in scored if abs(c.change or 0.0) > SMALL]
    moved = sum(len(c.students) * (c.change or 0.0) for c in scored)
    compared = sum(len(c.students) for c in scored)
    gained = sum(len(c.students) for c in changes if (c.change or 0.0) > 0)
    lost = sum(len(c.students) for c in changes if (c.change or 0.0) < 0)
    quiet = sum(len(c.students) for c in scored if abs(c.change or 0.0) <= SMALL and c.tests)
    return Diff(
        tuple(sorted(changes, key=_rank)),
        tuple(c for c in found if c.change is None),
        gained,
        lost,
        compared - gained - lost,
        quiet,
        moved / compared if compared else 0.0,
        tuple(_by_question(scored, compared)),
        tuple(_by_test(scored)),
        tuple(after[s][0] for s in sorted(after.keys() - before.keys())),
        tuple(before[s][0] for s in sorted(before.keys() - after.keys())),
        tuple(decisions),
    )


def _rank(change: Change) -> tuple[bool, float, str]:
    points = change.change or 0.0
    return (points > 0, -abs(points), change.students[0].id)


def _grouped(
    before: Mapping[str, tuple[Student, Outcomes]],
    after: Mapping[str, tuple[Student, Outcomes]],
    notes: Mapping[str, tuple[str, ...]],
) -> list[Change]:
    """One change for all who handed in the same, sorted by the first one's id."""
    groups: dict[tuple[int, int, tuple[str, ...]], list[Student]] = {}
    sides: dict[tuple[int, int, tuple[str, ...]], tuple[Outcomes, Outcomes]] = {}
    for student in sorted(before.keys() & after.keys()):
        then, now = before[student][1], after[student][1]
        key = (id(then), id(now), notes.get(student, ()))
        groups.setdefault(key, []).append(after[student][0])
        sides[key] = (then, now)
    return [
        Change(tuple(students), *sides[key], tuple(changed_tests(*sides[key])), key[2])
        for key, students in groups.items()
    ]


def _by_question(scored: Iterable[Change], compared: int) -> Iterable[QuestionDiff]:
    titles: dict[str, str] = {}
    moves: dict[str, list[float]] = {}
    for change in scored:
        then, now = change.before.questions, change.after.questions
        for question in [*now, *(q for q in then if q not in now)]:
            titles.setdefault(question, (now.get(question) or then[question])[0])
            points = now.get(question, ("", 0.0))[1] - then.get(question, ("", 0.0))[1]
            moves.setdefault(question, []).extend([points] * len(change.students))
    for question, moved in moves.items():
        gained, lost = sum(p > SMALL for p in moved), sum(p < -SMALL for p in moved)
        yield QuestionDiff(question, titles[question], gained, lost, sum(moved) / compared)


def _by_test(scored: Iterable[Change]) -> list[TestDiff]:
    found: dict[str, list[tuple[TestChange, int]]] = {}
    for change in scored:
        for test in change.tests:
            if abs(test.change) > SMALL:
                found.setdefault(test.id, []).append((test, len(change.students)))
    tests = []
    for test_id, members in found.items():
        why: Counter[tuple[str, ...]] = Counter()
        for test, students in members:
            why[test.reasons] += students
        gained = sum(students for test, students in members if test.change > 0)
        lost = sum(students for test, students in members if test.change < 0)
        points = sum(test.change * students for test, students in members)
        outcome = members[0][0].outcome
        reasons = max(why, key=lambda r: (why[r], r))
        tests.append(TestDiff(test_id, outcome.question, outcome.title, gained, lost, points, reasons))
    return sorted(tests, key=lambda t: (-t.gained - t.lost, t.id))
