"""Who handed in what: the entries of a class with the due times of extensions, and what is odd about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from harness.assignment import Assignment
from harness.errors import UsageError
from harness.grading.options import GradeOptions
from harness.intake.sources import Entry, read_class
from harness.late import Extensions
from harness.roster import Roster, read_times


@dataclass
class ClassList:
    """Who handed in what, the due times of extensions, and the lines that tell what is odd about it."""

    entries: list[Entry]
    extended: list[datetime | None]
    complaints: list[str] = field(default_factory=list)


def read_handed(assignment: Assignment, paths: Sequence[Path], options: GradeOptions) -> ClassList:
    """Everything at some paths.

    Raises:
        UsageError: If a path, the roster, the times or the extensions cannot be read.
    """
    roster = Roster.read(options.roster) if options.roster else None
    times = read_times(options.times) if options.times else None
    extensions = Extensions.read(options.extensions) if options.extensions else None
    if extensions and not assignment.late:
        raise UsageError(
            f"{options.extensions}: {assignment.name} has no late policy, so that an extension means nothing: add "
            f"[late] to {assignment.tests / 'assignment.toml'}, or leave out --extensions"
        )
    intake = read_class(
        paths, assignment.required, assignment.optional, source=options.source, roster=roster, times=times
    )
    complaints = [f"passed over: {i} is no submission" for i in intake.ignored] + intake.complaints
    extended = [
        extensions.due(e.students, assignment.late.due) if extensions and assignment.late else None
        for e in intake.entries
    ]
    if extensions:
        everybody = [s for e in intake.entries for s in e.students]
        complaints += extensions.unknown([*everybody, *(roster.students if roster else ())])
    if roster:
        complaints += [
            f"{s.id} {s.name}".strip() + " handed in nothing" for s in roster.missing(intake.entries)
        ]
    return ClassList(intake.entries, extended, complaints)


def keep_out_of(paths: Sequence[Path], out: Path) -> None:
    """Refuse to write reports among the submissions: the next run would take them for students' work."""
    where = out.resolve()
    for path in paths:
        folder = path.resolve()
        if folder.is_dir() and (folder == where or folder in where.parents):
            raise UsageError(
                f"--out {out} lies in {path}, among the submissions: name a folder outside of it"
            )
