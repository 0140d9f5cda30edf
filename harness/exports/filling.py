"""The grades of a class, put into one column of a sheet, with a line on everything that was not plain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.errors import UsageError
from harness.exports.matching import Matched, shown
from harness.exports.sheets import Sheet, figure, written
from harness.gradebook.records import Grade
from harness.report.text_report import number
from harness.text import one_line

NAMED = 3  # students whose grades were replaced


@dataclass
class Filled:
    """A sheet with its grades in: the file, how many, and what an instructor should know, a line each.

    Attributes:
        matched: Students of the class who have a row in the sheet, whether or not it could be filled in.
    """

    data: bytes
    count: int
    notes: list[str] = field(default_factory=list)
    matched: int = 0


def fill(
    sheet: Sheet,
    column: int,
    matched: Matched,
    rows: list[int],
    *,
    comma: bool,
    named: Callable[[int], str],
    kept: Callable[[int], str],
) -> Filled:
    """Fill a column in, row by row.

    A cell is left as it is where `kept` says why, and where its student has no grade, or none yet.

    Args:
        rows: The rows of students.
        comma: Write decimal commas.
        named: What a row's student is called.
        kept: Why a row's cell must stay, or an empty string.
    """
    notes, count, without = [*matched.unknown, *matched.ambiguous], 0, []
    replaced: list[str] = []
    pending: list[Grade] = []
    for row in rows:
        grade = matched.grades.get(row)
        if grade is None:
            if row not in matched.unsettled_rows:
                without.append(f"{named(row)} has no grade here: left as it is")
            continue
        if why := kept(row):
            notes.append(f"{shown(grade)}: {why}, left as it is")
            continue
        if grade.total is None:
            why = one_line(grade.message, 200) or grade.status
            notes.append(f"{shown(grade)} has no grade yet ({why}): left as it is")
            continue
        text, before = written(grade.total, comma), sheet.value(row, column)
        if before and figure(before) != figure(text):
            replaced.append(f"{named(row)} {one_line(before, 40)} -> {text}")
        if not before or figure(before) != figure(text):
            sheet.fill(row, column, text)
        count += 1
        if grade.pending_points:
            pending.append(grade)
    notes += without
    if replaced:
        cells = "1 cell" if len(replaced) == 1 else f"{len(replaced)} cells"
        more = f"; and {len(replaced) - NAMED} more" if len(replaced) > NAMED else ""
        notes.append(f"{cells} held another grade before: replaced ({'; '.join(replaced[:NAMED])}{more})")
    if pending:
        most = number(max(g.pending_points for g in pending))
        some = "1 grade still lacks" if len(pending) == 1 else f"{len(pending)} grades still lack"
        notes.append(f"{some} marks by hand, up to {most} points")
    return Filled(sheet.encoded(), count, notes, len(matched.grades))


def partly_graded(grades: Sequence[Grade], points: float) -> str:
    """A sentence where grades are out of less than the others, since only some questions were graded; or nothing.

    Args:
        points: What the assignment is out of.
    """
    whole = max([points, *(g.max_score + g.pending_points for g in grades)])
    # Where a person set the total, it does not matter what was graded.
    counted = [g for g in grades if g.total is not None and all(o.question is not None for o in g.overrides)]
    part = [g for g in counted if g.max_score + g.pending_points < whole - 0.005]
    if not part:
        return ""
    first = f"{number(part[0].max_score + part[0].pending_points)} of {number(whole)} points"
    what = "1 grade is" if len(part) == 1 else f"{len(part)} grades are"
    which = (
        f"{shown(part[0])}, out of {first}"
        if len(part) == 1
        else f"the first: {shown(part[0])}, out of {first}"
    )
    return (
        f"{what} of work that is only partly graded ({which}): grade all questions first, then export again"
    )


def check_maximum(place: str, found: str, points: float, anyway: bool) -> None:
    """Compare what a sheet says a grade is out of with the assignment's points.

    Raises:
        UsageError: If they differ and `anyway` is not set.
    """
    value = figure(found)
    if anyway or not found.strip() or (value is not None and abs(value - points) < 0.005):
        return
    raise UsageError(
        f"{place}: the grade is out of {one_line(found, 40)} there, the assignment out of {number(points)}: "
        "name the right column, correct the points on the platform, or pass --other-maximum to fill in anyway"
    )
