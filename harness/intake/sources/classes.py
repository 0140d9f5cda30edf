"""Reads a class from any of the sources, and settles whom each submission is credited to."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from harness.class_sheets import key, time_of
from harness.errors import UsageError
from harness.gradebook.records import Student
from harness.intake.discover import candidate
from harness.intake.roots import listed
from harness.intake.sources import canvas, classroom, gradescope, moodle
from harness.intake.sources.base import Claim, ClassIntake, Entry, Found, Part, Wanted, read_plain
from harness.intake.sources.recognise import recognise
from harness.roster import Roster
from harness.text import one_line

_READERS: Mapping[str, Callable[[Path, Wanted], Part]] = {
    "plain": read_plain,
    "gradescope": gradescope.read,
    "canvas": canvas.read,
    "moodle": moodle.read,
    "classroom": classroom.read,
}
SOURCES = ("auto", *_READERS)


def read_class(
    paths: Sequence[Path],
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    source: str = "auto",
    roster: Roster | None = None,
    times: Mapping[str, datetime] | None = None,
) -> ClassIntake:
    """Find what was handed in at some paths, by whom and when.

    Args:
        paths: Submissions, folders of them, or exports.
        required, optional: The files that the assignment asks for.
        source: One of `SOURCES`; "auto" recognises each path by itself, and takes it as plain in doubt.
        roster: The students of the class. Who is not in it is graded and credited all the same, with a complaint.
        times: When things were handed in, by the name of the submission, the login, the id or the address of a
            student: see `read_times`. They go before what an export says.

    Raises:
        UsageError: If a path holds nothing to grade, or is not of the source that was chosen.
    """
    if source not in SOURCES:
        raise UsageError(f"there is no source {source!r}: choose one of {', '.join(SOURCES)}")
    wanted = Wanted(required, optional, roster)
    intake = ClassIntake([])
    sources: dict[str, None] = {}
    plain: list[tuple[Path, list[Entry]]] = []  # a name is all that is known of their students
    credit = _Credit(roster, {key(name): time for name, time in (times or {}).items()}, intake.complaints)
    for path in paths:
        chosen = recognise(path, wanted) if source == "auto" else source
        if chosen != "plain" and not path.is_dir():
            raise UsageError(
                f"{one_line(str(path))} is no folder: unzip the export and name the folder it makes"
            )
        sources[chosen] = None
        part = _READERS[chosen](path, wanted)
        intake.complaints += part.complaints
        intake.ignored += map(one_line, part.ignored)
        entries = [credit.entry(found) for found in part.found]
        if chosen == "plain" and roster is None:
            plain.append((path, entries))
        else:
            intake.entries += entries
    intake.entries += _keep_apart(plain, intake.complaints)
    intake.source = " and ".join(sources) or "plain"
    intake.entries.sort(key=_order)
    _complain_of_repeats(intake)
    return intake


def _keep_apart(plain: Sequence[tuple[Path, list[Entry]]], complaints: list[str]) -> list[Entry]:
    """Plain entries of several paths, without a roster: a name that several paths hold stands for as many students.

    Two folders, of two sections say, may each hold an `eve`: to take them for one student would cost one her grade.
    Each is called by her path, never by a number, so that a run over one section alone takes nobody for another.
    """
    paths_of: dict[str, list[Path]] = {}
    for path, entries in plain:
        for name in {key(s.id): None for e in entries for s in e.students}:
            paths_of.setdefault(name, []).append(path)
    out = []
    for path, entries in plain:
        for entry in entries:
            (student,) = entry.students
            paths = paths_of[key(student.id)]
            if len(paths) > 1:
                called = f"{student.id} ({_label(path, paths)})"
                if path == paths[0]:
                    several = listed([f"{student.id} ({_label(p, paths)})" for p in paths])
                    complaints.append(
                        f"{student.id}: stands in {len(paths)} paths, and is taken as {len(paths)} students, {several}; "
                        "--roster tells who is who"
                    )
                entry = replace(entry, students=(replace(student, id=called),))
            out.append(entry)
    return out


def _label(path: Path, paths: Sequence[Path]) -> str:
    """What tells a path from the others: a folder's name, or all of it."""
    parts = [[*p.resolve().parts] for p in paths]
    depth = 0
    while all(p[-1:] == parts[0][-1:] for p in parts) and depth < 20:
        parts, depth = [p[:-1] for p in parts], depth + 1
    own = [*path.resolve().parts][: -depth or None][-1:]
    if len({tuple(p[-1:]) for p in parts}) < len(parts):
        return one_line(str(path))
    return one_line(own[0] if own else str(path))


