"""What every engine offers, and the default one: threads of this process, each with a grader process of its own."""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Protocol

from harness.assignment import Assignment
from harness.engines.job import Graded, Graders, Job
from harness.isolation.tiers import Tier


class WorkerLost(Exception):
    """The worker that had a job is gone: the job may be graded elsewhere."""


class Engine(Protocol):
    """Grades jobs. Its futures end with `Graded`, GraderFault, UsageError, or WorkerLost.

    Attributes:
        name: As the gradebook notes it.
        executor: A `concurrent.futures` executor.
    """

    name: str
    executor: Executor

    @property
    def slots(self) -> int:
        """How many jobs it can work on at present."""
        ...

    def submit(self, job: Job) -> "Future[Graded]":
        """Begin a job, or queue it."""
        ...

    def check(self) -> None:
        """Asked when nothing has come back for a while.

        Raises:
            GraderFault: If nobody is left to do the work.
        """
        ...

    def close(self) -> None:
        """Stop: nothing new is begun, and what is under way is ended."""
        ...


class LocalEngine:
    """Grades on this machine, `jobs` submissions at a time."""

    name = "local"

    def __init__(self, assignment: Assignment, tier: Tier, seed: int, jobs: int) -> None:
        self.graders = Graders(assignment, tier, seed)
        self.jobs = jobs
        self.executor: Executor = ThreadPoolExecutor(jobs, thread_name_prefix="grader")

    @property
    def slots(self) -> int:
        """As many as it was made for."""
        return self.jobs

    def submit(self, job: Job) -> "Future[Graded]":
        """Begin a job, or queue it."""
        return self.executor.submit(self.graders.grade, job)

    def check(self) -> None:
        """Threads of this process are always there."""

    def close(self) -> None:
        """Stop: nothing new is begun, and what is under way is ended."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.graders.close()
