"""Extensions: students who have more time, from a CSV."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.class_sheets import STUDENT_COLUMNS, Row, key, read_sheet
from harness.errors import UsageError
from harness.gradebook.records import Student
from harness.times import parse_time

_NUMBER = re.compile(r"\d{1,5}([.,]\d{1,6})?", re.ASCII)
_UNITS = {"hours": timedelta(hours=1), "days": timedelta(hours=24)}


@dataclass(frozen=True)
class Extension:
    """One row: a due time of the student's own, or so much more time."""

    student: str
    place: str
    due: datetime | None = None
    more: timedelta = timedelta(0)

    def due_after(self, due: datetime) -> datetime:
        """The student's due time; never before the one of the assignment."""
        if self.due is None:
            # Added in UTC: on a local clock, hours would be lost or won where clocks are changed.
            return (due.astimezone(UTC) + self.more).astimezone(due.tzinfo)
        return max(self.due, due, key=lambda time: time.astimezone(UTC))


@dataclass(frozen=True)
class Extensions:
    """Extensions by what the file calls a student: an id, a login or an address."""

    path: Path
    by_key: dict[str, Extension]

    @classmethod
    def read(cls, path: Path) -> "Extensions":
        """Read `student,due` or `student,hours` (or `days`); one of these columns must be filled in in each row.

        Raises:
            UsageError: If a time has no zone, a number is none, or a student stands there twice.
        """
        sheet = read_sheet(path)
        who = sheet.column(STUDENT_COLUMNS)
        columns = {name: sheet.column((name,)) for name in ("due", *_UNITS)}
        if who is None or all(column is None for column in columns.values()):
            raise UsageError(
                f"{path}, line 1: it must have a column student (or id, login, email) and a column due, hours or days"
            )
        found: dict[str, Extension] = {}
        for row in sheet.rows:
            student = row.cell(who)
            filled = {name: row.cell(column) for name, column in columns.items() if row.cell(column)}
            if not student:
                raise UsageError(f"{row.place}: the student is empty: fill it in or delete the row")
            if len(filled) != 1:
                given = " and ".join(filled) or "none of them"
                raise UsageError(f"{row.place}: one of due, hours and days must be filled in, got {given}")
            if other := found.get(key(student)):
                raise UsageError(
                    f"{row.place}: {student} already has an extension ({other.place}): keep one of the rows"
                )
            found[key(student)] = _extension(row, student, *filled.popitem())
        return cls(path, found)

    def due(self, students: Iterable[Student], due: datetime) -> datetime | None:
        """The due time that an extension gives to those who handed in together, or None where nobody has one.

        One member's extension is the whole group's: of several, the most generous counts.
        """
        times = [e.due_after(due) for s in students for e in self._of(s)]
        return max(times, key=lambda time: time.astimezone(UTC), default=None)

    def unknown(self, students: Iterable[Student]) -> list[str]:
        """A line for each extension of somebody who is not among these students: it may be a slip of the pen."""
        known = {key(text) for s in students for text in _names(s) if text}
        return [
            f"{e.place}: nobody in the class is called {e.student}: correct it, or the extension is nobody's"
            for name, e in self.by_key.items()
            if name not in known
        ]

    def _of(self, student: Student) -> list[Extension]:
        return [self.by_key[key(name)] for name in _names(student) if name and key(name) in self.by_key]


def _names(student: Student) -> Sequence[str]:
    return (student.id, student.login, student.email)


def _extension(row: Row, student: str, column: str, text: str) -> Extension:
    if column == "due":
        try:
            return Extension(student, row.place, parse_time(text))
        except ValueError as error:
            raise UsageError(f"{row.place}: {error}") from None
    if not _NUMBER.fullmatch(text):
        raise UsageError(f"{row.place}: {column} must be a number, 0 or more, got {text!r}: correct it")
    return Extension(student, row.place, more=float(text.replace(",", ".")) * _UNITS[column])
