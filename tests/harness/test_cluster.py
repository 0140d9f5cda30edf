"""The Dask engine, with a real scheduler and real worker processes that are killed and stopped."""

import os
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import cloudpickle
import pytest

from harness import assignment
from harness.engines import cluster
from harness.engines.cluster import DaskEngine, grade_on_worker
from harness.engines.engine import LocalEngine
from harness.engines.job import Job
from harness.engines.loop import STRIKES, grade_all
from harness.errors import GraderFault, UsageError
from harness.intake.packed import pack
from harness.isolation import tiers

if sys.platform != "linux":
    pytest.skip("grading needs Linux", allow_module_level=True)

# Workers cannot import this module: its functions travel to them whole.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

TINY = Path(__file__).parent / "tiny"
SEED = 3
RIGHT = "return 2 * np.asarray(x)"
MISTAKES = (RIGHT, "return 3 * x", "return None", "raise ValueError('no')")


def submissions(folder, count):
    """Jobs of submissions of four kinds, from right to raising."""
    source = (TINY / "reference" / "tiny" / "solution.py").read_text(encoding="utf-8")
    assert RIGHT in source
    for i in range(count):
        (folder / f"s{i}").mkdir()
        text = source.replace(RIGHT, MISTAKES[i % len(MISTAKES)])
        (folder / f"s{i}" / "solution.py").write_text(text, encoding="utf-8")
        yield Job(f"s{i}", pack(folder / f"s{i}"))


def scores(outcomes):
    """The score of each submission, once it is sure that each is there once."""
    assert len({job.submission for job, _ in outcomes}) == len(outcomes)
    return {job.submission: outcome.row["score"] for job, outcome in outcomes}


def tiny():
    return assignment.load("tiny", TINY)


@pytest.fixture
def engine():
    """Makes engines with three workers, and ends them."""
    engines = []

    def make(**more):
        engines.append(DaskEngine(tiny(), SEED, jobs=3, **more))
        return engines[-1]

    yield make
    for one in engines:
        one.close()


def test_killed_workers_cost_no_result(engine, tmp_path):
    """SIGKILL hits all three workers during a run: every submission is there once, with the local engine's score."""
    dask = engine()
    assert dask.slots == 3
    outcomes, killed = [], []
    for outcome in grade_all(dask, submissions(tmp_path, 24)):
        outcomes.append(outcome)
        if len(outcomes) in (2, 7, 12):
            pids = [pid for pid in dask.client.run(os.getpid).values() if pid not in killed]
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)
    assert len(killed) == 3
    (tmp_path / "again").mkdir()
    local = LocalEngine(tiny(), tiers.choose(), SEED, 2)
    try:
        expected = scores(list(grade_all(local, submissions(tmp_path / "again", 24))))
    finally:
        local.close()
    assert len(set(expected.values())) > 1
    assert scores(outcomes) == expected


def grade_or_die(deaths, *settings):
    """Grades, but for one submission, over which the worker itself dies; each death leaves a line."""
    job = settings[-1]
    if job.submission == "s1":
        with open(deaths, "a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
        os.kill(os.getpid(), signal.SIGKILL)
    return grade_on_worker(*settings)


def test_a_poisonous_submission_is_set_aside_after_three_workers(engine, tmp_path):
    """It takes three workers along and no more, its neighbours are graded, and it gets no zero."""
    deaths = tmp_path / "deaths"
    dask = engine(grade=partial(grade_or_die, str(deaths)))
    outcomes = dict((job.submission, o) for job, o in grade_all(dask, submissions(tmp_path, 9)))
    assert len(outcomes) == 9
    poison = outcomes.pop("s1")
    assert isinstance(poison, GraderFault)
    assert "set aside" in str(poison)
    assert len(deaths.read_text(encoding="utf-8").split()) == STRIKES
    assert all(o.row["status"] == "graded" for o in outcomes.values())


def test_a_stalled_worker_gives_up_its_submissions(engine, tmp_path, monkeypatch):
    """A worker that is stopped says nothing any more: what it had is graded by the others."""
    monkeypatch.setattr(cluster, "SILENT_S", "3s")
    dask = engine()
    outcomes, stopped = [], None
    try:
        for outcome in grade_all(dask, submissions(tmp_path, 12)):
            outcomes.append(outcome)
            if len(outcomes) == 2:
                stopped = min(dask.client.run(os.getpid).values())
                os.kill(stopped, signal.SIGSTOP)
    finally:
        with suppress(ProcessLookupError):  # the cluster may have ended it by now
            os.kill(stopped, signal.SIGKILL)
    assert len(scores(outcomes)) == 12
    assert {o.row["status"] for _, o in outcomes} == {"graded"}


def test_an_address_without_a_scheduler_is_one_sentence(monkeypatch):
    """Nobody listens there: what to start is said."""
    monkeypatch.setattr(cluster, "CONNECT_S", 1)
    with pytest.raises(
        UsageError, match=r"no scheduler answers at tcp://127.0.0.1:9 .*start one with `dask scheduler`"
    ):
        DaskEngine(tiny(), SEED, address="tcp://127.0.0.1:9")


def test_workers_of_another_version_are_refused(engine, monkeypatch):
    """Scores of two versions in one class would not be comparable."""
    monkeypatch.setattr(cluster, "machinery_sha256", lambda: "another")
    with pytest.raises(UsageError, match=r"4 of 4 processes have another version"):
        engine()


def test_workers_without_a_sandbox_are_refused(engine, monkeypatch):
    """What cannot grade safely is not let near a submission, and the machine is named."""
    monkeypatch.setattr(cluster, "sandbox_of", lambda insecure: "no sandbox here")
    with pytest.raises(
        UsageError, match=r"3 of 3 workers cannot grade safely, first tcp://.*: no sandbox here"
    ):
        engine()


def test_a_scheduler_of_somebody_else_is_left_as_it_was(tmp_path):
    """A given address is used, its settings are put back, and it goes on afterwards."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, memory_limit=0) as other:
        before = other.scheduler.allowed_failures
        dask = DaskEngine(tiny(), SEED, address=other.scheduler_address)
        assert other.scheduler.allowed_failures == 0
        assert len(scores(list(grade_all(dask, submissions(tmp_path, 2))))) == 2
        dask.close()
        assert other.scheduler.allowed_failures == before
        assert other.scheduler.workers
