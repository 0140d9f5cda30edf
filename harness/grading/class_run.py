"""Grade several submissions on this machine without a gradebook: reports are written, a row for each comes back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.assignment import Assignment
from harness.engines.engine import LocalEngine
from harness.engines.job import Graded, Job
from harness.engines.loop import grade_all
from harness.errors import GraderFault
from harness.grading.one import fault_result
from harness.grading.warm_process import row
from harness.intake.packed import pack
from harness.isolation.tiers import Tier
from harness.report.files import render_reports, write_rendered


@dataclass(frozen=True)
class Task:
    """One submission to grade: where it is, how reports call it, where they go."""

    path: Path
    name: str
    out: Path


class ClassRun:
    """Grades tasks, `jobs` at a time. Use as a context manager, so that no grader is left behind."""

    def __init__(
        self, assignment: Assignment, tier: Tier, *, seed: int, jobs: int, only: str | None = None
    ) -> None:
        self.assignment, self.tier, self.seed = assignment, tier, seed
        self.only = (only,) if only else None
        self.engine = LocalEngine(assignment, tier, seed, jobs)

    def rows(self, tasks: Sequence[Task]) -> list[dict[str, Any]]:
        """Grade all tasks; the rows come in their order."""
        places: dict[int, int] = {}

        def jobs() -> Iterator[Job]:
            for i, task in enumerate(tasks):
                job = Job(task.name, pack(task.path), self.only)
                places[id(job)] = i
                yield job

        rows: dict[int, dict[str, Any]] = {}
        for job, outcome in grade_all(self.engine, jobs()):
            i = places.pop(id(job))
            if isinstance(outcome, GraderFault):
                outcome = faulty(self.assignment, job.submission, str(outcome), self.seed, self.tier.name)
            write_rendered(outcome.reports, tasks[i].out, outcome.row["pictures"], outcome.code)
            rows[i] = dict(outcome.row)
        return [rows[i] for i in range(len(tasks))]

    def close(self) -> None:
        """Stop: nothing new is begun, and what is under way is ended."""
        self.engine.close()

    def __enter__(self) -> "ClassRun":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def faulty(assignment: Assignment, submission: str, why: str, seed: int, tier: str) -> Graded:
    """What stands for a submission that could not be graded through no fault of its own."""
    result = fault_result(assignment, [], why, submission=submission, seed=seed, tier=tier)
    return Graded(submission, row(result, {}), render_reports(result), {})
