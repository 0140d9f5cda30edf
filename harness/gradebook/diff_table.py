"""The regrade diff as lines on a terminal, and as CSV."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console

from harness.gradebook.changed_tests import TestChange
from harness.gradebook.diff import Change, Diff
from harness.gradebook.plain_lines import WIDTH, aligned, say, shortened
from harness.gradebook.records import RunRecord
from harness.report.grades_csv import line
from harness.report.text_report import number
from harness.site.pages import plural
from harness.text import one_line

STUDENTS = 20  # on a terminal; CSV and HTML have all
TESTS = 5  # of one student
COMMONEST = 15  # tests that changed for most
NOTE = "Points of tests, before marks by hand, late deductions and overrides."
_LEAST = 36  # of a test's name, however long the reasons are
COLUMNS = (
    "student,name,submission,score_before,score_after,change,question,test,title,points_before,points_after,"
    "max_before,max_after,status_before,status_after,reasons,hint_before,hint_after,notes"
)


def signed(points: float) -> str:
    """A change of points: +2.5, -1, 0."""
    text = number(points, 4)
    return f"+{text}" if points > 0 and text != "0" else text


def run_name(run: RunRecord) -> str:
    """A run as people call it."""
    return f"run {run.id} ({run.started_at:%Y-%m-%d %H:%M %Z})".replace(" )", ")")


def who(change: Change) -> str:
    """All who are credited, by id."""
    return ", ".join(one_line(s.id, 120) for s in change.students)


def score_of(score: float | None, max_score: float) -> str:
    """Points out of what; `no score` for a fault of the grader's own."""
    return "no score" if score is None else f"{number(score)} / {number(max_score)}"


def parameters(test: str) -> str:
    """What tells the cases of one parametrised test apart, as its id has it; empty for every other test."""
    _, bracket, text = test.partition("[")
    text = one_line(text.removesuffix("]"))
    return f"[{text if len(text) <= 40 else f'{text[:18]}...{text[-18:]}'}]" if bracket else ""


def case_name(test: str, title: str, width: int) -> str:
    """Title and parameters in at most about `width` characters: it is the title that is cut."""
    case = parameters(test)
    room = max(width - len(case) - 1, 12) if case else width
    return f"{shortened(one_line(title), room)} {case}".rstrip()


def side(change: TestChange) -> tuple[str, str]:
    """How the test ended then and now, in a few words."""
    words = []
    for outcome in (change.before, change.after):
        if outcome is None:
            words.append("none")
            continue
        excuse = ", not charged again" if outcome.excuse else ""
        words.append(f"{outcome.status}{excuse}, {number(outcome.points)} / {number(outcome.max_points)}")
    return words[0], words[1]


def summary(diff: Diff) -> list[str]:
    """The class in sentences."""
    quiet = f" ({diff.quiet:,} of them with other outcomes of tests)" if diff.quiet else ""
    lines = [
        f"Gained: {diff.gained:,}, lost: {diff.lost:,}, unchanged: {diff.unchanged:,}{quiet}",
        f"Mean change: {signed(round(diff.mean, 4))} points",
    ]
    if diff.unscored:
        count = sum(len(c.students) for c in diff.unscored)
        lines.append(f"Without a score in one of the runs, through a fault of the grader's own: {count:,}")
    for students, text in ((diff.appeared, "Only in the second run"), (diff.gone, "Only in the first run")):
        if students:
            names = ", ".join(one_line(s.id, 40) for s in students[:5]) + (
                ", ..." if len(students) > 5 else ""
            )
            lines.append(f"{text}: {len(students):,} ({names})")
    return lines


