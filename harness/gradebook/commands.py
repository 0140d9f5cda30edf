"""`grader.py marks` and `grader.py override`: what people decide, put into every report without a new grading."""

import getpass
import math
import sys
from pathlib import Path

from harness import assignment as assignments
from harness.errors import UsageError
from harness.gradebook.book import Gradebook
from harness.gradebook.closing import GRADES, SHEET, checked_marks, close_class
from harness.gradebook.locking import locked
from harness.report.text_report import number
from harness.text import one_line


def merge_marks(out: Path, root: Path) -> int:
    """Read OUT/marks.csv and put its points into every result, report and table. Returns the exit code."""
    with Gradebook.open(out) as book, locked(out):
        name = book.assignment.name
        if not (out / SHEET).exists():
            raise UsageError(
                f"{out / SHEET}: there is no such file; `grader.py grade … --out {out}` makes it."
            )
        grades = close_class(book, assignments.load(name, root))
        done = sum(points is not None for points, _ in book.marks().values())
        count = len({g.submission for g in grades})
    print(
        f"{name}: {done} hand marks are in the results of {count} submissions; {out / GRADES} is up to date."
    )
    return 0


def override(
    out: Path,
    root: Path,
    student: str,
    points: float | None,
    *,
    question: str | None,
    reason: str,
    author: str | None,
) -> int:
    """Set a student's points of a question or in all, or withdraw that (`points` None). Returns the exit code."""
    if points is not None and not (math.isfinite(points) and 0 <= points < 1e6):
        raise UsageError(f"points must be 0 or more, got {points:g}")
    if not reason.strip():
        raise UsageError(
            "an override needs a reason: say it with --reason, in words that the student may read"
        )
    with Gradebook.open(out) as book, locked(out):
        who = book.known_student(student)
        assignment = assignments.load(book.assignment.name, root)
        if question is not None:
            assignment.question(question)
        if points is None and not any(o.question == question for o in book.overrides(who.id)):
            raise UsageError(f"{who.id} has no override of {question or 'the total'} that could be withdrawn")
        checked_marks(book, book.attempt_rows())  # before anything is written down
        book.override(
            who.id, question, points, one_line(reason, 1000), one_line(author or getpass.getuser(), 200)
        )
        grades = {g.student.id: g for g in close_class(book, assignment)}
    total = grades[who.id].total
    others = [m for m in grades[who.id].members if m != who.id]
    if others:
        print(f"Only {who.id}'s grade is changed, not that of {', '.join(others)}, who handed in together.")
    if points is not None and points > assignment.points:
        print(f"{points:g} is more than the {assignment.points:g} points of the assignment.", file=sys.stderr)
    print(
        f"{student}: {'no score' if total is None else number(total)} counts now; {out / GRADES} is up to date."
    )
    return 0
