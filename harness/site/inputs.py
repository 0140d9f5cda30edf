"""What a site is built from: the grades of a class, and one function that reads a student's result."""

import os
import re
import stat
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.errors import UsageError
from harness.gradebook.records import Grade, RunRecord
from harness.intake.discover import unique_names
from harness.report.files import read_result
from harness.results import SubmissionResult
from harness.text import one_line

MOST_FILES = 60
MOST_BYTES = 300_000  # of code shown on one page
_PICTURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.png")


class Question(Protocol):
    """A question of the assignment, as the gradebook describes it."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def bonus(self) -> bool: ...


@dataclass(frozen=True)
class ClassInput:
    """One graded class.

    Attributes:
        folder: The output folder, with a folder for each submission.
        grades: One a student.
        files: The name of each student's page, without its suffix: safe, and different even where case is not.
        runs: Oldest first; may be empty.
        places: Where each student is in `grades`, by id.
    """

    folder: Path
    name: str
    title: str
    questions: Sequence[Question]
    grades: Sequence[Grade]
    runs: Sequence[RunRecord] = ()
    files: Sequence[str] = ()
    places: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        folder: Path,
        name: str,
        title: str,
        questions: Sequence[Question],
        grades: Sequence[Grade],
        runs: Sequence[RunRecord] = (),
    ) -> "ClassInput":
        """The input with the students in the order of their ids, and a file name for each."""
        ordered = sorted(grades, key=lambda grade: grade.student.id)
        files = unique_names([grade.student.id for grade in ordered])
        where = {grade.student.id: place for place, grade in enumerate(ordered)}
        return cls(folder, name, title, tuple(questions), tuple(ordered), tuple(runs), tuple(files), where)

    def result(self, grade: Grade) -> SubmissionResult:
        """What `grade` wrote for the submission that counts.

        Raises:
            UsageError: If it cannot be read.
        """
        return read_result(submission_folder(self.folder, grade.submission))


def submission_folder(folder: Path, submission: str) -> Path:
    """Where the reports of a submission are.

    Raises:
        UsageError: If the name could lead out of the output folder.
    """
    if submission in ("", ".", "..") or "\0" in submission or Path(submission).name != submission:
        raise UsageError(
            f"{one_line(repr(submission), 80)} is no name of a submission's folder: grade this submission again"
        )
    return folder / submission


def code_of(folder: Path, submission: str) -> tuple[list[tuple[str, str]], int]:
    """The modules that a submission was graded with.

    Returns:
        (relative name, text) in the order of the names, and how many files are left out because there are too many
        or they are too large. Links are not followed.
    """
    root = str(submission_folder(folder, submission) / "code")
    found: list[tuple[str, str]] = []
    room, omitted = MOST_BYTES, 0
    for name, path, size in _regular_files(root):
        if len(found) >= MOST_FILES or size > room:
            omitted += 1
            continue
        try:
            with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                data = file.read(room + 1)[:room]
        except OSError:
            omitted += 1
            continue
        room -= len(data)
        found.append((name, data.decode("utf-8", "replace")))
    return found, omitted


@dataclass(frozen=True)
class Plot:
    """A picture that is really there: a plain file name of ours, what it shows, its size in pixels."""

    file: str
    title: str
    width: int
    height: int


def pictures_of(folder: Path, result: SubmissionResult, submission: str) -> list[Plot]:
    """The pictures of a submission; what is no PNG file of its own folder is left out."""
    root = submission_folder(folder, submission)
    plots = []
    for picture in result.pictures:
        size = _png_size(root / picture.file) if _PICTURE.fullmatch(picture.file) else None
        if size:
            plots.append(Plot(picture.file, picture.title, *size))
    return plots


def _png_size(path: Path) -> tuple[int, int] | None:
    """Width and height from the header, so that the page does not jump when pictures come in."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            head = file.read(24)
    except OSError:
        return None
    if len(head) < 24 or head[:8] != b"\x89PNG\r\n\x1a\n":
        return None
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def _regular_files(root: str) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    for where, folders, names in os.walk(root):
        folders.sort()
        for name in names:
            path = os.path.join(where, name)
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode):
                found.append((os.path.relpath(path, root).replace(os.sep, "/"), path, status.st_size))
    return sorted(found)
