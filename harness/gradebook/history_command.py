"""`grader.py history`: all that happened to one student's work."""

import argparse
from pathlib import Path

from harness.gradebook.rendering import add_format_arguments, deliver


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `grader.py history`."""
    parser.add_argument("out", type=Path, metavar="DIR", help="the folder that `grade` wrote")
    parser.add_argument("student", metavar="STUDENT", help="the student's id, as grades.csv has it")
    add_format_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Show a student's attempts, gradings, marks, overrides and events.

    Raises:
        UsageError: If there is no gradebook, or nobody of that id; the sentence names ids that are close.
    """
    from harness.gradebook import history_pages
    from harness.gradebook.book import Gradebook
    from harness.gradebook.history import counting, history

    with Gradebook.open(options.out) as book:
        student = book.known_student(options.student)
        wanted = student.id
        gradings = book.gradings_of_student(wanted)
        entries = history(gradings, book.events(wanted), book.runs())
        grade = next((g for g in book.grades() if g.student.id == wanted), None)
        counts = counting(grade, book.overrides(wanted))
        title = f"{book.assignment.title} ({book.assignment.name})"
    texts = {
        "csv": lambda: history_pages.csv(entries),
        "html": lambda: history_pages.page(student, entries, counts, title),
    }
    return deliver(
        options.to,
        texts.get(options.format),
        lambda console: history_pages.show(student, entries, counts, console),
    )
