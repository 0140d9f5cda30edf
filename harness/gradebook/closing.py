"""What is done when results or decisions have changed: late lines, folders of reports, grades.csv, the sheet of marks."""

import sys
from collections.abc import Iterable

from harness.assignment import Assignment
from harness.gradebook.book import Gradebook
from harness.gradebook.folders import bring_in_line
from harness.gradebook.grades import AttemptRow, by_submission, marked
from harness.gradebook.records import Grade
from harness.gradebook.tables import write_grades
from harness.late import late_line
from harness.report import marks

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
    marks.write_template(sheet, _to_mark(rows))
    given = marks.read_marks(sheet)
    names = {marks.sheet_name(row.attempt.submission) for row in rows}
    for unknown in marks.unknown_submissions(given, names):
        print(f"{sheet}: {unknown} was not graded here; its marks are left aside.", file=sys.stderr)
    known = {key: mark for key, mark in given.items() if key[0] in names}
    by_name = by_submission(known)
    for row in rows:  # a mark that is wrong is told before anything is changed
        marked(row, by_name)
    book.set_marks(known)
    _set_late(book, assignment, rows)
    grades = book.grades()
    bring_in_line(book, grades)
    write_grades(grades, book.out / GRADES, [q.id for q in assignment.questions])
    return grades


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
