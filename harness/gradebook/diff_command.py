"""`grader.py diff`: who gained or lost points between two runs, on which test, and why."""

import argparse
from pathlib import Path

from harness.errors import UsageError
from harness.gradebook.rendering import add_format_arguments, deliver


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `grader.py diff`."""
    parser.add_argument("out", type=Path, metavar="DIR", help="the folder that `grade` wrote")
    parser.add_argument("run_a", type=_run, metavar="RUN_A", help="the number of the earlier run")
    parser.add_argument("run_b", type=_run, metavar="RUN_B", help="the number of the later run")
    add_format_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Compare two runs of a gradebook.

    Raises:
        UsageError: If there is no gradebook or no such run, or both are the same.
    """
    from harness.gradebook import diff_table
    from harness.gradebook.book import Gradebook
    from harness.gradebook.diff import diff_runs
    from harness.gradebook.diff_pages import page
    from harness.gradebook.history import override_line
    from harness.gradebook.records import Event, Grade, RunRecord

    if options.run_a == options.run_b:
        raise UsageError(f"RUN_A and RUN_B are both {options.run_a}: name two different runs")

    def between(event: Event, first: RunRecord, last: RunRecord) -> bool:
        # What a person does belongs to no run.
        end = last.finished_at
        return event.run is None and event.at >= first.started_at and (end is None or event.at <= end)

    def notes(grade: Grade) -> tuple[str, ...]:
        late = (grade.late.text,) if grade.late and grade.late.deduction else ()
        return (*late, *(override_line(one) for one in grade.overrides))

    with Gradebook.open(options.out) as book:
        runs = book.run(options.run_a), book.run(options.run_b)
        found = diff_runs(
            book.gradings_of_run(options.run_a),
            book.gradings_of_run(options.run_b),
            best=book.setting("attempt", "latest") == "best",
            notes={grade.student.id: notes(grade) for grade in book.grades()},
            decisions=[e for e in book.events(None) if between(e, *sorted(runs, key=lambda r: r.id))],
        )
        title = f"{book.assignment.title} ({book.assignment.name})"
    texts = {"csv": lambda: diff_table.csv(found), "html": lambda: page(found, runs, title)}
    return deliver(
        options.to, texts.get(options.format), lambda console: diff_table.show(found, runs, console)
    )


def _run(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"must be the number of a run, such as 2, got {text[:30]!r}")
    return int(text)
