"""`grader.py report DIR`: the class as a site of HTML pages."""

import argparse
import os
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `report` takes."""
    parser.add_argument("out", type=Path, metavar="DIR", help="the folder that `grade` wrote")
    parser.add_argument("--to", type=Path, metavar="DIR", help="where the site goes (default: DIR/html)")
    parser.add_argument(
        "--jobs",
        type=_jobs,
        default=os.cpu_count() or 1,
        metavar="N",
        help="how many processes (default: one a core)",
    )


def run(options: argparse.Namespace) -> int:
    """Build the site, and print where it is.

    Raises:
        UsageError: If the folder holds no graded class, or the site can't be written.
    """
    from rich.console import Console
    from rich.progress import Progress

    from harness.gradebook.book import Gradebook
    from harness.site.build import build_site
    from harness.site.inputs import ClassInput
    from harness.text import one_line

    with Gradebook.open(options.out) as book:
        assignment = book.assignment
        given = ClassInput.of(
            options.out, assignment.name, assignment.title, assignment.questions, book.grades(), book.runs()
        )
    target = options.to or options.out / "html"
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("pages", total=len(given.grades))
        unread = build_site(given, target, options.jobs, lambda count: bar.advance(task, count))
    for sentence in unread:
        print(one_line(sentence, 1000))
    count = len(given.grades)
    print(
        f"{count:,} student{'' if count == 1 else 's'}: open {one_line(str(target / 'index.html'), 1000)} in a browser"
    )
    return 0


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:10]) <= 10_000:
        raise argparse.ArgumentTypeError(f"must be a whole number of 1 or more, got {text[:30]!r}")
    return int(text)
