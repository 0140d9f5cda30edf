"""What `grade` left in a folder, as exports read it: results by submission, pictures, grades by student."""

import re
from collections.abc import Iterator
from pathlib import Path

from harness.errors import UsageError
from harness.gradebook.records import Grade
from harness.report.files import RESULTS, read_result
from harness.results import SubmissionResult
from harness.text import one_line

_PICTURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.png")
LARGEST_PICTURE = 8 << 20


def submissions(out: Path) -> list[str]:
    """The names of the graded submissions in a folder, sorted.

    Raises:
        UsageError: If there is none.
    """
    names = sorted(path.parent.name for path in out.glob(f"*/{RESULTS}"))
    if not names:
        raise UsageError(f"{out} holds no graded submission: name the folder that `grade --out` wrote")
    return names


def chosen(out: Path, wanted: str | None) -> str:
    """The one submission that is meant.

    Raises:
        UsageError: If there is none of that name, or several and none was named.
    """
    names = submissions(out)
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted in names:
        assert wanted is not None
        return wanted
    some = ", ".join(one_line(n, 40) for n in names[:5]) + (" and more" if len(names) > 5 else "")
    if wanted is None:
        raise UsageError(f"{out} holds {len(names)} submissions: name one of {some}")
    raise UsageError(f"{out} holds no submission {one_line(wanted, 60)!r}; it holds {some}")


def results(out: Path) -> Iterator[SubmissionResult]:
    """The results in a folder, one at a time, sorted by submission."""
    for name in submissions(out):
        yield read_result(out / name)


def pictures(out: Path, result: SubmissionResult) -> dict[str, bytes]:
    """The pictures that a result lists, as far as they are there."""
    found = {}
    for picture in result.pictures:
        path = out / result.submission / picture.file
        if _PICTURE.fullmatch(picture.file) and path.is_file() and path.stat().st_size <= LARGEST_PICTURE:
            found[picture.file] = path.read_bytes()
    return found


def grades(out: Path) -> tuple[list[Grade], float]:
    """The grades of a class, and the points of the assignment.

    Raises:
        UsageError: If the folder holds no gradebook.
    """
    from harness.gradebook.book import Gradebook

    with Gradebook.open(out) as book:
        return book.grades(), float(book.assignment.points)
