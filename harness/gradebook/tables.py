"""grades.csv: one line a student, and the rows of the page for the class."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.gradebook.records import Grade
from harness.report.files import write_whole
from harness.report.grades_csv import Row, line


def write_grades(grades: Iterable[Grade], path: Path, questions: Sequence[str]) -> None:
    """Write grades.csv whole: submission, score and points by question, then whose it is and what counts.

    Args:
        questions: Ids in the order of their columns. A cell is blank where nothing is known of the question, or
            there is no score at all.
    """
    after = ("student", "name", "email", "section", "late_deduction", "total", "status")
    lines = [line(["submission", "score", "max_score", *questions, *after])]
    for g in grades:
        points = [g.questions[q][0] if q in g.questions and g.score is not None else None for q in questions]
        who = [g.student.id, g.student.name, g.student.email, g.student.section]
        late = g.late.deduction if g.late else 0.0
        lines.append(line([g.submission, g.score, g.max_score, *points, *who, late, g.total, g.status]))
    write_whole(path, "".join(lines).encode("utf-8", "backslashreplace"))


def page_rows(grades: Iterable[Grade], bonus: Mapping[str, bool], out: Path) -> list[Row]:
    """What the page for the class shows, one row a submission: what counts, and what it was lost on."""
    rows: dict[str, Row] = {}
    for g in grades:
        questions = {q: (p, p if bonus.get(q) else most) for q, (p, most) in g.questions.items()}
        if g.late and g.late.deduction:
            questions["late"] = (0.0, g.late.deduction)
        rows[g.submission] = Row(
            g.submission, g.total, g.max_score, g.status, g.message, questions, out / g.submission
        )
    return list(rows.values())
