"""`grader.py similar`: which submissions of a graded class are alike."""

import argparse
import math
from pathlib import Path

from harness.errors import UsageError

_TOP = 100
_MOST = 2000  # pages


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `grader.py similar`."""
    parser.add_argument("out", type=Path, metavar="DIR", help="the folder that `grade` wrote")
    parser.add_argument(
        "--also",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="also compare with the class in this folder, such as last year's (may be repeated)",
    )
    parser.add_argument(
        "--top", type=_top, default=_TOP, metavar="N", help=f"list at most N pairs (default: {_TOP})"
    )
    parser.add_argument(
        "--threshold",
        type=_share,
        default=0.5,
        metavar="X",
        help="list pairs in which this share of the smaller one's own code stands in the other, 0.1 to 1 (default: 0.5)",
    )
    parser.add_argument(
        "--to", type=Path, metavar="DIR", help="where the pages go (default: similarity/ below DIR)"
    )


def run(options: argparse.Namespace) -> int:
    """Compare, print the first pairs, write similarity.csv and the pages.

    Raises:
        UsageError: If a folder holds no graded class.
    """
    from harness import assignment
    from harness.gradebook.book import Gradebook
    from harness.report.files import RESULTS
    from harness.similarity.boilerplate import of_assignment
    from harness.similarity.classwide import find_similar
    from harness.similarity.pages import write_pages
    from harness.similarity.reading import entries_in, entries_of
    from harness.similarity.table import show

    out: Path = options.out
    with Gradebook.open(out) as book:
        entries = entries_of(book.grades(), out)
        chosen = assignment.load(book.assignment.name, options.root)
    target: Path = options.to or out / "similarity"
    if (target / RESULTS).exists():
        raise UsageError(f"{target} holds the reports of a submission: name another folder with --to")
    others = []
    for folder in options.also:
        if folder.resolve() == out.resolve():
            raise UsageError(f"--also {folder} is the class itself: name another one's folder")
        found = entries_in(folder, f"{folder.name}/")
        if not found:
            raise UsageError(f"--also {folder} holds no graded submission: name a folder that `grade` wrote")
        others += found
    result = find_similar(
        entries,
        of_assignment(chosen),
        others=others,
        top=options.top,
        threshold=options.threshold,
        title=f"{chosen.title} ({chosen.name})",
    )
    try:
        index = write_pages(result, target)
    except OSError as error:
        raise UsageError(
            f"{target} cannot be written ({error.strerror}): name another folder with --to"
        ) from None
    show(result, str(index))
    return 0


def _top(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= _MOST:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {_MOST}, got {text[:30]!r}")
    return int(text)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.1 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be a share from 0.1 to 1, such as 0.5, got {text[:30]!r}")
    return value
