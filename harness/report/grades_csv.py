"""grades.csv: one row per submission, safe to open in a spreadsheet."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.report.files import write_whole
from harness.report.text_report import number
from harness.results import SubmissionResult
from harness.text import clean

# A spreadsheet takes a cell that begins with one of these for a formula; some fold the full-width forms.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_QUOTED = re.compile('[,;"\t\r\n]')
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


@dataclass
class Row:
    """One submission in the tables for a class.

    Attributes:
        submission: Its name; not trusted.
        score, max_score: `score` is None where a fault of the grader's own remains.
        status, message: As in `SubmissionResult`.
        questions: (points, max_points) by question id.
        folder: Where its reports are.
    """

    submission: str
    score: float | None
    max_score: float
    status: str
    message: str = ""
    questions: dict[str, tuple[float, float]] = field(default_factory=dict)
    folder: Path = field(default_factory=Path)


def row_of(result: SubmissionResult, folder: Path) -> Row:
    """The row of one result; nothing can be lost on a bonus question, so its maximum repeats its points."""
    questions = {q.id: (q.points, q.points if q.bonus else q.max_points) for q in result.questions}
    return Row(
        result.submission, result.score, result.max_score, result.status, result.message, questions, folder
    )


def cell(value: float | str | None) -> str:
    """A CSV cell that no spreadsheet evaluates; `uncell` takes it back.

    A number, or text that is one, stays as it is: -2.5 is no formula.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return number(value, 4)
    text = clean(value)
    return f"'{text}" if _risky(text) else text


def uncell(text: str) -> str:
    """The text that `cell` made safe."""
    return text[1:] if text.startswith("'") and _risky(text[1:]) else text


def line(values: Iterable[float | str | None], separator: str = ",") -> str:
    """One CSV line of safe cells, with its line break.

    Text with a semicolon or a tab is quoted too: where those separate columns, a bare one would open a cell.
    """
    cells = [cell(value) for value in values]
    quoted = ['"' + c.replace('"', '""') + '"' if _QUOTED.search(c) else c for c in cells]
    return separator.join(quoted) + "\n"


def write(rows: Iterable[Row], path: Path, assignment_questions: Sequence[str]) -> None:
    """Write grades.csv whole: `submission,score,max_score`, then the points of each question.

    Args:
        rows: The class, in the order wanted.
        path: The file, UTF-8; replaced by renaming.
        assignment_questions: Question ids, in the order of the columns. A cell is blank where a row knows
            nothing of the question, and where there is no score at all.
    """
    lines = [line(["submission", "score", "max_score", *assignment_questions])]
    for row in rows:
        points = [
            row.questions[question][0] if question in row.questions and row.score is not None else None
            for question in assignment_questions
        ]
        lines.append(line([row.submission, row.score, row.max_score, *points]))
    write_whole(path, "".join(lines).encode("utf-8"))


def _risky(text: str) -> bool:
    # Quotes in front are looked through, so that a name which begins with a quote survives the way back.
    core = text.lstrip("'")
    return core.lstrip(" \u00a0").startswith(_FORMULA) and not _NUMBER.fullmatch(core)
