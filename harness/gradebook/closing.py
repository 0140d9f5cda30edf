"""What is done when results or decisions have changed: late lines, folders of reports, grades.csv, the sheet of marks."""

import sys
from collections.abc import Iterable, Sequence

from harness.assignment import Assignment
from harness.gradebook.book import Gradebook
from harness.gradebook.folders import bring_in_line
from harness.gradebook.grades import AttemptRow, by_submission, marked
from harness.gradebook.records import Grade
from harness.gradebook.tables import write_grades
from harness.late import late_line
from harness.report import marks

Mark = tuple[float | None, str]
GRADES, SHEET = "grades.csv", "marks.csv"


def close_class(book: Gradebook, assignment: Assignment) -> list[Grade]:
    """Put marks, late lines and the choice of attempts into everything that shows them.

    Returns:
        What counts for each student.

    Raises:
        UsageError: If marks.csv is malformed: the sentence names the line.
    """
    rows = book.attempt_rows()
    sheet = book.out / SHEET
    marks.write_template(sheet, _to_mark(rows), book.marks())
    book.set_marks(checked_marks(book, rows))
    _set_late(book, assignment, rows)
    grades = book.grades()
    bring_in_line(book, grades)
    write_grades(grades, book.out / GRADES, [q.id for q in assignment.questions])
    return grades


def checked_marks(book: Gradebook, rows: Sequence[AttemptRow]) -> dict[tuple[str, str], Mark]:
    """The marks of marks.csv that belong to something that was graded; the others are told.

    Raises:
        UsageError: If the sheet is malformed, or a mark is above its maximum.
    """
    sheet = book.out / SHEET
    given = marks.read_marks(sheet) if sheet.exists() else {}
    items: dict[str, set[str]] = {}
    for row in rows:
        own = items.setdefault(marks.sheet_name(row.attempt.submission), set())
        own |= {marks.sheet_name(item) for item, *_ in row.summary["by_hand"]}
    for unknown in marks.unknown_submissions(given, items):
        print(f"{sheet}: {unknown} was not graded here; its marks are left aside.", file=sys.stderr)
    known = {key: mark for key, mark in given.items() if key[1] in items.get(key[0], ())}
    for (submission, item), (points, _) in given.items():
        if points is not None and submission in items and item not in items[submission]:
            print(f"{sheet}: {item} of {submission} isn't marked by hand; left aside.", file=sys.stderr)
    by_name = by_submission(known)
    for row in rows:
        marked(row, by_name)
    return known


def _to_mark(rows: Iterable[AttemptRow]) -> list[marks.MarkRow]:
    items = {
        (row.attempt.submission, item): marks.MarkRow(row.attempt.submission, question, item, title, most)
        for row in rows
        for item, question, title, most in row.summary["by_hand"]
    }
    return list(items.values())


def _set_late(book: Gradebook, assignment: Assignment, rows: Iterable[AttemptRow]) -> None:
    policy = assignment.late
    book.set_setting("attempt", policy.attempt if policy else "latest")
    given = by_submission(book.marks())
    book.set_late(
        {
            row.number: late_line(
                policy, row.attempt.submitted_at, row.extended, marked(row, given).score, assignment.points
            )
            if policy
            else None
            for row in rows
        }
    )
