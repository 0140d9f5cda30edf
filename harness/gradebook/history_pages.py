"""A student's history as lines on a terminal, as CSV, and as one HTML page."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from harness.gradebook.diff_table import signed
from harness.gradebook.history import Entry
from harness.gradebook.plain_lines import aligned, say
from harness.gradebook.records import Student
from harness.report.grades_csv import line
from harness.report.text_report import number
from harness.text import one_line

COLUMNS = ["at", "what", "run", "submission", "score", "max_score", "changed", "text"]
_HERE = Path(__file__).parent


def changes(entry: Entry) -> str:
    """What moved, by question: `1.2b +2, 1.3a -1`."""
    return ", ".join(f"{one_line(q, 40)} {signed(p)}" for q, p in entry.changed)


def score(entry: Entry) -> str:
    """Points after a grading; empty for everything else."""
    if entry.max_score is None:
        return ""
    return "no score" if entry.score is None else f"{number(entry.score)} / {number(entry.max_score)}"


def show(student: Student, entries: Sequence[Entry], counts: Sequence[str], console: Console) -> None:
    """Print who it is, what counts now, and everything that happened."""
    say(console, name_of(student))
    for sentence in counts:
        say(console, sentence)
    if not entries:
        return
    say(console, "")
    rows = [("when (UTC)", "what", "run", "submission", "points", "")]
    for e in entries:
        text = "; ".join(part for part in (changes(e), one_line(e.text)) if part)
        when, run = f"{e.at:%Y-%m-%d %H:%M:%S}", "" if e.run is None else str(e.run)
        rows.append((when, one_line(e.what, 40), run, one_line(e.submission, 60), score(e), text))
    for text in aligned(rows, right=(2, 4), widest=28):
        say(console, text)


def csv(entries: Sequence[Entry]) -> str:
    """A line for each entry."""
    lines = [line(COLUMNS)]
    for e in entries:
        cells = (e.at.isoformat(), e.what, e.run, e.submission, e.score, e.max_score, changes(e), e.text)
        lines.append(line(cells))
    return "".join(lines)


def page(student: Student, entries: Sequence[Entry], counts: Sequence[str], title: str = "") -> str:
    """The page, which needs no file beside it."""
    from harness.site.pages import environment, page_parts

    template = environment(_HERE / "templates").get_template("history.html.j2")
    return template.render(
        page_parts(),
        title=title,
        who=name_of(student),
        entries=entries,
        counts=counts,
        changes=changes,
        score=score,
    )


def name_of(student: Student) -> str:
    """The student's id, and the name where it is known."""
    known = one_line(student.name, 120)
    return one_line(student.id, 120) + (f" ({known})" if known and known != student.id else "")
