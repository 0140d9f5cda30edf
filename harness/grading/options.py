"""What `grader.py grade` was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.assignment import Assignment
from harness.errors import UsageError


@dataclass(frozen=True)
class GradeOptions:
    """What `grader.py grade` was asked for.

    Attributes:
        only, skip: Questions; at most one of the two is given.
        seed: None for the class's own: a fresh one in the first run, the same ever after.
        engine: "local" or "dask"; `scheduler` is the address of a cluster's.
        source, roster, times, extensions: How the class is read, and who is in it.
    """

    out: Path
    jobs: int = 1
    seed: int | None = None
    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    force: bool = False
    print_format: str | None = None
    min_score: float | None = None
    insecure: bool = False
    engine: str = "local"
    scheduler: str | None = None
    source: str = "auto"
    roster: Path | None = None
    times: Path | None = None
    extensions: Path | None = None


def chosen_questions(assignment: Assignment, options: GradeOptions) -> list[str] | None:
    """The questions to grade, or None for all.

    Raises:
        UsageError: If a question does not exist, none is left, or both --only and --skip are given.
    """
    for question in (*options.only, *options.skip):
        assignment.question(question)
    if options.only and options.skip:
        raise UsageError("--only and --skip exclude each other: give one of them")
    if options.only:
        return [q.id for q in assignment.questions if q.id in options.only]
    if not options.skip:
        return None
    left = [q.id for q in assignment.questions if q.id not in options.skip]
    if not left:
        raise UsageError("--skip leaves no question to grade: skip fewer")
    return left
