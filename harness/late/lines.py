"""The line that says what being late costs."""

import math
from datetime import UTC, datetime, timedelta

from harness.gradebook.records import LateLine
from harness.late_policy import LatePolicy
from harness.report.text_report import number

NO_TIME = "When it was handed in is not known: it is not counted as late."


def late_line(
    policy: LatePolicy,
    submitted_at: datetime | None,
    extension: datetime | None,
    score: float | None,
    max_points: float,
) -> LateLine | None:
    """What being late costs one submission, in points of the assignment.

    Within the grace nothing is taken off, and the line says so. Beyond it, lateness counts from the due time, not
    from the end of the grace. All is reckoned in elapsed time: a day is 24 hours, also where clocks are put back.

    Args:
        submitted_at: With a time zone. None where it is not known, which is never late: show `NO_TIME`.
        extension: The student's own due time, if there is one: see `Extensions.due`. It never makes the time shorter.
        score: What was scored before; no more than that is ever taken off. None where it is not known yet.
        max_points: The points of the whole assignment, of which percentages are taken.

    Returns:
        None where it was handed in in time, or at a time that is not known.
    """
    if submitted_at is None:
        return None
    # Two times of one zone are subtracted as their clocks show them, unless they are brought to UTC.
    due = policy.due
    if extension is not None and extension.astimezone(UTC) > due.astimezone(UTC):
        due = extension
    late = submitted_at.astimezone(UTC) - due.astimezone(UTC)
    if late <= timedelta(0):
        return None
    most = max_points if score is None else max(score, 0.0)
    extended = " as extended" if due is not policy.due else ""
    when = (
        f"{duration(late)} late (handed in {_shown(submitted_at.astimezone(due.tzinfo))}, "
        f"due {_shown(due)}{extended})"
    )
    if policy.closes_after is not None and late > policy.closes_after:
        deduction = _rounded(most)
        rule = f"it closed {duration(policy.closes_after)} after that, so nothing counts: {_off(deduction)}"
    elif late <= policy.grace:
        deduction = 0.0
        rule = f"within the grace of {duration(policy.grace)}: nothing off"
    else:
        deduction, rule = _deduction(policy, late, most, max_points)
    return LateLine(submitted_at, due, late.total_seconds(), deduction, f"{when}: {rule}")


def _deduction(policy: LatePolicy, late: timedelta, most: float, max_points: float) -> tuple[float, str]:
    steps = -(-late // policy.step)  # each one begun
    wanted = steps * policy.deduction.points(max_points)
    rule = f"{steps} {policy.per}{'' if steps == 1 else 's'} begun at {policy.deduction}"
    if policy.deduction.percent:
        rule += f" of {number(max_points)} points"
    if policy.cap is not None and wanted > policy.cap.points(max_points):
        wanted = policy.cap.points(max_points)
        rule += f", at most {policy.cap}"
    if wanted > most:
        wanted = most
        rule += ", at most what was scored"
    deduction = _rounded(wanted)
    return deduction, f"{rule}: {_off(deduction)}"


def _off(points: float) -> str:
    return f"{number(points, 4)} point{'' if points == 1 else 's'} off"


def _rounded(points: float) -> float:
    return round(points, 6) if math.isfinite(points) else 0.0


def duration(time: timedelta) -> str:
    """A time span in its two largest units: `2 days 3 h`, `1 h 5 min`, `40 s`, and `under 1 s`."""
    seconds = int(time.total_seconds())
    days, rest = divmod(seconds, 86400)
    units = [
        f"{days} day{'' if days == 1 else 's'}" if days else "",
        f"{rest // 3600} h" if rest >= 3600 else "",
        f"{rest // 60 % 60} min" if rest // 60 % 60 else "",
        f"{rest % 60} s" if rest % 60 else "",
    ]
    first = next((i for i, unit in enumerate(units) if unit), None)
    if first is None:
        return "under 1 s" if time else "0 s"
    return " ".join(unit for unit in units[first : first + 2] if unit)


def _shown(time: datetime) -> str:
    return time.isoformat(" ", "seconds" if time.second or time.microsecond else "minutes")
