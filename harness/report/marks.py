"""Hand marks: the sheet that an instructor fills in, and how its marks enter a result."""

import copy
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from harness.errors import UsageError
from harness.report.files import write_whole
from harness.report.grades_csv import line, uncell
from harness.report.text_report import number
from harness.results import SubmissionResult
from harness.text import clean, one_line

COLUMNS = ("submission", "question", "item", "title", "max_points", "points", "comment")
Marks = Mapping[tuple[str, str], tuple[float | None, str]]
NO_MARKS: Marks = MappingProxyType({})
_NUMBER = re.compile(r"-?([0-9]+([.,][0-9]*)?|[.,][0-9]+)")


@dataclass(frozen=True)
class MarkRow:
    """One line of the sheet before it is marked."""

    submission: str
    question: str
    item: str
    title: str
    max_points: float


def rows_of(result: SubmissionResult) -> list[MarkRow]:
    """The lines that the sheet needs for one submission."""
    return [MarkRow(result.submission, m.question, m.id, m.title, m.max_points) for m in result.by_hand]


def write_template(path: Path, rows: Iterable[MarkRow], known: Marks = NO_MARKS) -> None:
    """Create the sheet, or add the rows that it lacks; what stands in it stays, byte for byte.

    Args:
        known: Marks that were given before: rows that are gone come back with them.

    Raises:
        UsageError: If the sheet that is there can't be read.
    """
    if path.exists():
        present, kept, text = set(read_marks(path)), path.read_bytes(), _text(path)
        separator = _separator(text)
        header = [name.strip() for name in next(csv.reader([_first_line(text)], delimiter=separator))]
        kept += b"" if kept.endswith((b"\n", b"\r")) else b"\n"
    else:
        present, kept, separator, header = set(), line(COLUMNS).encode(), ",", list(COLUMNS)
    added = []
    for row in rows:
        key = (sheet_name(row.submission), sheet_name(row.item))
        if key not in present:
            present.add(key)
            points, comment = known.get(key, (None, ""))
            values: dict[str, float | str | None] = {**vars(row), "points": points, "comment": comment}
            added.append(line([values[column] for column in header], separator))
    if added or not path.exists():
        write_whole(path, kept + "".join(added).encode())


def read_marks(path: Path) -> dict[tuple[str, str], tuple[float | None, str]]:
    """The sheet as (submission, item) to (points, comment); points are None where their cell is blank.

    Commas, semicolons and tabs may separate the columns; a decimal comma may stand for the point.

    Raises:
        UsageError: One sentence that names the line and the mend.
    """
    marks: dict[tuple[str, str], tuple[float | None, str]] = {}
    lines: dict[tuple[str, str], int] = {}
    for where, row in _rows(path):
        place = f"{path}, line {where}"
        key = (sheet_name(uncell(row["submission"])), sheet_name(uncell(row["item"])))
        if not all(key):
            raise UsageError(f"{place}: submission and item must be given: fill them in or delete the row")
        if key in lines:
            raise UsageError(
                f"{place}: {_named(key)} is already on line {lines[key]}: keep one of the two rows"
            )
        lines[key] = where
        max_points = _points(row["max_points"], "max_points", place)
        points = _points(row["points"], "points", place)
        if points is not None and max_points is not None and points > max_points:
            raise UsageError(
                f"{place}: points must be at most {number(max_points)}, got {number(points)}: lower the mark"
            )
        marks[key] = (points, row["comment"].strip())
    return marks


