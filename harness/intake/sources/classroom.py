"""Clones of GitHub Classroom's repositories: `hw2-ada-l/` for the assignment hw2 and the user ada-l.

Nothing is asked of git, and nothing below .git is read: a repository is its owner's, settings and dates included.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.gradebook.records import Student
from harness.intake.discover import candidate, gradable_entries, is_submission
from harness.intake.sources.base import Claim, Found, Part, Wanted
from harness.roster import Roster
from harness.text import one_line

_CLONES = "-submissions"  # what GitHub's own tool adds to the assignment's name for the folder of clones


def is_clone(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and os.path.lexists(path / ".git")


def recognises(folder: Path, entries: Sequence[Path]) -> bool:
    """Whether these are several clones, and nothing else, whose names have a beginning in common."""
    return (
        len(entries) > 1 and all(map(is_clone, entries)) and bool(prefix(folder, [p.name for p in entries]))
    )


def read(path: Path, wanted: Wanted) -> Part:
    """One submission for each clone, or the one that the path itself is.

    Raises:
        UsageError: If there is nothing to grade.
    """
    part = Part()
    if is_clone(path) or (path.is_dir() and is_submission(path, wanted.required, wanted.optional)):
        folder, entries = path.resolve().parent, [path.resolve()]
    else:
        try:
            entries, part.ignored = gradable_entries(path)
        except OSError as error:
            raise UsageError(
                f"{one_line(str(path))} cannot be read ({error.strerror}): check the path"
            ) from None
        folder = path.resolve()
    if not entries:
        raise UsageError(
            f"{one_line(str(path))} holds no clone: name the folder that the repositories are in"
        )
    names = {entry: candidate(entry).name for entry in entries}
    before = prefix(folder, list(names.values()), wanted.roster)
    for entry, name in names.items():
        user = name.removeprefix(before) or name
        part.found.append(Found(user, entry, (Claim(_student(one_line(user)), "login"),), group=user))
        if not is_clone(entry):
            part.complaints.append(
                f"{one_line(entry.name)} is no clone (it has no .git): taken as the work of {one_line(user)}"
            )
    return part


def prefix(folder: Path, names: Sequence[str], roster: Roster | None = None) -> str:
    """What stands before the users' names, up to a hyphen; users' names may have hyphens, too.

    With a roster it is the beginning that leaves most of its logins and groups; otherwise the name of the folder says
    it, or else it is the longest beginning that all names share.
    """
    first, last = min(names), max(names)  # what these two share, all share
    choices = [first[: i + 1] for i, c in enumerate(first) if c == "-" and last.startswith(first[: i + 1])]
    choices = [c for c in choices if c not in names]
    if not choices:
        return ""
    if roster is not None:
        known = {c: sum(bool(_known(roster, name.removeprefix(c))) for name in names) for c in choices}
        if any(known.values()):
            return max(choices, key=lambda c: (known[c], len(c)))
    assignment = folder.name.removesuffix(_CLONES) + "-"
    if folder.name.endswith(_CLONES) and assignment in choices:
        return assignment
    return choices[-1] if len(names) > 1 else ""


def _known(roster: Roster, user: str) -> bool:
    return bool(roster.by_login(user) or roster.group(user))


def _student(user: str) -> Student:
    return Student(user, login=user)
