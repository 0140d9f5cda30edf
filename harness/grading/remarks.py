"""Lines beside the table for a class: what is easily overlooked."""

from collections.abc import Sequence

from harness.assignment import Assignment
from harness.gradebook.book import Gradebook
from harness.gradebook.records import Grade
from harness.grading.options import GradeOptions
from harness.results import GRADED, GRADER_ERROR


def forgotten(book: Gradebook, options: GradeOptions) -> list[str]:
    """A line for each list that the last run was given and this one is not: what it said is easily forgotten."""
    said = {"--roster": options.roster, "--times": options.times, "--extensions": options.extensions}
    before = book.setting("given", {})
    book.set_setting("given", {name: str(path) for name, path in said.items() if path})
    kept = {"--times": "the times that were told stay"}
    return [
        f"the last run had {name} {before[name]}, this one has not: {kept.get(name, 'what it says does not hold now')}"
        for name, path in said.items()
        if name in before and not path
    ]


def remarks(
    assignment: Assignment, everybody: Sequence[Grade], ours: Sequence[Grade], options: GradeOptions
) -> list[str]:
    """What is easily overlooked in the table: unknown times, work graded in part, students who are no longer there."""
    lines = []
    untimed = [g for g in ours if assignment.late and g.submitted_at is None]
    if untimed:
        lines.append(
            f"{len(untimed)} of {len(ours)} submissions, first {untimed[0].submission}: when they were handed in is not "
            "known, so they are not counted as late; --times FILE tells"
        )
    whole = {q.id for q in assignment.questions}
    part = [g for g in everybody if g.status == GRADED and g.questions.keys() < whole]
    if part:
        missing = ", ".join(q.id for q in assignment.questions if q.id not in part[0].questions)
        lines.append(
            f"{len(part)} of {len(everybody)} students, first {part[0].student.id}, are graded in part ({missing} not): "
            "their totals are no totals; run without --only and --skip to complete them"
        )
    names = {g.student.id for g in ours}
    gone = [g.student.id for g in everybody if g.student.id not in names]
    if gone:
        more = f" and {len(gone) - 5} more" if len(gone) > 5 else ""
        lines.append(
            f"not in this run, and still in {options.out / 'grades.csv'}: {', '.join(gone[:5])}{more}"
        )
    if options.min_score is not None:
        below = [g for g in ours if (g.total or 0.0) < options.min_score and g.status != GRADER_ERROR]
        lines += [f"below {options.min_score:g}: {g.student.id} with {g.total or 0:g}" for g in below[:10]]
    return lines