def apply_marks(result: SubmissionResult, marks: Marks) -> SubmissionResult:
    """A copy of `result` with the marks in; applying the same marks again changes nothing.

    A mark moves its maximum from `pending_points` to `max_score` and to its question, and its points to the
    score; taking a mark back (blank) reverses that. An item that `marks` doesn't name stays as it is. What a
    bonus question is out of never counts towards `max_score` or `pending_points`.

    Raises:
        UsageError: If a mark is above the item's maximum, or this submission has no such item.
    """
    result = copy.deepcopy(result)
    submission = sheet_name(result.submission)
    items = {sheet_name(mark.id) for mark in result.by_hand}
    for key, (points, _) in marks.items():
        if key[0] == submission and key[1] not in items and points is not None:
            raise UsageError(f"marks.csv: {_named(key)} isn't marked by hand: correct it or delete the row")
    questions = {question.id: question for question in result.questions}
    for mark in result.by_hand:
        key = (submission, sheet_name(mark.id))
        if key not in marks:
            continue
        points, comment = marks[key]
        if points is not None and points > mark.max_points:
            limits = f"at most {number(mark.max_points)} points, got {number(points)}"
            raise UsageError(f"marks.csv: {_named(key)} must have {limits}: lower the mark")
        gained = (points or 0.0) - (mark.points or 0.0)
        moved = mark.max_points * ((points is not None) - (mark.points is not None))
        mark.points, mark.comment = points, clean(comment)
        question = questions.get(mark.question)
        if question is not None:
            question.points = _sum(question.points, gained)
            question.max_points = _sum(question.max_points, moved)
        if result.score is not None:
            result.score = _sum(result.score, gained)
        if question is None or not question.bonus:
            result.max_score = _sum(result.max_score, moved)
            result.pending_points = _sum(result.pending_points, -moved)
    return result


def unknown_submissions(marks: Marks, known: Iterable[str]) -> list[str]:
    """Submissions that have marks but aren't in the class: a spreadsheet that made 007 into 7 shows here."""
    names = {sheet_name(name) for name in known}
    marked = {name for (name, _), (points, _) in marks.items() if points is not None}
    return sorted(marked - names)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row below the header, with the number of its first line."""
    text = _text(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    header: list[str] = []
    start = 1
    try:
        for cells in reader:
            where, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip() for cell in cells]
                _check_header(header, path)
                continue
            if len(cells) > len(header):
                raise UsageError(
                    f"{path}, line {where}: it has {len(cells)} cells for {len(header)} columns: "
                    "put quotes around text or figures that contain the separator"
                )
            yield where, dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True))
    except csv.Error as error:
        raise UsageError(f"{path}, line {start}: it is not CSV ({error}): check its quotes") from None
    if not header:
        _check_header(header, path)


def _check_header(header: list[str], path: Path) -> None:
    wanted = ",".join(COLUMNS)
    unknown = [one_line(name, 40) for name in header if name not in COLUMNS]
    missing = [name for name in COLUMNS if name not in header]
    if unknown:
        raise UsageError(f"{path}, line 1: unknown column {unknown[0]!r}: the columns must be {wanted}")
    if missing:
        raise UsageError(f"{path}, line 1: column {missing[0]!r} is missing: the columns must be {wanted}")
    if len(header) > len(COLUMNS):
        raise UsageError(f"{path}, line 1: a column stands there twice: the columns must be {wanted}")


def _points(text: str, column: str, place: str) -> float | None:
    text = text.strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        got = one_line(text, 40)
        raise UsageError(f"{place}: {column} must be a number or blank, got {got!r}: correct it")
    value = float(text.replace(",", "."))
    if value < 0:
        raise UsageError(f"{place}: {column} must not be negative, got {number(value)}: correct it")
    return value


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): check its name and rights") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8: save it again as CSV UTF-8") from None


def _separator(text: str) -> str:
    return max(",;\t", key=_first_line(text).count)


def _first_line(text: str) -> str:
    return (text.lstrip().splitlines() or [""])[0]


def sheet_name(name: str) -> str:
    """A name as the sheet holds it: cleaned, and without the blanks that whoever edits it may leave around it."""
    return clean(name).strip()


def _named(key: tuple[str, str]) -> str:
    return f"item {one_line(key[1], 60)!r} of {one_line(key[0], 60)!r}"


def _sum(value: float, change: float) -> float:
    # Marks have few decimals; rounding keeps 0.1 + 0.2 from showing up as a difference.
    return round(value + change, 6)
