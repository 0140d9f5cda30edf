"""Grading on a Dask cluster: each worker holds the assignment's bundle, and grades inside its own sandbox.

Everything that Dask carries comes from the trusted side: submissions as plain bytes, results as plain data. Whoever can
reach the scheduler can run code on the workers, so it belongs into a network that students cannot reach.
"""

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster, Worker, WorkerPlugin
from distributed.scheduler import KilledWorker

from harness import assignment as assignments
from harness.assignment import Assignment
from harness.engines.bundle import make_bundle, open_bundle
from harness.engines.engine import WorkerLost
from harness.engines.job import Graded, Graders, Job
from harness.errors import GraderFault, UsageError
from harness.grading import identity
from harness.grading.identity import machinery_sha256
from harness.isolation import tiers

CONNECT_S = 15
SILENT_S = "60s"  # a worker that says nothing for so long is taken for lost
_graders: dict[tuple[str, int, bool], Graders] = {}
_roots: dict[str, Path] = {}


class BundlePlugin(WorkerPlugin):
    """Gives each worker, also one that comes later, the assignment's bundle, unpacked in a folder of its own."""

    def __init__(self, bundle: bytes) -> None:
        self.bundle = bundle
        self.sha256 = hashlib.sha256(bundle).hexdigest()
        self.name = f"backmark-{self.sha256}"

    def setup(self, worker: Worker) -> None:
        """Called by Dask when a worker starts, or when the plugin is registered."""
        if self.sha256 not in _roots:
            _roots[self.sha256] = open_bundle(self.bundle)

    def teardown(self, worker: Worker) -> None:
        """Called by Dask when a worker ends in peace: graders and the folder go."""
        for graders in _graders.values():
            graders.close()
        _graders.clear()
        if root := _roots.pop(self.sha256, None):
            shutil.rmtree(root, ignore_errors=True)


def grade_on_worker(bundle: str, name: str, seed: int, insecure: bool, machinery: str, job: Job) -> Graded:
    """Grade one submission on the worker that this runs on.

    Raises:
        WorkerLost: If this machine is unfit: a worker that came later, of another version or without a sandbox.
        GraderFault: If the grader dies again and again.
    """
    if machinery_sha256() != machinery:
        raise WorkerLost("this worker has another version of Backmark, Python or NumPy than the coordinator")
    key = bundle, seed, insecure
    if key not in _graders:
        try:
            tier = tiers.choose(insecure)
        except UsageError as e:
            raise WorkerLost(str(e)) from None
        _graders[key] = Graders(assignments.load(name, _roots[bundle]), tier, seed)
    return _graders[key].grade(job)


def sandbox_of(insecure: bool) -> str:
    """Why submissions cannot be graded safely on this machine; empty where they can."""
    try:
        tiers.choose(insecure)
    except UsageError as e:
        return str(e)
    return ""


def _set_allowed_failures(count: int, dask_scheduler: Any = None) -> int:
    before, dask_scheduler.allowed_failures = dask_scheduler.allowed_failures, count
    return before