def _order(entry: Entry) -> tuple[str, bool, float, str]:
    time = entry.submitted_at
    at = time.astimezone(UTC).timestamp() if time else 0.0
    path = entry.files if isinstance(entry.files, Path) else min(entry.files.values(), default=Path())
    return entry.name, time is not None, at, path.name


class _Credit:
    """Settles who a claim means, by the roster if there is one."""

    def __init__(self, roster: Roster | None, times: Mapping[str, datetime], complaints: list[str]) -> None:
        self.roster, self.times, self.complaints = roster, times, complaints

    def entry(self, found: Found) -> Entry:
        students = [s if s.id else replace(s, id="unnamed") for s in self._students(found)]
        names = [found.name, *(c.student.login for c in found.claims)]
        names += [candidate(found.files).name] if isinstance(found.files, Path) else []
        names += [text for s in students for text in (s.login, s.id, s.email)]
        time = found.submitted_at if not self.times else time_of(self.times, names) or found.submitted_at
        return Entry(found.name, found.files, tuple(students), time)

    def _students(self, found: Found) -> list[Student]:
        if self.roster is None:
            return [c.student for c in found.claims]
        settled = [self._matches(c) for c in found.claims]
        group = self.roster.group(found.group) if found.group else ()
        word = found.claims[0].id_is == "word"
        if group and (not settled[0] or (not word and set(settled[0]) <= set(group))):
            return list(group)
        students = [self._settled(c, m, found) for c, m in zip(found.claims, settled)]
        return list({key(s.id): s for s in reversed(students)}.values())[::-1]

    def _matches(self, claim: Claim) -> list[Student]:
        assert self.roster is not None
        if claim.id_is == "word":
            return self.roster.called(claim.student.id)
        return self.roster.matches(claim.student, claim.id_is)

    def _settled(self, claim: Claim, matches: list[Student], found: Found) -> Student:
        assert self.roster is not None
        if len(matches) == 1:
            return matches[0]
        student, who = claim.student, _shown(claim.student)
        if matches:
            several = listed(sorted(_shown(s) for s in matches))
            why = f"could be {several} in the roster"
        else:
            why = f"is not in the roster {self.roster.path.name}"
        # An id that is somebody else's in the roster must not credit that student by accident.
        name = one_line(found.name)
        identity = name if self.roster.has_id(student.id) else student.id
        while self.roster.has_id(identity):
            identity += " (not in the roster)"
        self.complaints.append(f"{one_line(found.name)}: {who} {why}: graded, and credited to {identity}")
        return Student(identity, student.name, student.email, student.section, student.login)


def _complain_of_repeats(intake: ClassIntake) -> None:
    """Students who are in several entries, and ids that only people can tell apart."""
    by_id: dict[str, list[int]] = defaultdict(list)
    names: dict[str, set[str]] = defaultdict(set)
    spelled: dict[str, dict[str, None]] = defaultdict(dict)
    for number, entry in enumerate(intake.entries):
        for student in entry.students:
            by_id[student.id].append(number)
            names[student.id] |= {student.name} - {""}
            spelled[key(student.id)][student.id] = None
    together: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for identity, numbers in by_id.items():
        if len(numbers) > 1:
            together[tuple(numbers)].append(identity)
    for places, ids in together.items():
        intake.complaints.append(_repeat([intake.entries[n] for n in places], ids, names))
    for ids_of_one in spelled.values():
        if len(ids_of_one) > 1:
            intake.complaints.append(
                f"{listed([*ids_of_one])} differ only in case or form: they are taken as {len(ids_of_one)} students; if "
                "they are one, rename"
            )


def _repeat(entries: Sequence[Entry], ids: Sequence[str], names: Mapping[str, set[str]]) -> str:
    who = listed(ids)
    for identity in ids:
        if len(names[identity]) > 1:
            who += f" (as {listed(sorted(names[identity]))})"
    things = listed([_shown_files(e) for e in entries[:5]]) + (" and more" if len(entries) > 5 else "")
    line = f"{who}: handed in {len(entries)} times ({things}): "
    timed = [e for e in entries if e.submitted_at is not None]
    if not timed:
        return (
            line + f"without times, {_shown_files(entries[-1])} is taken as the latest, as the last by name"
        )
    latest = max(timed, key=lambda e: e.submitted_at.astimezone(UTC).timestamp() if e.submitted_at else 0.0)
    rule = "by their times" if len(timed) == len(entries) else "as far as their times are known"
    return line + f"{rule}, {_shown_files(latest)} is the latest"


def _shown(student: Student) -> str:
    return f"{student.id} ({student.name})" if student.name and student.name != student.id else student.id


def _shown_files(entry: Entry) -> str:
    path = entry.files if isinstance(entry.files, Path) else Path(entry.name)
    return one_line(path.name) if path.name.startswith(entry.name) else one_line(entry.name)
