"""Points: that they add up to what the manifest declares, and what a submission has earned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.assignment import Assignment, Question
from harness.errors import UsageError
from harness.results import GRADER_ERROR, PASSED, HandMark, QuestionResult, TestResult


@dataclass(frozen=True)
class GradedTest:
    """What collection knows of a test: the arguments of its markers.

    Attributes:
        follows: Names of tests that see the same mistake as this one. Where one of them failed, and `provided`
            passed, a failure here is not charged again.
        provided: Names of tests of which one must pass as evidence that the work is not wrong altogether.
    """

    id: str
    question: str
    title: str
    hidden: bool
    points: float
    follows: tuple[str, ...] = ()
    provided: tuple[str, ...] = ()


def check_points(assignment: Assignment, tests: Sequence[GradedTest], *, with_hidden: bool) -> None:
    """Refuse tests whose points are not what the manifest declares.

    Args:
        with_hidden: Whether hidden tests are among `tests`; a release has none.

    Raises:
        UsageError: The sentence that says which question is off by what.
    """
    for question in assignment.questions:
        ours = [t for t in tests if t.question == question.id]
        public = sum(t.points for t in ours if not t.hidden)
        hidden = sum(t.points for t in ours if t.hidden)
        _agree(question, "public points", question.public, public)
        if with_hidden:
            _agree(question, "hidden points", question.automatic - question.public, hidden)
    for test in tests:
        assignment.question(test.question)
    if with_hidden:
        names = {t.id.rsplit("::", 1)[-1].split("[")[0] for t in tests}
        for test in tests:
            for other in (*test.follows, *test.provided):
                if other not in names:
                    raise UsageError(f"{test.id} names the test {other}, which does not exist.")


def _agree(question: Question, what: str, declared: float, found: float) -> None:
    if abs(declared - found) > 1e-9:
        raise UsageError(
            f"question {question.id} declares {declared:g} {what}, its tests add up to {found:g} "
            f"(off by {found - declared:+g})."
        )


def charge_once(tests: Sequence[GradedTest], results: Sequence[TestResult]) -> None:
    """Give back the points of failures that another test has already charged. Changes `results`.

    One mistake may show in two questions. A test says so beforehand (`follows`), and names the evidence that the
    rest is sound (`provided`): work that is wrong altogether pays in both places.
    """
    by_name: dict[str, list[TestResult]] = {}
    for result in results:
        by_name.setdefault(result.id.rsplit("::", 1)[-1].split("[")[0], []).append(result)
    rules = {t.id: t for t in tests}
    # Before anything is given back: no order matters. A fault of ours has charged nothing.
    lost = {r.id for r in results if r.points < r.max_points and r.status != GRADER_ERROR}
    for result in results:
        rule = rules.get(result.id)
        if (
            rule is None
            or result.status in (PASSED, GRADER_ERROR, "not written", "not run")
            or not rule.follows
        ):
            continue
        sound = [r for name in rule.provided for r in by_name.get(name, []) if r.status == PASSED]
        charged = [r for name in rule.follows for r in by_name.get(name, []) if r.id in lost]
        if charged and sound:
            result.earned = result.points
            result.points, result.charged_to = result.max_points, charged[0].id


def charged_anew(result: TestResult) -> TestResult:
    """A copy of a result as it was before `charge_once`, for an addition together with other results."""
    if result.earned is None:
        return replace(result)
    return replace(result, points=result.earned, earned=None, charged_to=None)


def hand_marks(assignment: Assignment) -> list[HandMark]:
    """The parts that a person is still to mark."""
    return [
        HandMark(item.id, question.id, item.title, item.points)
        for question in assignment.questions
        for item in question.by_hand
    ]


def by_question(assignment: Assignment, results: Sequence[TestResult]) -> list[QuestionResult]:
    """What each question earned. One that has tests, but none among the results (as with --only), is left out."""
    out = []
    for question in assignment.questions:
        ours = [r for r in results if r.question == question.id]
        if ours or not results or not question.automatic:
            earned = sum(r.points for r in ours)
            most = sum(r.max_points for r in ours) if results else question.automatic
            out.append(QuestionResult(question.id, question.title, earned, most, question.bonus))
    return out
