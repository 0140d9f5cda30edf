"""CSV files about a class: rosters, times of handing in, extensions."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.errors import UsageError
from harness.input_files import read_input
from harness.report.grades_csv import uncell
from harness.text import one_line
from harness.times import parse_time

LARGEST_BYTES = 50 << 20
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class Row:
    """One row below the header: where it stands, and its cells by column number."""

    place: str
    line: int
    cells: tuple[str, ...]

    def cell(self, column: int | None) -> str:
        """The text of a cell in one line; empty where the row is shorter or there is no such column."""
        if column is None or column >= len(self.cells):
            return ""
        return one_line(uncell(self.cells[column].strip()))


@dataclass(frozen=True)
class ClassSheet:
    """A CSV file. `header` holds the names of the columns as `heading` folds them."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, names: Sequence[str]) -> int | None:
        """The number of the first of these columns that is there."""
        return next((self.header.index(name) for name in names if name in self.header), None)


def read_sheet(path: Path) -> ClassSheet:
    """Read a CSV file; commas, semicolons and tabs may separate the columns.

    Raises:
        UsageError: If it cannot be read, is no UTF-8 or no CSV: one sentence with the file, and the line if known.
    """
    text = _text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    found = _rows(path, text, max(",;\t", key=bare.count))
    header = next(found, None)
    if header is None:
        raise UsageError(f"{path} is empty: its first line must name the columns")
    rows = []
    for row in found:
        if len(row.cells) > len(header.cells) and any(c.strip() for c in row.cells[len(header.cells) :]):
            raise UsageError(
                f"{row.place}: it has {len(row.cells)} cells for {len(header.cells)} columns: "
                "put quotes around text that contains the separator"
            )
        rows.append(row)
    return ClassSheet(path, tuple(heading(cell) for cell in header.cells), tuple(rows))


def _text(path: Path) -> str:
    data = read_input(path, LARGEST_BYTES, "it is no sheet about a class")
    if data.startswith(_SPREADSHEETS):
        raise UsageError(f"{path} is a spreadsheet or an archive, not CSV: save it as CSV UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}, line {line}: it is not UTF-8: save the file again as CSV UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UsageError(f"{path}, line {line}: it is not CSV (a NUL byte): save the file again as CSV UTF-8")
    return text


def _rows(path: Path, text: str, separator: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    start = 1
    try:
        for cells in reader:
            where, start = start, reader.line_num + 1
            if any(cell.strip() for cell in cells):
                yield Row(f"{path}, line {where}", where, tuple(cells))
    except csv.Error as error:
        raise UsageError(f"{path}, line {start}: it is not CSV ({error}): check its quotes") from None


def heading(name: str) -> str:
    """A column's name as it is compared: `Student_ID` is `student id`."""
    return " ".join(re.findall(r"\w+", key(name).replace("_", " ")))


def key(text: str) -> str:
    """An id, a login or an address as it is compared: composed, in one case, without blanks around it."""
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    return unicodedata.normalize("NFKC", folded)


STUDENT_COLUMNS = (
    "student",
    "student id",
    "sid",
    "id",
    "identifier",
    "roster identifier",
    "sis user id",
    "login",
    "github username",
    "sis login id",
    "email",
    "email address",
)
TIME_COLUMNS = ("submitted at", "submission timestamp", "submission time", "time")


def read_times(path: Path) -> dict[str, datetime]:
    """When who handed in, by whatever the file calls a student, each with a zone.

    Reads `student,submitted_at`, GitHub Classroom's grades (by the repository, the user and the identifier in the
    roster) and Gradescope's. Rows without a time are of students who handed in nothing.

    Raises:
        UsageError: If a column is missing, a time has no zone, or a student has two different times.
    """
    sheet = read_sheet(path)
    when = sheet.column(TIME_COLUMNS)
    names = [n for n in ("student repository name", "github username", *STUDENT_COLUMNS) if n in sheet.header]
    if when is None or not names:
        raise UsageError(
            f"{path}, line 1: it must have a column student (or login, email, sid, github_username) and a column "
            "submitted_at (or submission_timestamp)"
        )
    times: dict[str, datetime] = {}
    lines: dict[str, int] = {}
    first, *others = dict.fromkeys(names)
    rows = [(row, _time(row, when)) for row in sheet.rows if row.cell(when)]
    for name in (first, *others):
        for row, time in rows:
            who = row.cell(sheet.column([name])).rpartition("/")[
                2
            ]  # a repository may stand there as owner/name
            if not who:
                continue
            other = times.setdefault(key(who), time)
            if other != time and name == first:
                raise UsageError(
                    f"{row.place}: {who} already has another time on line {lines[key(who)]}: keep one of the rows"
                )
            lines.setdefault(key(who), row.line)
    return times


def _time(row: Row, column: int) -> datetime:
    try:
        return parse_time(row.cell(column))
    except ValueError as error:
        raise UsageError(f"{row.place}: {error}") from None


def time_of(times: Mapping[str, datetime], names: Sequence[str]) -> datetime | None:
    """The time of the first of these names that has one."""
    return next((times[key(name)] for name in names if name and key(name) in times), None)
