"""One submission's grading as plain data: the job that goes to a worker, and what comes back."""

import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.assignment import Assignment
from harness.grading.kept import Kept
from harness.grading.warm_grader import WarmGraderHandle
from harness.intake.packed import Packed, write_packed
from harness.isolation.tiers import Tier
from harness.report.files import CODE


@dataclass(frozen=True)
class Job:
    """A submission to grade.

    Attributes:
        submission: How reports call it.
        packed: What was handed in.
        questions: Those to grade, or None for all.
        kept: What stands of the others.
    """

    submission: str
    packed: Packed
    questions: tuple[str, ...] | None = None
    kept: Kept | None = None


@dataclass(frozen=True)
class Graded:
    """What came of a job.

    Attributes:
        row: The summary, as `warm_process.row` makes it.
        reports: The files of the report by name, pictures included.
        code: The student's modules by the assignment's names for them.
    """

    submission: str
    row: Mapping[str, Any]
    reports: Mapping[str, bytes] = field(repr=False)
    code: Mapping[str, bytes] = field(repr=False)


class Graders:
    """Warm graders for one assignment, one for each thread that asks: the sandbox ends with its thread."""

    def __init__(self, assignment: Assignment, tier: Tier, seed: int) -> None:
        self.assignment, self.tier, self.seed = assignment, tier, seed
        self.own = threading.local()
        self.all: list[WarmGraderHandle] = []
        self.lock = threading.Lock()

    def grade(self, job: Job) -> Graded:
        """Grade one submission.

        Raises:
            GraderFault: If the grader died or stalled over it again and again.
            UsageError: If the assignment's tests are refused.
        """
        if not hasattr(self.own, "grader"):
            self.own.grader = WarmGraderHandle(self.assignment, self.tier, self.seed)
            with self.lock:
                self.all.append(self.own.grader)
        more: dict[str, Any] = {}
        if job.questions is not None:
            more = {"questions": list(job.questions), "kept": asdict(job.kept or Kept())}
        with tempfile.TemporaryDirectory(prefix="backmark-job-") as name:
            folder = Path(name)
            write_packed(job.packed, folder / "submission")
            more["packed"] = str(folder / "submission")
            row = self.own.grader.grade(folder, job.submission, folder / "out", **more)
            return _collected(job.submission, row, folder / "out")

    def close(self) -> None:
        """End all of them, and whatever they are grading."""
        with self.lock:
            for grader in self.all:
                grader.close()


def _collected(submission: str, row: Mapping[str, Any], out: Path) -> Graded:
    code = out / CODE
    return Graded(
        submission,
        row,
        {p.name: p.read_bytes() for p in sorted(out.iterdir()) if p.is_file()},
        {p.relative_to(code).as_posix(): p.read_bytes() for p in sorted(code.rglob("*")) if p.is_file()},
    )