class DaskEngine:
    """Grades on the workers of a scheduler, or of a cluster of this machine's own.

    A worker that dies, or is silent for too long, gives up its jobs at once (Dask itself would try them three times
    more, together with their neighbours): the coordinator's loop decides what becomes of them.

    Args:
        address: Of a scheduler, such as tcp://10.0.0.1:8786; None starts a LocalCluster of `jobs` workers.
        grade: What grades one job on a worker; tests pass their own.

    Raises:
        UsageError: If no scheduler answers there, it has no workers, or workers have another version.
    """

    name = "dask"

    def __init__(
        self,
        assignment: Assignment,
        seed: int,
        *,
        address: str | None = None,
        jobs: int = 1,
        insecure: bool = False,
        grade: Callable[..., Graded] = grade_on_worker,
    ) -> None:
        if address and not re.fullmatch(r"(tcp|tls|ws|wss|ucx|inproc)://\S+", address):
            raise UsageError(f"--scheduler must be an address such as tcp://10.0.0.1:8786, got {address!r}")
        self.cluster = None if address else _local_cluster(jobs)
        try:
            self.client = Client(address or self.cluster, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as e:
            raise UsageError(
                f"no scheduler answers at {address} ({type(e).__name__}): start one with `dask scheduler`, or correct "
                "the address"
            ) from None
        plugin = BundlePlugin(make_bundle(assignment))
        try:
            self._check_workers(address or "the local cluster", insecure)
            self.client.register_plugin(plugin)
            self.failures = self.client.run_on_scheduler(_set_allowed_failures, 0)
        except BaseException:
            self.close()
            raise
        self.plugin = plugin.name
        self.executor: Executor = self.client.get_executor(pure=False)
        self.work = partial(grade, plugin.sha256, assignment.name, seed, insecure, machinery_sha256())

    def _check_workers(self, where: str, insecure: bool) -> None:
        ours = machinery_sha256()
        try:
            # The scheduler unpacks jobs, too, and so needs the same code.
            theirs = {where: self.client.run_on_scheduler(identity.machinery_sha256)}
            theirs |= self.client.run(identity.machinery_sha256)
        except ImportError as e:
            raise UsageError(
                f"the scheduler or the workers of {where} lack Backmark ({e}): start each of them in a checkout of it, "
                "with its environment, or set PYTHONPATH to one"
            ) from None
        if len(theirs) == 1:
            raise UsageError(f"{where} has no workers: start some with `dask worker`, then run this again")
        others = sorted(address for address, sha256 in theirs.items() if sha256 != ours)
        if others:
            raise UsageError(
                f"{len(others)} of {len(theirs)} processes have another version of Backmark, Python or NumPy, first "
                f"{others[0]}: update them"
            )
        said = self.client.run(sandbox_of, insecure)
        unfit = sorted(address for address, why in said.items() if why)
        if unfit:
            raise UsageError(
                f"{len(unfit)} of {len(said)} workers cannot grade safely, first {unfit[0]}: {said[unfit[0]]}"
            )

    @property
    def slots(self) -> int:
        """Threads of all workers that are there now."""
        return sum(self.client.nthreads().values())

    def submit(self, job: Job) -> "Future[Graded]":
        """Begin a job, or queue it."""
        with _lost_connection():
            inner = self.executor.submit(self.work, job)
        outer: Future[Graded] = Future()
        inner.add_done_callback(partial(_pass_on, outer))
        return outer

    def check(self) -> None:
        """Asked when nothing has come back for a while.

        Raises:
            GraderFault: If the scheduler is gone, or has no workers.
        """
        with _lost_connection():
            if not self.client.nthreads():
                raise GraderFault("no worker is left: start some, then run the same command again to go on")

    def close(self) -> None:
        """Stop: nothing new is begun. A cluster of our own ends; one of somebody else's is left as it was."""
        with suppress(Exception):
            if hasattr(self, "failures"):
                self.client.run_on_scheduler(_set_allowed_failures, self.failures)
            if hasattr(self, "plugin") and not self.cluster:
                self.client.unregister_worker_plugin(self.plugin)
        with suppress(Exception):
            self.client.close(timeout=5)
        if self.cluster:
            self.cluster.close(timeout=5)


def _local_cluster(jobs: int) -> LocalCluster:
    settings = {"distributed.scheduler.worker-ttl": SILENT_S}
    with dask.config.set(settings):
        return LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            memory_limit=0,
            silence_logs="CRITICAL",
        )


@contextmanager
def _lost_connection() -> Iterator[None]:
    try:
        yield
    except GraderFault:
        raise
    except Exception as e:
        raise GraderFault(
            f"the scheduler is gone ({type(e).__name__}): start it and its workers, then run the same command again to "
            "go on"
        ) from None


def _pass_on(outer: "Future[Graded]", inner: "Future[Graded]") -> None:
    if inner.cancelled():
        outer.set_exception(WorkerLost("the job was cancelled"))
        return
    error = inner.exception()
    if error is None:
        outer.set_result(inner.result())
    elif isinstance(error, KilledWorker):
        outer.set_exception(WorkerLost(str(error)))
    else:
        outer.set_exception(error)
