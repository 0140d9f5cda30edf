"""Which tests of a submission ended in another way, and why."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness import results
from harness.gradebook.outcomes import Outcome, Outcomes
from harness.report.text_report import number

SMALL = 1e-9  # points; sums of floats differ by as much


@dataclass(frozen=True)
class TestChange:
    """A test whose points, status or excuse changed; None on the side where there was no such test."""

    __test__ = False  # not a pytest class

    id: str
    before: Outcome | None
    after: Outcome | None
    reasons: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """The newest that there is, for what does not change: question and title."""
        found = self.after or self.before
        assert found
        return found

    @property
    def change(self) -> float:
        """Points gained; negative where they were lost."""
        return (self.after.points if self.after else 0.0) - (self.before.points if self.before else 0.0)


def changed_tests(then: Outcomes, now: Outcomes) -> Iterator[TestChange]:
    """The tests whose points, status or excuse changed, those that are gone behind the others."""
    for test in [*now.tests, *(t for t in then.tests if t not in now.tests)]:
        before, after = then.tests.get(test), now.tests.get(test)
        if before is None or after is None or _differ(before, after):
            yield TestChange(test, before, after, tuple(_reasons(then, now, before, after)))


def _differ(before: Outcome, after: Outcome) -> bool:
    return (
        abs(before.points - after.points) > SMALL
        or abs(before.max_points - after.max_points) > SMALL
        or (before.status, before.excuse) != (after.status, after.excuse)
    )


def _reasons(then: Outcomes, now: Outcomes, before: Outcome | None, after: Outcome | None) -> Iterator[str]:
    """Why a test may have ended in another way: everything that it depends on and that is not as it was."""
    question = (after or before).question  # type: ignore[union-attr]
    asked_then, asked_now = then.hashes.get(question), now.hashes.get(question)
    if before is None:
        yield "the test is new" if asked_then else "the question was not graded in the first run"
    elif after is None:
        yield "the test was removed" if asked_now else "the question was not graded in the second run"
    elif abs(before.max_points - after.max_points) > SMALL:
        yield f"re-weighted from {number(before.max_points)} to {number(after.max_points)} points"
    if then.sha256 != now.sha256:
        yield "the submission changed"
    if before and after:
        if asked_then != asked_now:
            yield "the question's tests changed, or what they build on"
        if then.seed != now.seed:
            yield "graded with another seed"
        if then.tier != now.tier:
            yield f"another sandbox tier ({then.tier}, then {now.tier})"
        if results.GRADER_ERROR in (before.status, after.status):
            yield "a fault of the grader's own" + (
                " then" if before.status == results.GRADER_ERROR else " now"
            )
        if before.excuse != after.excuse:
            yield "charged itself now" if after.excuse is None else "not charged again now"
        same = then.sha256 == now.sha256 and then.seed == now.seed and asked_then == asked_now
        if (
            same
            and before.status != after.status
            and results.GRADER_ERROR not in (before.status, after.status)
        ):
            yield "nothing that it depends on changed: its outcome is not steady"
