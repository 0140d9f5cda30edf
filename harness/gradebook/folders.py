"""Brings the folders of reports in line with what counts: marks by hand, the late line, the attempt that counts."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.gradebook.book import Gradebook, unpacked_result
from harness.gradebook.grades import by_submission, own_marks
from harness.gradebook.recording import stored_code
from harness.gradebook.records import Grade
from harness.report.files import CODE, RESULTS, render_reports, write_rendered
from harness.report.marks import Marks, apply_marks, sheet_name
from harness.report.text_report import number
from harness.results import LateResult, SubmissionResult


def bring_in_line(book: Gradebook, grades: list[Grade]) -> int:
    """Write anew the reports whose marks, late line or attempt have changed, or that are gone.

    Returns:
        How many were written.
    """
    marks = by_submission(book.marks())
    shown = {r["submission"]: r for r in book.db.execute("SELECT * FROM folders")}
    written = 0
    by_folder: dict[str, list[Grade]] = {}
    for one in grades:
        by_folder.setdefault(one.submission, []).append(one)
    for together in by_folder.values():
        grade = together[-1]
        row = book.db.execute(
            """
            SELECT g.id, g.sha256 FROM gradings g JOIN run_gradings rg ON rg.grading = g.id
            WHERE g.submission = ? AND g.sha256 = ? ORDER BY rg.run DESC, g.id DESC LIMIT 1
            """,
            (grade.submission, _counting(grade)),
        ).fetchone()
        own = marks.get(sheet_name(grade.submission), {})
        decisions = _decisions(together)
        extras = _extras(own, grade, decisions)
        folder, before = book.out / grade.submission, shown.get(grade.submission)
        if before and (before["grading"], before["extras"], before["sha256"]) == (
            row["id"],
            extras,
            _hash(folder),
        ):
            continue
        _write(book, row["id"], row["sha256"], folder, own, grade, decisions)
        with book.db:
            book.db.execute(
                "INSERT OR REPLACE INTO folders VALUES (?, ?, ?, ?)",
                (grade.submission, row["id"], extras, _hash(folder)),
            )
        written += 1
    return written


def _hash(folder: Path) -> str:
    """Of the results that lie in a folder; empty where there are none."""
    try:
        return hashlib.sha256((folder / RESULTS).read_bytes()).hexdigest()
    except OSError:
        return ""


def _counting(grade: Grade) -> str:
    return next(a.sha256 for a in grade.attempts if a.counts)


def _decisions(together: Sequence[Grade]) -> list[str]:
    """What was decided for those who handed in together, a line each: it stands beside the points, not in them."""
    lines = []
    for grade in together:
        for one in grade.overrides:
            what = f"question {one.question}" if one.question else "the total"
            lines.append(
                f"{grade.student.id}: {what} was set to {number(one.points)} points ({one.reason}; {one.author})."
            )
        if grade.overrides and grade.total is not None:
            lines.append(f"{grade.student.id}: {number(grade.total)} points count.")
    return lines


def _extras(marks: Marks, grade: Grade, decisions: Sequence[str]) -> str:
    """What the reports show beside the machine's result; empty where that is all."""
    given = {item: mark for (_, item), mark in sorted(marks.items()) if mark[0] is not None or mark[1]}
    late = [grade.late.text, grade.late.deduction] if grade.late else None
    return json.dumps([given, late, decisions]) if given or late or decisions else ""


def _write(
    book: Gradebook,
    grading: int,
    sha256: str,
    folder: Path,
    marks: Marks,
    grade: Grade,
    decisions: Sequence[str],
) -> None:
    stored = book.db.execute("SELECT result FROM gradings WHERE id = ?", (grading,)).fetchone()
    result = unpacked_result(stored["result"])
    result = apply_marks(result, own_marks(result, marks))
    if grade.late:
        line = grade.late
        result = replace(
            result,
            late=LateResult(
                line.submitted_at.isoformat(), line.due_at.isoformat(), line.late_s, line.deduction, line.text
            ),
        )
    result = replace(result, notes=[*result.notes, *decisions])
    result = _with_pictures_that_are_there(result, folder, book, grading)
    code = (
        None
        if (folder / CODE).is_dir() and _shows(book, folder.name) == grading
        else stored_code(book.db, sha256)
    )
    write_rendered(render_reports(result), folder, {p.file for p in result.pictures}, code)


def _shows(book: Gradebook, submission: str) -> int | None:
    row = book.db.execute("SELECT grading FROM folders WHERE submission = ?", (submission,)).fetchone()
    return row["grading"] if row else None


def _with_pictures_that_are_there(
    result: SubmissionResult, folder: Path, book: Gradebook, grading: int
) -> SubmissionResult:
    """The pictures of another attempt lie in the folder, or none: the gradebook keeps results, not pictures."""
    same = _shows(book, folder.name) == grading
    kept = [p for p in result.pictures if same and (folder / p.file).is_file()]
    if len(kept) == len(result.pictures):
        return result
    note = "Pictures of this attempt are no longer there; grading it again with --force makes them."
    return replace(result, pictures=kept, notes=[*result.notes, note])
