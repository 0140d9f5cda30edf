"""Reads a roster: one of your own, or what Gradescope, Canvas, Moodle and GitHub Classroom export."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.class_sheets import ClassSheet, Row, key, read_sheet
from harness.errors import UsageError
from harness.gradebook.records import Student

_COLUMNS: Mapping[str, Sequence[str]] = {
    "id": ("student id", "sid", "student number", "sis user id", "sis id", "id", "identifier", "id number"),
    "name": ("name", "full name", "student name"),
    "first": ("first name", "given name", "firstname", "first"),
    "last": ("last name", "family name", "surname", "lastname", "last"),
    "email": ("email", "email address", "e mail", "mail"),
    "login": ("login", "login id", "sis login id", "github username", "github login", "github", "username"),
    "section": ("section", "sections", "section name"),
    "canvas": ("canvas id", "canvas user id"),
    "participant": ("participant", "moodle id"),
    "group": ("group", "group name", "team"),
}
_LONGEST_ID = 200


@dataclass(frozen=True)
class Member:
    """A line of the roster: the student, and by which further names platforms know them."""

    student: Student
    canvas: str = ""
    participant: str = ""
    group: str = ""


def read_members(path: Path) -> list[Member]:
    """The lines of a roster; see `Roster.read`."""
    sheet = read_sheet(path)
    columns = _columns(sheet)
    members: list[Member] = []
    lines: dict[str, tuple[int, str]] = {}
    for row in sheet.rows:
        member = _member(row, columns)
        if member is None:
            continue
        line, other = lines.setdefault(key(member.student.id), (row.line, member.student.id))
        if line != row.line:
            same = "" if other == member.student.id else f" as {other}, which differs only in case or form"
            raise UsageError(
                f"{row.place}: the id {member.student.id} is already on line {line}{same}: keep one of the rows"
            )
        members.append(member)
    if not members:
        raise UsageError(f"{path} names no student below its first line: export it again")
    return members


def participant(text: str) -> str:
    """The number in Moodle's identifier (Participant 123, in whatever language), or an empty string."""
    found = re.fullmatch(r"[^0-9]*([0-9]{1,18})", text)
    return str(int(found[1])) if found else ""


def _columns(sheet: ClassSheet) -> dict[str, int | None]:
    columns = {kind: sheet.column(names) for kind, names in _COLUMNS.items()}
    if sheet.header[:2] == ("student", "id"):  # a gradebook of Canvas's
        columns |= {"name": 0, "canvas": 1, "id": sheet.column(("sis user id",)), "skip": 1}
    elif (student := sheet.column(("student",))) is not None:
        spare = "id" if columns["id"] is None else "name"
        columns[spare] = student if columns[spare] is None else columns[spare]
    identifier = sheet.column(("identifier",))
    if identifier is not None and "last modified grade" in sheet.header:  # a worksheet of Moodle's
        columns |= {"id": identifier, "participant": identifier}
    if all(columns[kind] is None for kind in ("id", "email", "login", "canvas")):
        raise UsageError(
            f"{sheet.path}, line 1: no column names a student: there must be id (or sid, student_id, SIS User ID, "
            "identifier), email or login"
        )
    return columns


def _member(row: Row, columns: Mapping[str, int | None]) -> Member | None:
    text = {kind: row.cell(column) for kind, column in columns.items()}
    name = text["name"]
    if "skip" in columns:
        if not text["canvas"] or name == "Student, Test":  # rows of maximum points, and the test student
            return None
        last, comma, first = name.partition(",")
        name = f"{first.strip()} {last.strip()}" if comma else name
    name = name or " ".join(part for part in (text["first"], text["last"]) if part)
    identity = text["id"] or text["canvas"] or text["email"] or text["login"]
    if not identity:
        raise UsageError(f"{row.place}: the id is empty: fill it in or delete the row")
    if len(identity) > _LONGEST_ID:
        raise UsageError(f"{row.place}: the id is longer than {_LONGEST_ID} characters: correct it")
    student = Student(identity, name, text["email"], text["section"], text["login"])
    return Member(student, text["canvas"], participant(text["participant"]), text["group"])
