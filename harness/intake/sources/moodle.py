"""Moodle's download of all submissions: `Ada Lovelace_1234_assignsubmission_file_`, as folders or before file names.

The number is the participant's in the grading worksheet ("Participant 1234"). Where groups hand in together, it is the
group's, with the group's name before it; who is in a group only a roster says.
"""

import re
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from harness.errors import UsageError
from harness.gradebook.records import Student
from harness.intake.sources.base import Claim, Found, Part, Wanted, add_others, listing
from harness.intake.sources.uploads import Upload, together
from harness.roster import Roster, name_key
from harness.text import one_line

_NAME = re.compile(
    r"(?P<name>.+?)(?:_(?P<number>\d{1,18}))?_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL
)
_MOST_FILES = 100  # in one folder; with more, staging decides


@dataclass
class _Work:
    name: str
    number: str
    folders: list[Path] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)


def recognises(name: str) -> bool:
    """Whether a file or folder is named as Moodle names one."""
    return _NAME.fullmatch(name) is not None


def read(path: Path, wanted: Wanted) -> Part:
    """One submission for each participant or group; text that was typed in is passed over.

    Raises:
        UsageError: If nothing in the folder is named as Moodle does it.
    """
    part = Part()
    works: dict[str, _Work] = {}
    typed: dict[str, str] = {}
    others = set[str]()
    for file in listing(path):
        found = _NAME.fullmatch(file.name)
        if not found:
            others.add(file.name)
            continue
        who = f"{found['name']}_{int(found['number'])}" if found["number"] else found["name"]
        if found["kind"] != "file":
            part.ignored.append(file.name)
            typed[who] = file.name
            continue
        work = works.setdefault(who, _Work(found["name"], found["number"] or ""))
        if file.is_dir() and not file.is_symlink():
            work.folders.append(file)
        else:
            work.uploads.append(Upload(found["file"] or file.name, file))
    if not works and not typed:
        raise UsageError(
            f"{one_line(str(path))} holds nothing that is named as Moodle does it "
            "(Ada Lovelace_1234_assignsubmission_file_): unzip Moodle's download and name its folder, or name "
            "another --source"
        )
    # Where names are hidden, everybody has the same one, which says nothing.
    named = len(works) == 1 or len({work.name for work in works.values()}) > 1
    for who, work in works.items():
        part.found.append(_found(who, work, wanted, part, named=named))
    part.complaints += [
        f"{one_line(who)} handed in typed text only ({one_line(name)}): there is nothing to grade"
        for who, name in typed.items()
        if who not in works
    ]
    add_others(path, others, "Moodle", part)
    return part


def _found(who: str, work: _Work, wanted: Wanted, part: Part, *, named: bool) -> Found:
    shown, name = one_line(who), one_line(work.name)
    student = Student(f"Participant {int(work.number)}" if work.number else shown, name if named else "")
    claim = Claim(student, "participant" if work.number else "word")
    roster = wanted.roster
    if named and roster is not None and work.number:
        claim = _checked(claim, shown, name, roster, part)
    return Found(who, _files(shown, work, wanted, part), (claim,), group=name if named else "")


def _checked(claim: Claim, shown: str, name: str, roster: Roster, part: Part) -> Claim:
    """The claim, unless the number is another person's: then it is a group's, or somebody mixed up two courses."""
    numbered = roster.matches(Student(claim.student.id), "participant")
    if not numbered or any(name_key(s.name) in ("", name_key(name)) for s in numbered):
        return claim
    if roster.group(name):
        return Claim(claim.student, "")
    part.complaints.append(
        f"{shown}: its number is {one_line(numbered[0].name)}'s in the roster, the name is not: credited by the name; "
        "if it is a group, put its name into a column group of the roster"
    )
    return Claim(Student(shown, name), "")


def _files(who: str, work: _Work, wanted: Wanted, part: Part) -> Path | dict[str, Path]:
    if not work.folders:
        return together(who, work.uploads, wanted, part)
    folder, *others = work.folders
    if others or work.uploads:
        part.complaints.append(f"{who} is there more than once: {one_line(folder.name)} counts")
    inside = list(islice(folder.iterdir(), _MOST_FILES)) if _readable(folder) else []
    visible = [p for p in inside if not p.name.startswith(".") and p.name != "__MACOSX"]
    if len(inside) == _MOST_FILES or not visible or any(p.is_dir() or p.is_symlink() for p in visible):
        return folder
    return together(who, [Upload(p.name, p) for p in sorted(visible)], wanted, part)


def _readable(folder: Path) -> bool:
    try:
        next(folder.iterdir(), None)
    except OSError:
        return False
    return True
