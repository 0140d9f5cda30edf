"""The roster of a class: who there is, and whom an id, an address, a login or a name stands for."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.class_sheets import key, read_times
from harness.gradebook.records import Student
from harness.roster_sheet import Member, participant, read_members

__all__ = ["Entry", "Member", "Roster", "name_key", "read_times"]


class Entry(Protocol):
    """Whatever was handed in by students."""

    @property
    def students(self) -> tuple[Student, ...]: ...


@dataclass(frozen=True)
class Roster:
    """The students of a class, in the order of the file."""

    path: Path
    members: tuple[Member, ...]
    _index: dict[tuple[str, str], list[Student]] = field(init=False, repr=False, compare=False)
    _groups: dict[str, set[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[tuple[str, str], list[Student]] = defaultdict(list)
        groups: dict[str, set[str]] = defaultdict(set)
        for member in self.members:
            s = member.student
            for kind, text in (
                ("id", key(s.id)),
                ("email", key(s.email)),
                ("login", key(s.login)),
                ("name", name_key(s.name)),
                ("canvas", key(member.canvas)),
                ("participant", member.participant),
                ("group", key(member.group)),
                *(("run together", text) for text in _run_together(s.name)),
            ):
                if text:
                    index[kind, text].append(s)
            if member.group:
                groups[squashed(member.group)].add(key(member.group))
        object.__setattr__(self, "_index", dict(index))
        object.__setattr__(self, "_groups", dict(groups))

    @classmethod
    def read(cls, path: Path) -> "Roster":
        """Read a roster with a header: one of your own, or one exported by Gradescope, Canvas, Moodle or Classroom.

        A student without an id is known by the address, as in an export of Gradescope's.

        Raises:
            UsageError: If it is no CSV, has no column that names students, or an id is empty or stands there twice.
        """
        return cls(path, tuple(read_members(path)))

    @property
    def students(self) -> tuple[Student, ...]:
        return tuple(member.student for member in self.members)

    def find(self, student: Student, id_is: str = "id") -> Student | None:
        """The one student of the roster that this must be, or None where it is nobody or could be several."""
        found = self.matches(student, id_is)
        return found[0] if len(found) == 1 else None

    def matches(self, student: Student, id_is: str = "id") -> list[Student]:
        """All whom the id, the address or the login of a student stands for; the name counts where these say nothing.

        Args:
            id_is: What the id is: `id`, `canvas`, `participant`, or empty where it is none.
        """
        found = [
            *self._by_id(student, id_is),
            *self._named("email", key(student.email)),
            *self._named("login", key(student.login)),
        ]
        found = found or self._named("name", name_key(student.name))
        if not found and id_is == "canvas":
            found = self._named("run together", squashed(student.name))
        return list(dict.fromkeys(found))

    def _by_id(self, student: Student, id_is: str) -> list[Student]:
        if id_is == "participant":
            return self._named("participant", participant(student.id))
        if id_is == "canvas" and not self.knows("canvas"):
            # Then the ids may be Canvas's, or numbers of quite another kind: the name must agree.
            return [
                s
                for s in self._named("id", key(student.id))
                if squashed(student.name) in _run_together(s.name)
            ]
        return self._named(id_is, key(student.id))

    def called(self, text: str) -> list[Student]:
        """All whom one word may stand for: the student of that id, or else of that login, address or name."""
        by_id = self._named("id", key(text))
        others = [s for kind in ("login", "email") for s in self._named(kind, key(text))]
        return list(dict.fromkeys(by_id or others or self._named("name", name_key(text))))

    def by_login(self, login: str) -> list[Student]:
        return self._named("login", key(login))

    def group(self, name: str) -> tuple[Student, ...]:
        """The members of a group, as the column `group` says; platforms may have left out blanks in its name."""
        names = (
            {key(name)} if ("group", key(name)) in self._index else self._groups.get(squashed(name), set())
        )
        return tuple(self._named("group", names.pop())) if len(names := set(names)) == 1 else ()

    def has_id(self, text: str) -> bool:
        return ("id", key(text)) in self._index

    def knows(self, kind: str) -> bool:
        """Whether any student has one: `canvas`, `participant`, `login`, `group`."""
        return any(found == kind for found, _ in self._index)

    def missing(self, entries: Iterable[Entry]) -> list[Student]:
        """Students who are in none of the entries, in the order of the roster."""
        there = {key(s.id) for entry in entries for s in entry.students}
        return [s for s in self.students if key(s.id) not in there]

    def other_ids(self) -> dict[str, frozenset[str]]:
        """Further ids by which platforms know a student, by the student's id: Canvas's, and Moodle's number."""
        return {
            m.student.id: frozenset(t for t in (key(m.canvas), m.participant) if t)
            for m in self.members
            if m.canvas or m.participant
        }

    def _named(self, kind: str, text: str) -> list[Student]:
        return self._index.get((kind, text), []) if text else []


def name_key(name: str) -> str:
    """A name as it is compared: its words in one case and in one order, so that `Lovelace, Ada` is `Ada Lovelace`."""
    return " ".join(sorted(_words(name)))


def squashed(name: str) -> str:
    """A name as platforms put it into file names: letters and digits in one case, nothing else."""
    return "".join(_words(name))


def _run_together(name: str) -> set[str]:
    """How Canvas may write a name, last name first: which of the words that is, is not known."""
    words = _words(name)[:8]
    return {"".join(words[i:] + words[:i]) for i in range(len(words))}


def _words(name: str) -> list[str]:
    return "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in key(name)).split()
