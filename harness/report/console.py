"""What a command prints for a class: how far it is, and one page of results."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich import box
from rich import progress as bars
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness import results
from harness.report.grades_csv import Row
from harness.report.text_report import number
from harness.text import one_line

PLAIN_WIDTH = 120
PAGE_ROWS = 40
_NAME_WIDTH = 32
_STATUS_WIDTH = 12
_FIRST = {results.GRADER_ERROR: 0, results.REFUSED: 1}


def class_summary(
    rows: Sequence[Row],
    *,
    folder: Path,
    tier: str,
    title: str = "",
    took_s: float | None = None,
    console: Console | None = None,
    limit: int = PAGE_ROWS,
) -> None:
    """Print one page: a table, those who need attention first, then counts, mean and median.

    Args:
        rows: The class.
        folder: Where the reports are.
        tier: The sandbox tier in force.
        title: The assignment, above the table.
        took_s: How long all of it took on the clock; None leaves that out.
        console: Where to print; standard output by default. Anything but a terminal gets plain lines
            of at most `PLAIN_WIDTH` columns.
        limit: How many submissions the page has room for. Grader errors and refusals come first, then the
            lowest scores; grades.csv has them all.
    """
    console = console or Console()
    ordered = sorted(rows, key=lambda row: (_FIRST.get(row.status, 2), _share(row), row.submission))
    shown, closing = ordered[:limit], _closing(rows, folder, tier, took_s)
    if len(ordered) > limit:
        closing.insert(0, f"{len(ordered) - limit} more, with higher scores, are in grades.csv")
    if not console.is_terminal:
        _plain(shown, closing, title, console)
        return
    if title:
        console.print(Text(one_line(title), style="bold"))
    if shown:
        table = Table(box=box.SIMPLE_HEAD)
        table.add_column("submission", no_wrap=True, max_width=_NAME_WIDTH, overflow="ellipsis")
        table.add_column("score", justify="right", no_wrap=True)
        table.add_column("status", no_wrap=True)
        table.add_column("lost on", overflow="ellipsis", no_wrap=True, ratio=1)
        for row in shown:
            style = "red" if row.status in _FIRST else ""
            # Text, not str: a name such as [red] must not be read as markup.
            table.add_row(*(Text(text, style=style) for text in _cells(row)))
        console.print(table)
    for line in closing:
        style = "bold red" if line.startswith("INSECURE") else ""
        console.print(Text(line, style=style), soft_wrap=True, highlight=False)


def duration(seconds: float) -> str:
    """A time as a person says it: `8 s`, `1 min 12 s` or `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


@contextmanager
def progress(total: int, console: Console | None = None) -> Iterator[Callable[[int], None]]:
    """Show how many of `total` submissions are graded; call what it yields with the number just finished.

    On a terminal this is a bar with the rate and the time left; elsewhere a line at about every tenth.
    """
    console = console or Console(stderr=True)
    if console.is_terminal:
        columns = (
            bars.TextColumn("graded"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            _Rate(),
            bars.TimeRemainingColumn(),
        )
        with bars.Progress(*columns, console=console) as bar:
            task = bar.add_task("graded", total=total)
            yield lambda count: bar.advance(task, count)
        return
    done = 0
    step = max(1, -(-total // 10))

    def advance(count: int = 1) -> None:
        nonlocal done
        before, done = done, done + count
        if done // step > before // step or done == total:
            _line(console, f"graded {done} of {total}")

    yield advance


class _Rate(bars.ProgressColumn):
    """Submissions per minute: seconds would show 0.2."""

    def render(self, task: bars.Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed * 60:.0f} a minute" if speed else "")


def _plain(rows: Sequence[Row], closing: list[str], title: str, console: Console) -> None:
    if title:
        _line(console, one_line(title))
    if rows:
        heads = ("submission", "score", "status", "lost on")
        for cells in (heads, *(_cells(row) for row in rows)):
            name, score, status, lost = cells
            fixed = f"{_cut(name, _NAME_WIDTH):<{_NAME_WIDTH}}  {score:>11}  {status:<{_STATUS_WIDTH}}  "
            _line(console, (fixed + _cut(lost, PLAIN_WIDTH - len(fixed))).rstrip())
        _line(console, "")
    for line in closing:
        _line(console, line)


def _line(console: Console, text: str) -> None:
    # A log may be ASCII only; rich would raise on the first name with an accent.
    encoding = console.encoding or "utf-8"
    console.file.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    console.file.flush()


def _cells(row: Row) -> tuple[str, str, str, str]:
    score = "none" if row.score is None else f"{number(row.score)} / {number(row.max_score)}"
    lost = {q: out_of - points for q, (points, out_of) in row.questions.items() if out_of - points > 0.005}
    where = ", ".join(f"{one_line(q)}: {number(p)}" for q, p in lost.items())
    explained = one_line(row.message) if row.status != results.GRADED else where
    return one_line(row.submission), score, row.status, explained


def _closing(rows: Sequence[Row], folder: Path, tier: str, took_s: float | None) -> list[str]:
    counts = Counter(row.status for row in rows)
    parts = ", ".join(f"{counts[s]} {s}" for s in results.SUBMISSION_STATUSES if counts[s])
    took = f", in {duration(took_s)}" if took_s is not None else ""
    lines = [f"Submissions: {len(rows)}" + (f" ({parts})" if parts else "") + took]
    scores = [row.score for row in rows if row.score is not None]
    if scores:
        highest = max(row.max_score for row in rows if row.score is not None)
        mean, median = number(statistics.fmean(scores)), number(statistics.median(scores))
        lines.append(f"Scores: mean {mean}, median {median}, of {number(highest)}")
    if counts[results.GRADER_ERROR]:
        lines.append(f"Grader errors: {counts[results.GRADER_ERROR]} without a score; grade them again")
    lines += [f"Reports: {one_line(str(folder))}", f"Sandbox tier: {one_line(tier)}"]
    if "insecure" in tier.lower():
        lines.append("INSECURE: the submissions ran without a sandbox; do not use these scores as grades")
    return lines


def _share(row: Row) -> float:
    return (row.score or 0.0) / row.max_score if row.max_score else 0.0


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."
