"""The submissions of a graded class, as their `code/` folders have them: read within limits, never run."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.gradebook.records import Grade
from harness.similarity.fingerprints import Source
from harness.text import one_line

CODE = "code"
MAX_FILES = 100
MAX_FILE_BYTES = 200_000  # of one file; a student's module has some ten thousand
MAX_BYTES = 400_000  # of one submission


@dataclass(frozen=True)
class Entry:
    """One submission.

    Attributes:
        name: How tables call it; hostile text.
        folder: What `grade` wrote for it.
        people: Ids of all who handed it in.
    """

    name: str
    folder: Path
    people: frozenset[str] = frozenset()


def entries_of(grades: Iterable[Grade], out: Path, label: str = "") -> list[Entry]:
    """What counts of each student, each submission once, however many handed it in together; sorted by name.

    Args:
        grades: One a student.
        out: The folder that `grade` wrote.
        label: Put before the names, to tell another class's submissions from this one's.
    """
    people: dict[str, set[str]] = {}
    for grade in grades:
        # A name is one folder below `out`, and nothing else.
        if grade.submission and grade.submission == Path(grade.submission).name and grade.submission != "..":
            people.setdefault(grade.submission, set()).update({grade.student.id, *grade.members})
    return [Entry(label + name, out / name, frozenset(ids)) for name, ids in sorted(people.items())]


def entries_in(out: Path, label: str = "") -> list[Entry]:
    """All graded submissions of a folder that has no gradebook; each stands for the student of its name."""
    if not out.is_dir():
        raise UsageError(f"{out} is no folder: name one that `grader.py grade` wrote")
    found = sorted(p.name for p in out.iterdir() if (p / CODE).is_dir() and not p.is_symlink())
    return [Entry(label + name, out / name, frozenset({name})) for name in found]


def sources_of(entry: Entry) -> tuple[list[Source], list[str]]:
    """The Python files of a submission, sorted by name, and what was left out, one line for each."""
    sources: list[Source] = []
    notes: list[str] = []
    total = 0
    top = entry.folder / CODE
    for path in _python_files(top):
        name = path.relative_to(top).as_posix()
        if len(sources) >= MAX_FILES or total >= MAX_BYTES:
            notes.append(
                f"{one_line(entry.name, 80)}: {one_line(name, 120)} and what follows it were not read: too much."
            )
            break
        most = min(MAX_FILE_BYTES, MAX_BYTES - total)
        try:
            # O_NONBLOCK and the check of the open file: a pipe in the place of a file must not hold up the class.
            with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    continue
                data = file.read(most + 1)
        except OSError as error:
            notes.append(
                f"{one_line(entry.name, 80)}: {one_line(name, 120)} cannot be read: {error.strerror}."
            )
            continue
        cut = len(data) > most
        if cut:
            notes.append(
                f"{one_line(entry.name, 80)}: of {one_line(name, 120)}, the first {most:,} bytes were read."
            )
        total += min(len(data), most)
        text = data[:most].decode("utf-8", "replace")
        sources.append(Source(name, text.replace("\r\n", "\n").replace("\r", "\n"), cut))
    return sources, notes


def _python_files(top: Path) -> list[Path]:
    if top.is_symlink():
        return []
    found: list[Path] = []
    for folder, folders, files in os.walk(top, followlinks=False):
        folders.sort()
        found += [Path(folder) / name for name in files if name.endswith(".py")]
    return sorted(found)
