"""The coordinator's loop with an engine of a test's own: order, room, losses, faults."""

from collections import Counter
from concurrent.futures import Future

import pytest

from harness.engines import loop
from harness.engines.engine import WorkerLost
from harness.engines.job import Graded, Job
from harness.engines.loop import STRIKES, grade_all
from harness.errors import GraderFault, UsageError
from harness.intake.packed import FOLDER, Packed


def job(name):
    return Job(name, Packed(name, FOLDER, (), "0"))


class Scripted:
    """An engine that answers at once, with what its script says of a job: a name, an exception, or a list of these."""

    name = "scripted"

    def __init__(self, script, slots=2):
        self.script, self.slots = script, slots
        self.submitted, self.alive, self.most = Counter(), 0, 0
        self.beside = []

    def submit(self, work):
        future = Future()
        said = self.script.get(work.submission, "graded")
        if isinstance(said, list):
            said = said[min(self.submitted[work.submission], len(said) - 1)]
        self.submitted[work.submission] += 1
        if isinstance(said, Exception):
            future.set_exception(said)
        else:
            future.set_result(Graded(work.submission, {"status": said}, {}, {}))
        return future

    def check(self):
        """Somebody is always there."""


def outcomes(engine, names):
    return {j.submission: o for j, o in grade_all(engine, map(job, names))}


def test_every_job_comes_back_once():
    """Also far more jobs than there is room for."""
    names = [f"s{i}" for i in range(50)]
    assert sorted(j.submission for j, _ in grade_all(Scripted({}), map(job, names))) == sorted(names)


def test_no_more_jobs_are_drawn_than_there_is_room_for():
    """A class of any size needs the memory of a few submissions."""
    drawn = []

    def jobs():
        for i in range(100):
            drawn.append(i)
            yield job(f"s{i}")

    engine = Scripted({}, slots=3)
    for done, _ in enumerate(grade_all(engine, jobs()), start=1):
        assert len(drawn) - done <= 2 * engine.slots


def test_a_lost_worker_costs_its_jobs_nothing():
    """A job whose worker was lost once or twice is graded in the end."""
    lost = WorkerLost("gone")
    engine = Scripted({"a": [lost, "graded"], "b": [lost, lost, "graded"]})
    done = outcomes(engine, ["a", "b", "c"])
    assert {name: o.row["status"] for name, o in done.items()} == dict.fromkeys("cab", "graded")
    assert engine.submitted == {"a": 2, "b": 3, "c": 1}


def test_who_takes_three_workers_along_is_set_aside():
    """It is a fault, never a zero, and nothing else waits for it."""
    engine = Scripted({"poison": WorkerLost("gone")})
    done = outcomes(engine, ["a", "poison", "b"])
    assert isinstance(done["poison"], GraderFault)
    assert sorted(done) == ["a", "b", "poison"]
    assert list(done)[-1] == "poison"
    assert engine.submitted["poison"] == STRIKES == 3


def test_a_fault_of_one_job_is_its_own():
    """Whatever a worker raises stands for the one submission, in words."""
    done = outcomes(Scripted({"a": GraderFault("no disk"), "b": ValueError("odd")}), ["a", "b", "c"])
    assert str(done["a"]) == "no disk"
    assert str(done["b"]) == "a worker failed: ValueError: odd"
    assert done["c"].row["status"] == "graded"


def test_refused_tests_end_the_run():
    """The assignment is broken: no submission could be graded."""
    with pytest.raises(UsageError, match="points are off"):
        outcomes(Scripted({"a": UsageError("points are off")}), ["a", "b"])


def test_an_engine_without_workers_ends_the_run(monkeypatch):
    """When nothing comes back the engine is asked, and what it says is passed on."""
    monkeypatch.setattr(loop, "CHECK_S", 0)

    class Deserted(Scripted):
        def submit(self, work):
            return Future()

        def check(self):
            raise GraderFault("no worker is left")

    with pytest.raises(GraderFault, match="no worker is left"):
        outcomes(Deserted({}), ["a"])
