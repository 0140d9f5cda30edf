"""The coordinator's loop: jobs go out a few at a time, results come back as they are finished, losses are mended."""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait

from harness.engines.engine import Engine, WorkerLost
from harness.engines.job import Graded, Job
from harness.errors import BackmarkError, GraderFault

STRIKES = 3  # graders that a submission may take along, before it is set aside
CHECK_S = 30  # how often the engine is asked whether anybody still works


def grade_all(engine: Engine, jobs: Iterable[Job]) -> Iterator[tuple[Job, Graded | GraderFault]]:
    """Grade jobs; their order of finishing is the order of the results.

    Jobs are drawn from `jobs` only when there is room, so that a class of any size needs the memory of a few.
    A job whose worker is lost is graded elsewhere. Since nobody knows which of the jobs of a lost worker was to
    blame, each of them gets a strike and waits, and is then graded with no other beside it: whose worker is lost
    there has done it itself. After three strikes a job is set aside.

    Yields:
        Each job once, with what came of it; a GraderFault stands for a job that could not be graded.

    Raises:
        UsageError: If the assignment's tests are refused.
        GraderFault: If the engine as a whole is gone.
    """
    suspects: list[Job] = []
    pending: dict[Future[Graded], Job] = {}
    source, exhausted = iter(jobs), False
    while pending or not exhausted:
        while not exhausted and len(pending) < 2 * max(1, engine.slots):
            job = next(source, None)
            if job is None:
                exhausted = True
            else:
                pending[engine.submit(job)] = job
        for future in _some_done(engine, pending):
            job = pending.pop(future)
            outcome = _outcome(future)
            if isinstance(outcome, WorkerLost):
                suspects.append(job)
            else:
                yield job, outcome
    for job in suspects:
        yield job, _alone(engine, job)


def _alone(engine: Engine, job: Job) -> Graded | GraderFault:
    for _ in range(STRIKES - 1):
        future = engine.submit(job)
        _some_done(engine, {future: job})
        outcome = _outcome(future)
        if not isinstance(outcome, WorkerLost):
            return outcome
    return GraderFault(
        f"{STRIKES} workers were lost while they graded this submission, the last two with nothing else to do: it is "
        "set aside"
    )


def _some_done(engine: Engine, pending: dict[Future[Graded], Job]) -> set[Future[Graded]]:
    while pending:
        done, _ = wait(pending, timeout=CHECK_S, return_when=FIRST_COMPLETED)
        if done:
            return done
        engine.check()
    return set()


def _outcome(future: "Future[Graded]") -> Graded | GraderFault | WorkerLost:
    try:
        return future.result()
    except (GraderFault, WorkerLost) as e:
        return e
    except BackmarkError:
        raise
    except Exception as e:
        return GraderFault(f"a worker failed: {type(e).__name__}: {e}")
