"""Moodle: the offline grading worksheet, filled in. Its headers come in the language of whoever downloaded it."""

import re
from collections.abc import Sequence

from harness.errors import UsageError
from harness.exports.filling import Filled, check_maximum, fill
from harness.exports.matching import RowKeys, key, keys_of, match, name_key
from harness.exports.sheets import Sheet, decimal_comma, figure
from harness.gradebook.records import Grade
from harness.text import one_line

# As Moodle's language packs call the columns; one that is not here is found by its cells or named by --column.
GRADE = {
    "grade", "bewertung", "note", "calificación", "nota", "avaliação", "valutazione", "beoordeling", "cijfer",
    "ocena", "оценка", "оцінка", "arvosana", "hinne", "betyg", "karakter", "známka", "hodnocení", "osztályzat",
    "评分", "成績", "评定", "評點", "성적", "not", "kalifikazioa", "qualificació", "βαθμός",
}  # fmt: skip
MAXIMUM = {
    "maximum grade", "bestwertung", "höchstbewertung", "maximale bewertung", "note maximale", "calificación máxima",
    "valutazione massima", "nota máxima", "maximumcijfer", "maximale cijfer", "maximumbeoordeling",
    "maksymalna ocena", "максимальная оценка", "maksimi arvosana", "最高评分", "最大評点", "avaliação máxima",
}  # fmt: skip
NAME = {
    "full name", "vollständiger name", "nom complet", "nombre completo", "cognome nome", "nome completo",
    "volledige naam", "pełna nazwa", "imię i nazwisko", "полное имя", "koko nimi", "nome e cognome", "姓名", "氏名",
}  # fmt: skip
ID_NUMBER = {
    "id number", "id-nummer", "numéro d'identification", "número de id", "número de identificación", "idnumber",
    "codice identificativo", "nr albumu", "индивидуальный номер", "学号", "idナンバー", "número de identificação",
}  # fmt: skip
LOCKED = {
    "grade can be changed", "bewertung kann geändert werden", "la note peut être modifiée",
    "la calificación puede ser cambiada", "la valutazione può essere modificata",
}  # fmt: skip
NO = {"no", "nein", "non"}
_PARTICIPANT = re.compile(r"\D*?(\d+)")


def fill_worksheet(
    sheet: Sheet, grades: Sequence[Grade], points: float, column: str = "", other_maximum: bool = False
) -> Filled:
    """Fill the grades in; every other column, `Last modified (grade)` among them, stays as it is.

    Args:
        sheet: The worksheet as downloaded.
        grades: One a student; a student is known by participant number, id number, email, or name.
        points: What the assignment is out of.
        column: The header of the grades, where it is in no language known here.
        other_maximum: Fill in although Moodle has another maximum.

    Raises:
        UsageError: If this is no grading worksheet, or its maximum differs.
    """
    header = [sheet.value(0, i) for i in range(len(sheet.rows[0]))]
    rows = [row for row in range(1, len(sheet.rows)) if not sheet.blank(row)]
    identifier = _identifier(sheet, header, rows)
    at = _grade_column(sheet, header, column)
    maximum = _first(header, MAXIMUM)
    if maximum is not None:
        for row in rows:
            check_maximum(sheet.place(row), sheet.value(row, maximum), points, other_maximum)
    name, locked = _first(header, NAME), _first(header, LOCKED)
    id_number = _first(header, ID_NUMBER)
    emails = [i for i in range(len(header)) if any("@" in sheet.value(row, i) for row in rows)]
    keys = []
    for row in rows:
        ids = [sheet.value(row, i) for i in (*emails, *([] if id_number is None else [id_number]))]
        who = sheet.value(row, name) if name is not None else ""
        number = _participant(sheet.value(row, identifier))
        keys.append(
            RowKeys(
                row,
                keys_of(ids) | {f"participant {number}"},
                name_key(who),
                one_line(who or sheet.value(row, identifier), 80),
            )
        )
    called = {k.row: k.shown for k in keys}
    extra = {g.student.id: _participants(g) for g in grades}
    return fill(
        sheet,
        at,
        match(keys, grades, extra),
        rows,
        comma=decimal_comma(sheet, [at, *([] if maximum is None else [maximum])]),
        named=lambda row: called[row],
        kept=lambda row: (
            "its grade cannot be changed in Moodle"
            if locked is not None and sheet.value(row, locked).casefold() in NO
            else ""
        ),
    )


def _participant(cell: str) -> str:
    found = _PARTICIPANT.fullmatch(cell)
    return found.group(1) if found else ""


def _participants(grade: Grade) -> frozenset[str]:
    """What an id says of the participant number: a bare number, or Moodle's own words for it."""
    found = re.fullmatch(r"(?:participant[ _]*)?(\d+)", key(grade.student.id))
    return frozenset({f"participant {found.group(1)}"} if found else ())


def _identifier(sheet: Sheet, header: list[str], rows: list[int]) -> int:
    """The column whose every cell is a word and a number, such as `Participant 123`, none twice."""
    for i in range(len(header)):
        cells = [sheet.value(row, i) for row in rows]
        worded = all(_participant(c) and figure(c) is None for c in cells) and cells
        if (worded or header[i].casefold() == "identifier") and all(map(_participant, cells)):
            if len({*map(_participant, cells)}) < len(cells):
                raise UsageError(f"{sheet.path}: two rows of the column {header[i]!r} name one participant")
            return i
    raise UsageError(
        f"{sheet.path} is no grading worksheet of Moodle: no column holds cells such as `Participant 123`; download "
        "it in the assignment with Submissions, Actions, Download grading worksheet"
    )


def _grade_column(sheet: Sheet, header: list[str], wanted: str) -> int:
    names = {wanted.strip().casefold()} if wanted else GRADE
    hits = [i for i, h in enumerate(header) if h.casefold() in names]
    if len(hits) == 1:
        return hits[0]
    listed = ", ".join(repr(one_line(h, 60)) for h in header if h)
    what = f"no column {wanted!r}" if wanted else "no column for grades that is known here"
    if len(hits) > 1:
        what = f"{len(hits)} columns for grades"
    raise UsageError(f"{sheet.path} has {what}: name it with --column; it has {listed}")


def _first(header: list[str], names: set[str]) -> int | None:
    return next((i for i, h in enumerate(header) if h.casefold() in names), None)
