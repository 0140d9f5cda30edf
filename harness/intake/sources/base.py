"""What every source of submissions hands over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from harness.gradebook.records import Student
from harness.intake.discover import Candidate, candidate, find_submissions, gradable_entries
from harness.roster import Roster
from harness.text import one_line

LONGEST_ID = 200


@dataclass(frozen=True)
class Entry:
    """One thing that was handed in.

    Attributes:
        name: As it stands, not trusted: `unique_names` makes folder names of such.
        files: One path (a folder, an archive, a .py, an .ipynb), or several files by the names that they get. Neither
            the names nor what lies at the paths are trusted: a path may be a link, which staging refuses.
        students: Whom it is credited to; at least one.
        submitted_at: With a time zone; None where nobody said.
    """

    name: str
    files: Path | Mapping[str, Path]
    students: tuple[Student, ...]
    submitted_at: datetime | None = None


@dataclass
class ClassIntake:
    """All that was found.

    Attributes:
        entries: Sorted by name; those of one student by time, as far as it is known.
        complaints: One line for each thing that is not as it should be; none of them stops the class.
        ignored: Names of what is no submission.
        source: Which of `SOURCES` was read; several are joined by " and ".
    """

    entries: list[Entry]
    complaints: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    source: str = "plain"


@dataclass(frozen=True)
class Claim:
    """A student as a source names one.

    Attributes:
        id_is: What the id is, for `Roster.matches`; "word" where it may be an id, a login, an address or a name.
    """

    student: Student
    id_is: str = "id"


@dataclass(frozen=True)
class Found:
    """One thing that was handed in, before it is known whom the roster says it is of.

    Attributes:
        group: The name of a group that it may be of, as `Roster.group` knows it.
    """

    name: str
    files: Path | Mapping[str, Path]
    claims: tuple[Claim, ...]
    submitted_at: datetime | None = None
    group: str = ""


@dataclass(frozen=True)
class Wanted:
    """What an assignment asks for, and who is in the class."""

    required: Sequence[str]
    optional: Sequence[str] = ()
    roster: Roster | None = None


@dataclass
class Part:
    """What one path holds."""

    found: list[Found] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def one_by_word(found: Candidate) -> Found:
    """A submission of which no more than its name is known."""
    word = one_line(found.name) or "submission"
    return Found(found.name, found.path, (Claim(Student(word), "word"),), group=word)


def add_others(folder: Path, names: set[str], platform: str, part: Part) -> None:
    """Of what a platform did not name, take what may be a submission: nothing is lost for its name."""
    if not names:
        return
    gradable, ignored = gradable_entries(folder)
    for path in gradable:
        if path.name in names:
            part.found.append(one_by_word(candidate(path)))
            part.complaints.append(
                f"{one_line(path.name)} is not named as {platform} does it: taken as the work of "
                f"{one_line(part.found[-1].name)}"
            )
    part.ignored += [name for name in ignored if name in names]


def listing(path: Path) -> list[Path]:
    """The visible entries of a folder, sorted; empty where it is none or cannot be read."""
    try:
        return sorted(p for p in path.iterdir() if not p.name.startswith(".") and p.name != "__MACOSX")
    except OSError:
        return []


def read_plain(path: Path, wanted: Wanted) -> Part:
    """A folder of folders, archives and files, or one of these: each of them is of whom its name says.

    Raises:
        UsageError: If there is nothing to grade.
    """
    found = find_submissions(path, wanted.required, wanted.optional)
    part = Part([one_by_word(c) for c in found.candidates], ignored=found.ignored)
    inner = listing(path)
    packages = {name.split("/")[0] for name in (*wanted.required, *wanted.optional)}
    itself = [c.path for c in found.candidates] == [path.resolve()]
    if itself and len(inner) == 1 and inner[0].is_dir() and inner[0].name not in packages:
        name, only = one_line(path.name or str(path)), one_line(inner[0].name)
        part.complaints.append(
            f"{name}: taken as one submission, since it holds nothing but the folder {only}; if that is a student, name "
            f"{name}/{only}"
        )
    return part
