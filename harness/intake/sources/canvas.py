"""Canvas's download of all submissions: one folder of flat files, each named for its student.

`lovelaceada_LATE_1234_567890_hw2.py` is a late file of the student whom Canvas calls 1234; 567890 is the number of the
upload, another one for each file. In a group assignment the group's name stands in place of the student's, and the
number is one member's. An anonymous assignment has `anon_x7Kp2` in place of both.
"""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.gradebook.records import Student
from harness.intake.sources.base import Claim, Found, Part, Wanted, add_others, listing
from harness.intake.sources.uploads import Upload, together
from harness.roster import Roster
from harness.text import one_line

_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?(?P<user>anon_[0-9A-Za-z]{5})_(?P<upload>[0-9]{1,18})_(?P<file>.+)", re.DOTALL
)
_NUMBERS = re.compile(r"(?=_([0-9]{1,18})_([0-9]{1,18})_(.))", re.DOTALL)
_ONLINE = re.compile(r"(.*_)?(?:[0-9]{1,18}|anon_[0-9A-Za-z]{5})_(?:text|link)\.html", re.DOTALL)


@dataclass(frozen=True)
class _Named:
    """What a file's name says. `user` is a number, or anonymous; then there is no name."""

    name: str
    user: str
    upload: Upload
    late: bool


def recognises(name: str) -> bool:
    """Whether a file is named as Canvas names one."""
    return _parse(Path(name)) is not None or _is_online(name)


def read(path: Path, wanted: Wanted) -> Part:
    """One submission for each user; what Canvas did not name is taken as it is.

    Raises:
        UsageError: If nothing in the folder is named as Canvas does it.
    """
    part = Part()
    by_user: dict[str, list[_Named]] = defaultdict(list)
    others = set[str]()
    for file in listing(path):
        found = None if file.is_dir() and not file.is_symlink() else _parse(file, wanted.roster)
        if found:
            by_user[found.user].append(found)
        elif _is_online(file.name):
            part.ignored.append(file.name)
        else:
            others.add(file.name)
    if not by_user:
        raise UsageError(
            f"{one_line(str(path))} holds no file that is named as Canvas does it (lovelaceada_1234_567890_hw2.py): "
            "unzip Canvas's download and name its folder, or name another --source"
        )
    for user, files in by_user.items():
        name = files[0].name
        who = f"{name}_{user}" if name else user
        work = together(one_line(who), [f.upload for f in files], wanted, part)
        part.found.append(Found(who, work, (Claim(Student(user, one_line(name)), "canvas"),), group=name))
    late = sum(any(f.late for f in files) for files in by_user.values())
    if late:
        them = "a submission" if late == 1 else f"{late} submissions"
        part.complaints.append(
            f"{one_line(path.name)}: Canvas calls {them} late, but does not say when they came: give a CSV of times "
            "(student,submitted_at) with --times if that is to cost points"
        )
    add_others(path, others, "Canvas", part)
    return part


def _parse(file: Path, roster: Roster | None = None) -> _Named | None:
    """The first two numbers are the user and the upload, unless the roster shows that the name has a number in it."""
    if found := _ANONYMOUS.fullmatch(file.name):
        upload = Upload(found["file"], file, int(found["upload"]))
        return _Named("", found["user"], upload, bool(found["late"]))
    readings = [m for m in _NUMBERS.finditer(file.name) if _is_word(file.name[: m.start()])]
    if not readings:
        return None
    known = [m for m in readings if roster and roster.matches(Student(m[1]), "canvas")]
    best = (known or readings)[0]
    name, late = file.name[: best.start()], False
    if name.endswith("_LATE"):
        name, late = name.removesuffix("_LATE"), True
    upload = Upload(file.name[best.start(3) :], file, int(best[2]))
    return _Named(name, str(int(best[1])), upload, late)


def _is_online(name: str) -> bool:
    found = _ONLINE.fullmatch(name)
    return found is not None and _is_word(found[1] or "")


def _is_word(text: str) -> bool:
    # Unlike \w of Python's, Canvas's takes in the marks that letters of many scripts are written with.
    return all(c.isalnum() or unicodedata.category(c) in ("Mn", "Mc", "Me", "Pc") for c in text)
