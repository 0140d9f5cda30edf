"""Whose row is whose: grades matched with the rows of a sheet, never by a guess."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.gradebook.records import Grade
from harness.text import one_line


@dataclass(frozen=True)
class RowKeys:
    """What identifies a row: its ids and logins, and the name, which counts only where no id matches."""

    row: int
    ids: frozenset[str]
    name: str
    shown: str


@dataclass
class Matched:
    """The outcome: which grade belongs to which row, and a line for each that could not be settled."""

    grades: dict[int, Grade] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    unsettled_rows: set[int] = field(default_factory=set)


def key(text: str) -> str:
    """An id or a login as it is compared: composed, without blanks around it, in one case."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def name_key(name: str) -> str:
    """A name as it is compared: `Lovelace, Ada` is `Ada Lovelace`."""
    last, comma, first = name.partition(",")
    turned = f"{first} {last}" if comma else name
    return key(re.sub(r"\s+", " ", turned))


def ids_of(grade: Grade) -> frozenset[str]:
    """Everything that may stand for a student in a column of ids or logins."""
    return keys_of((grade.student.id, grade.student.login, grade.student.email))


def keys_of(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(key(text) for text in texts if text.strip())


def shown(grade: Grade) -> str:
    """A student in a sentence."""
    name = one_line(grade.student.name, 80)
    return f"{one_line(grade.student.id, 80)} ({name})" if name else one_line(grade.student.id, 80)


def match(
    rows: Sequence[RowKeys], grades: Sequence[Grade], extra: Mapping[str, frozenset[str]] | None = None
) -> Matched:
    """Match grades with rows: by ids first, by name where no id says anything.

    What fits two rows, or two grades that fit one, is left alone: a grade in a wrong row is worse than none.

    Args:
        extra: Further ids of a student, by the student's id.
    """
    out = Matched()
    by_id: dict[str, set[int]] = defaultdict(set)
    by_name: dict[str, set[int]] = defaultdict(set)
    for keys in rows:
        for one in keys.ids:
            by_id[one].add(keys.row)
        if keys.name:
            by_name[keys.name].add(keys.row)
    names = {r.row: r.shown for r in rows}
    left = []
    found: list[tuple[Grade, set[int]]] = []
    for grade in grades:
        ids = ids_of(grade) | (extra or {}).get(grade.student.id, frozenset())
        hits = set().union(*(by_id.get(one, ()) for one in ids)) if ids else set()
        if hits:
            found.append((grade, hits))
        else:
            left.append(grade)
    _settle(out, found, names, "ids")
    found = []
    for grade in left:
        # Where a class came as folders with names, the name is the id.
        name = name_key(grade.student.name if grade.student.name.strip() else grade.student.id)
        hits = by_name.get(name, set()) if name else set()
        if hits:
            found.append((grade, hits))
        else:
            out.unknown.append(f"{shown(grade)} has a grade, but no row in the sheet")
    _settle(out, found, names, "name")
    return out


def _settle(out: Matched, found: list[tuple[Grade, set[int]]], names: Mapping[int, str], by: str) -> None:
    claims: dict[int, list[Grade]] = defaultdict(list)
    for grade, hits in found:
        for row in hits:
            claims[row].append(grade)
    for grade, hits in found:
        rivals = [g for row in hits for g in claims[row] if g is not grade]
        if len(hits) > 1:
            others = ", ".join(sorted(names[row] for row in hits))
            out.ambiguous.append(f"{shown(grade)} fits {len(hits)} rows by {by} ({others}): left as they are")
            out.unsettled_rows |= hits
        elif rivals:
            others = ", ".join(sorted(shown(g) for g in rivals))
            out.ambiguous.append(f"{shown(grade)} and {others} fit one row by {by}: left as it is")
            out.unsettled_rows |= hits
        elif next(iter(hits)) in out.grades or next(iter(hits)) in out.unsettled_rows:
            out.ambiguous.append(f"{shown(grade)} fits only by name a row that is another's: not filled in")
        else:
            out.grades[next(iter(hits))] = grade
