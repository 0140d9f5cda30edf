"""Which of a student's attempts counts."""

from collections.abc import Sequence
from datetime import UTC

from harness.gradebook.records import Attempt
from harness.late_policy import LatePolicy


def choose(attempts: Sequence[Attempt], policy: LatePolicy | None) -> Attempt | None:
    """The attempt that the grade is taken from, or None where there is none; without a policy the latest."""
    if not attempts:
        return None
    return attempts[place_of_choice(attempts, best=policy is not None and policy.attempt == "best")]


def place_of_choice(attempts: Sequence[Attempt], *, best: bool) -> int:
    """Where in `attempts` the one stands that the grade is taken from: the latest, or the best.

    Where a time is not known, times say nothing of the order: the last in `attempts` is the latest then, as it is of
    those at one time. The best is the one with the highest total, what being late
    costs included; of several the latest. An attempt without a total, after a fault of the grader's, is never the best
    while another has one.

    Args:
        attempts: At least one; in the order of handing in, as far as it is known.
    """

    timed = all(a.submitted_at is not None for a in attempts)

    def time(position: int) -> tuple[float, int]:
        at = attempts[position].submitted_at
        return at.astimezone(UTC).timestamp() if timed and at else 0.0, position

    def total(position: int) -> tuple[bool, float, tuple[float, int]]:
        points = attempts[position].total
        return points is not None, points or 0.0, time(position)

    return max(range(len(attempts)), key=total if best else time)
