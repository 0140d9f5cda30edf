"""Canvas: one column of the instructor's own exported gradebook, filled in."""

import re
from collections.abc import Sequence

from harness.errors import UsageError
from harness.exports.filling import Filled, check_maximum, fill
from harness.exports.matching import RowKeys, keys_of, match, name_key
from harness.exports.sheets import Sheet, decimal_comma
from harness.gradebook.records import Grade
from harness.text import one_line

ID_COLUMNS = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")
LAST_OF_STUDENT = "Section"
POINTS_POSSIBLE = "points possible"
TEST_STUDENT = "student, test"
EXCUSED = "ex"


def fill_gradebook(
    sheet: Sheet, grades: Sequence[Grade], column: str, points: float, other_maximum: bool = False
) -> Filled:
    """Fill the column of one assignment in.

    Args:
        sheet: The exported gradebook.
        grades: One a student.
        column: The assignment's header there, such as `Homework 2 (12345)`, its title or its id alone.
        points: What the assignment is out of.
        other_maximum: Fill in although Canvas has other points for it.

    Raises:
        UsageError: If this is no gradebook of Canvas, or has no such column, or its points differ.
    """
    header = [sheet.value(0, i) for i in range(len(sheet.rows[0]))]
    if [h.casefold() for h in header[:2]] != ["student", "id"]:
        raise UsageError(
            f"{sheet.path} is no gradebook of Canvas: its first two columns must be Student and ID; "
            "export it in Canvas with Grades, Export"
        )
    at = _column(sheet, header, column)
    students = []
    for row in range(1, len(sheet.rows)):
        name = sheet.value(row, 0)
        if name.casefold() == POINTS_POSSIBLE:
            found = sheet.value(row, at)
            if "read only" in found.casefold():
                raise UsageError(
                    f"{sheet.path}: Canvas computes the column {header[at]!r}: name an assignment's"
                )
            check_maximum(f"{sheet.place(row)}, column {header[at]!r}", found, points, other_maximum)
        elif name and name.casefold() != TEST_STUDENT and not _is_note(sheet, row):
            students.append(row)
    id_columns = [i for i, h in enumerate(header) if h in ID_COLUMNS]
    keys = [
        RowKeys(
            row,
            keys_of(sheet.value(row, i) for i in id_columns),
            name_key(sheet.value(row, 0)),
            one_line(sheet.value(row, 0), 80),
        )
        for row in students
    ]
    return fill(
        sheet,
        at,
        match(keys, grades),
        students,
        comma=sheet.separator == ";" and decimal_comma(sheet, list(range(len(header)))),
        named=lambda row: one_line(sheet.value(row, 0), 80),
        kept=lambda row: "excused in Canvas" if sheet.value(row, at).casefold() == EXCUSED else "",
    )


def _is_note(sheet: Sheet, row: int) -> bool:
    """Whether a row is about columns and not about a student: it has no id of any kind."""
    return not any(sheet.value(row, i) for i in range(1, min(5, len(sheet.rows[row]))))


def _column(sheet: Sheet, header: list[str], wanted: str) -> int:
    first = header.index(LAST_OF_STUDENT) + 1 if LAST_OF_STUDENT in header else 2
    offered = {i: h for i, h in enumerate(header) if i >= first and h}
    titles = {i: re.sub(r"\s*\(\d+\)$", "", h) for i, h in offered.items()}
    ids = {i: h[len(titles[i]) :].strip(" ()") for i, h in offered.items()}
    for names in (offered, titles, ids):
        hits = [i for i, h in names.items() if h == wanted.strip()]
        if len(hits) == 1:
            return hits[0]
        if len(hits) > 1:
            which = " and ".join(repr(one_line(header[i], 60)) for i in hits)
            raise UsageError(f"{sheet.path} has the column {wanted!r} {len(hits)} times: {which}; name one")
    listed = ", ".join(repr(one_line(h, 60)) for h in offered.values() if re.search(r"\(\d+\)$", h)) or "none"
    raise UsageError(f"{sheet.path} has no column {wanted!r} for an assignment; it has {listed}")