def show(diff: Diff, runs: tuple[RunRecord, RunRecord], console: Console) -> None:
    """Print the class, the questions, and the students with what changed for them."""
    say(console, f"From {run_name(runs[0])} to {run_name(runs[1])}")
    for sentence in summary(diff):
        say(console, sentence)
    say(console, NOTE)
    changed = [q for q in diff.questions if q.gained or q.lost]
    if changed:
        rows = [("question", "gained", "lost", "mean", "title")]
        rows += [
            (one_line(q.id), str(q.gained), str(q.lost), signed(round(q.mean, 4)), one_line(q.title))
            for q in changed
        ]
        _print(rows, (1, 2, 3), console)
    if diff.tests:
        say(console, "")
        for text in _commonest(diff):
            say(console, text)
        if len(diff.tests) > COMMONEST:
            say(console, f"and {plural(len(diff.tests) - COMMONEST, 'more test')}")
    listed = [*diff.unscored, *diff.changes]
    for change in listed[:STUDENTS]:
        say(console, "")
        for text in _student(change):
            say(console, text)
    if len(listed) > STUDENTS:
        say(console, f"\n{len(listed) - STUDENTS:,} more: --format csv or html has all.")
    if diff.decisions:
        say(console, "\nDecided by people between the runs, beside the points above:")
        for event in diff.decisions[:STUDENTS]:
            say(console, f"  {event.at:%Y-%m-%d %H:%M}  {one_line(event.kind)}: {one_line(event.subject, 60)}: "
                f"{one_line(event.detail)}", cut=True)  # fmt: skip
        if len(diff.decisions) > STUDENTS:
            say(
                console,
                f"  and {len(diff.decisions) - STUDENTS:,} more; `grader.py history` has those of a student",
            )


def _commonest(diff: Diff) -> list[str]:
    """The tests that moved most: names are cut, so that the reasons behind them are not."""
    tests = diff.tests[:COMMONEST]
    figures = [("question", "gained", "lost", "points")]
    figures += [
        (shortened(one_line(t.question), 20), str(t.gained), str(t.lost), signed(round(t.points, 4)))
        for t in tests
    ]
    reasons = [f"({_joined(t.reasons)})" for t in tests]
    used = sum(max(len(row[c]) for row in figures) + 2 for c in range(4))
    room = max(WIDTH - used - max(map(len, reasons)) - 1, _LEAST)
    names = ["test"]
    names += [f"{case_name(t.id, t.title, room)} {why}" for t, why in zip(tests, reasons, strict=True)]
    rows = [(*row, name) for row, name in zip(figures, names, strict=True)]
    return aligned(rows, right=(1, 2, 3))


def _print(rows: Sequence[Sequence[str]], right: tuple[int, ...], console: Console) -> None:
    say(console, "")
    for text in aligned(rows, right=right):
        say(console, text, cut=True)


def _student(change: Change) -> Iterator[str]:
    then = score_of(change.before.score, change.before.max_score)
    now = score_of(change.after.score, change.after.max_score)
    points = "" if change.change is None else f" ({signed(change.change)})"
    reasons = {test.reasons for test in change.tests}
    # What holds for all of them is said once.
    shared = f": {_joined(*reasons)}" if len(reasons) == 1 else ""
    yield f"{shortened(who(change), 80)}: {then} -> {now}{points}{shared}"
    for note in change.notes:
        yield f"    {one_line(note)}"
    for test in change.tests[:TESTS]:
        before, after = side(test)
        start = f"    [{shortened(one_line(test.outcome.question), 20)}] "
        yield start + case_name(test.id, test.outcome.title, WIDTH - len(start))
        yield f"        {before} -> {after}" + ("" if shared else f": {_joined(test.reasons)}")
        for when, outcome in (("then", test.before), ("now", test.after)):
            if outcome and outcome.hint:
                yield shortened(f"        hint {when}: {one_line(outcome.hint)}", WIDTH)
    if len(change.tests) > TESTS:
        yield f"    and {plural(len(change.tests) - TESTS, 'more test')}"


def _joined(reasons: Iterable[str]) -> str:
    return "; ".join(one_line(reason, 160) for reason in reasons)


def csv(diff: Diff) -> str:
    """A line for each student and changed test; one for a student without any."""
    lines = [line(COLUMNS.split(","))]
    for change in [*diff.unscored, *diff.changes]:
        for student in change.students:
            points = None if change.change is None else round(change.change, 6)
            scores = (change.before.score, change.after.score, points)
            start = [student.id, student.name, change.after.submission, *scores]
            notes = "; ".join(change.notes)
            tests = [_cells(test) for test in change.tests] or [[None] * 12]
            lines += [line([*start, *cells, notes]) for cells in tests]
    return "".join(lines)


def _cells(test: TestChange) -> list[float | str | None]:
    a, b = test.before, test.after
    return [
        test.outcome.question,
        test.id,
        test.outcome.title,
        a.points if a else None,
        b.points if b else None,
        a.max_points if a else None,
        b.max_points if b else None,
        a.status if a else None,
        b.status if b else None,
        "; ".join(test.reasons),
        a.hint if a else None,
        b.hint if b else None,
    ]
