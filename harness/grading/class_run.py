"""Grade many submissions: a pool of warm graders, a row for each as it is finished."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.assignment import Assignment
from harness.errors import GraderFault
from harness.grading.one import fault_result
from harness.grading.warm_grader import WarmGraderHandle
from harness.isolation.tiers import Tier
from harness.report.files import write_reports


@dataclass(frozen=True)
class Task:
    """One submission to grade: where it is, how reports call it, where they go."""

    path: Path
    name: str
    out: Path


class ClassRun:
    """Grades tasks on `jobs` warm graders. Use as a context manager, so that none is left behind."""

    def __init__(
        self, assignment: Assignment, tier: Tier, *, seed: int, jobs: int, only: str | None = None
    ) -> None:
        self.assignment, self.tier, self.seed, self.only = assignment, tier, seed, only
        self.all: list[WarmGraderHandle] = []
        self.lock = threading.Lock()
        # The sandbox dies with the thread that started it, so each thread keeps to its own warm grader.
        self.own = threading.local()
        self.pool = ThreadPoolExecutor(jobs, thread_name_prefix="grader")

    def _grader(self) -> WarmGraderHandle:
        if not hasattr(self.own, "grader"):
            self.own.grader = WarmGraderHandle(self.assignment, self.tier, self.seed, self.only)
            with self.lock:
                self.all.append(self.own.grader)
        return self.own.grader

    def _grade(self, task: Task) -> dict[str, Any]:
        try:
            return self._grader().grade(task.path, task.name, task.out)
        except GraderFault as e:
            result = fault_result(
                self.assignment, [], str(e), submission=task.name, seed=self.seed, tier=self.tier.name
            )
            write_reports(result, task.out, {})
            return {
                "submission": task.name,
                "score": None,
                "max_score": result.max_score,
                "status": result.status,
                "message": str(e),
                "pending_points": 0.0,
                "questions": {},
                "by_hand": [],
                "leaderboard": [],
            }

    def rows(
        self, tasks: Sequence[Task], finished: Callable[[dict[str, Any]], None] = lambda row: None
    ) -> list[dict[str, Any]]:
        """Grade all tasks.

        Args:
            finished: Called with each row as it comes, in the order of finishing.

        Returns:
            The rows in the order of the tasks.
        """
        futures: dict[Future[dict[str, Any]], int] = {
            self.pool.submit(self._grade, t): i for i, t in enumerate(tasks)
        }
        rows: dict[int, dict[str, Any]] = {}
        for done in self._as_completed(set(futures)):
            rows[futures[done]] = done.result()
            finished(done.result())
        return [rows[i] for i in range(len(tasks))]

    @staticmethod
    def _as_completed(pending: set[Future[dict[str, Any]]]) -> Iterator[Future[dict[str, Any]]]:
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            yield from done

    def close(self) -> None:
        """Stop: nothing new is begun, and what is under way is ended."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        with self.lock:
            for grader in self.all:
                grader.close()

    def __enter__(self) -> "ClassRun":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
