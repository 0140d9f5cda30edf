"""All that happened to one student's work, in order: what was handed in, graded, marked, set by hand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from harness import results
from harness.gradebook.outcomes import Outcomes, outcomes_of
from harness.gradebook.records import Event, Grade, Grading, Override, RunRecord
from harness.report.text_report import number
from harness.text import one_line

HANDED_IN, GRADED, KEPT = "handed in", "graded", "kept"
# What the log says of a grading is said better by the grading itself.
_SAID_BY_GRADINGS = frozenset({*results.SUBMISSION_STATUSES, KEPT})
_ORDER = {HANDED_IN: 0, GRADED: 1, KEPT: 1}


@dataclass(frozen=True)
class Entry:
    """One thing that happened.

    Attributes:
        what: `handed in`, `graded`, `kept`, or the kind of an event, such as `mark` or `override`.
        submission: Which one; empty where it concerns all.
        score, max_score: After a grading, as the machine gave them.
        changed: Ids of the questions whose points are not those of the grading before, with the change.
    """

    at: datetime
    what: str
    text: str
    run: int | None = None
    submission: str = ""
    score: float | None = None
    max_score: float | None = None
    changed: tuple[tuple[str, float], ...] = ()


def history(
    gradings: Iterable[Grading], events: Iterable[Event] = (), runs: Iterable[RunRecord] = ()
) -> list[Entry]:
    """The entries of one student, the oldest first.

    Args:
        gradings: Of all that the student handed in, the oldest run first.
        events: The log as far as it concerns the student.
        runs: For the times at which earlier results were kept.
    """
    log = list(events)
    entries = [*_of_gradings(gradings, log, {run.id: run for run in runs})]
    entries += [
        Entry(_aware(e.at), e.kind, e.detail, e.run, e.subject)
        for e in log
        if e.kind not in _SAID_BY_GRADINGS or e.run is None
    ]
    # Sorting is stable: what happened in the same second stays in the order of gradings and of the log.
    return sorted(entries, key=lambda entry: (entry.at, _ORDER.get(entry.what, 2)))


def counting(grade: Grade | None, overrides: Iterable[Override] = ()) -> list[str]:
    """What counts for the student now, in sentences."""
    lines = []
    if grade is None:
        lines.append("No grade: nothing that was handed in for this student has been graded yet.")
    else:
        total = "no score" if grade.total is None else f"{number(grade.total)} points"
        score = "no score" if grade.score is None else f"{number(grade.score)} of {number(grade.max_score)}"
        lines.append(
            f"Counts now: {total} (tests and marks: {score}), from {one_line(grade.submission, 120)}"
        )
        if len(grade.members) > 1:
            lines.append("Handed in together by " + ", ".join(one_line(m, 80) for m in grade.members))
        if grade.late:
            lines.append(one_line(grade.late.text))
        if grade.pending_points:
            lines.append(f"To be marked by hand: {number(grade.pending_points)} points")
    lines += [override_line(o) for o in overrides]
    return lines


def override_line(override: Override) -> str:
    """An override that is in force, in one line."""
    what = f"question {one_line(override.question, 40)}" if override.question is not None else "the total"
    by = f"{one_line(override.author, 80)}, {override.at:%Y-%m-%d}"
    return f"Override: {what} is set to {number(override.points)} ({by}): {one_line(override.reason)}"


def _of_gradings(
    gradings: Iterable[Grading], log: Iterable[Event], runs: dict[int, RunRecord]
) -> Iterator[Entry]:
    kept_at = {(e.run, e.subject): e.at for e in log if e.kind == KEPT}
    seen = set[tuple[str, str, datetime | None]]()
    before: Outcomes | None = None
    for grading in gradings:
        attempt = (grading.submission, grading.sha256, grading.submitted_at)
        if attempt not in seen and grading.submitted_at:
            text = f"content {grading.sha256[:12]}" + _together(grading)
            yield Entry(_aware(grading.submitted_at), HANDED_IN, text, None, grading.submission)
        seen.add(attempt)
        if grading.kept:
            run = runs.get(grading.run)
            at = kept_at.get((grading.run, grading.submission), run.started_at if run else grading.graded_at)
            yield _entry(grading, at, KEPT, "nothing had changed: the earlier result stands", ())
            continue
        now = outcomes_of(grading)
        yield _entry(grading, grading.graded_at, GRADED, _graded(grading, before, now), _moved(before, now))
        before = now


def _entry(
    grading: Grading, at: datetime, what: str, text: str, changed: tuple[tuple[str, float], ...]
) -> Entry:
    score, most = grading.result.score, grading.result.max_score
    return Entry(_aware(at), what, text, grading.run, grading.submission, score, most, changed)


def _together(grading: Grading) -> str:
    ids = ", ".join(one_line(s.id, 80) for s in grading.students)
    return f", by {ids}" if len(grading.students) > 1 else ""


def _graded(grading: Grading, before: Outcomes | None, now: Outcomes) -> str:
    """How it ended, and what was not as it was in the grading before."""
    parts = [now.status] if now.status != results.GRADED else []
    parts += [one_line(now.message)] if now.message else []
    if before:
        parts += ["other content"] if before.sha256 != now.sha256 else []
        changed = [q for q in now.hashes if q in before.hashes and before.hashes[q] != now.hashes[q]]
        parts += [f"changed tests in {', '.join(one_line(q, 40) for q in changed)}"] if changed else []
        parts += ["another seed"] if before.seed != now.seed else []
        parts += [f"sandbox tier {one_line(now.tier, 80)}"] if before.tier != now.tier else []
        parts += _asked(before, now)
        parts = parts or [_again(before, now)]
    else:
        parts += [f"seed {grading.seed}", one_line(grading.tier, 80)]
    return "; ".join(parts)


def _asked(before: Outcomes, now: Outcomes) -> list[str]:
    """Questions that one of two gradings has alone; what was refused, or failed, has none at all."""
    if not before.hashes or not now.hashes:
        return []
    said = []
    for ids, what in (
        ([q for q in now.hashes if q not in before.hashes], "added"),
        ([q for q in before.hashes if q not in now.hashes], "left out"),
    ):
        if ids:
            listed = ", ".join(one_line(q, 40) for q in ids)
            said.append(f"question{'' if len(ids) == 1 else 's'} {listed} {what}")
    return said


def _again(before: Outcomes, now: Outcomes) -> str:
    """Why there is a second grading although all that it depends on is the same."""
    if before.status == results.GRADER_ERROR:
        return "graded again after a fault of the grader's own"
    if before.submission != now.submission:
        return "the same content as before"
    return "graded again though nothing had changed (--force)"


def _moved(before: Outcomes | None, now: Outcomes) -> tuple[tuple[str, float], ...]:
    if before is None:
        return ()
    moves = (
        (q, round(p - before.questions[q][1], 6))
        for q, (_, p) in now.questions.items()
        if q in before.questions
    )
    return tuple((question, change) for question, change in moves if change)


def _aware(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
