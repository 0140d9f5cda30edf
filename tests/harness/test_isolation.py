"""The sandbox fails closed, repeats itself, means the same as the in-process mode, and survives being shot at."""

import contextlib
import io
import json
import os
import signal
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from harness import doctor
from harness.errors import AnswerRefused, Crashed, GraderFault, NotWritten, StudentError, TimedOut, UsageError
from harness.grading.class_run import ClassRun, Task
from harness.grading.warm_grader import WarmGraderHandle
from harness.grading.warm_process import WarmGrader
from harness.isolation import seccomp_filter, tiers
from harness.isolation.inprocess import InProcess
from harness.isolation.limits import Limits
from harness.isolation.proxy import Callback, Handle
from harness.isolation.remote import SandboxedWorker
from harness.isolation.sandbox import Sandbox
from harness.isolation.submission import Submission
from harness.isolation.tiers import Part, Tier
from harness.isolation.untrusted import jail
from tests.harness.attacks.corpus import HONEST
from tests.harness.conftest import SEED, children_of, kernel_tier, tier_named, tiny_assignment, written

LIMITS = Limits(1, 256)
TITLES = ("bubblewrap", "Landlock", "seccomp")


def parts(*missing):
    """A machine on which some parts do not work."""
    return lambda: [Part(t, t not in missing, f"found {t}", f"mend {t}") for t in TITLES]


# Fails closed


@pytest.mark.parametrize("missing", [("Landlock",), ("seccomp",), ("Landlock", "seccomp"), TITLES])
def test_without_a_boundary_nothing_is_graded(missing):
    """Without Landlock or seccomp there is no tier, and the refusal names what is missing."""
    with pytest.raises(UsageError) as refused:
        tiers.choose(probe=parts(*missing))
    for title in missing:
        assert title == "bubblewrap" or title in str(refused.value)
    tier = tiers.choose(True, probe=parts(*missing))
    assert tier.name == tiers.INSECURE
    assert not tier.secure


def test_without_bubblewrap_the_kernel_is_the_boundary():
    """Landlock and seccomp alone are a tier of its own, with a name of its own; --insecure does not weaken it."""
    for insecure in (False, True):
        assert tiers.choose(insecure, probe=parts("bubblewrap")) == Tier(tiers.KERNEL, None, True, True)


@pytest.mark.parametrize("missing", [(), ("bubblewrap",), ("Landlock",), ("seccomp",)])
def test_doctor_tells_what_is_missing_and_what_mends_it(monkeypatch, missing):
    """Each part has a row; a mend is shown only for what does not work; the verdict is that of `choose`."""
    monkeypatch.setattr(doctor, "Sandbox", lambda tier: io.BytesIO())
    monkeypatch.setattr(tiers, "bubblewrap", lambda: ("/usr/bin/bwrap", ""))
    out = io.StringIO()
    safe = doctor.report(probe=parts(*missing), console=Console(file=out, width=160))
    text = out.getvalue()
    assert safe == (not {"Landlock", "seccomp"} & set(missing))
    for title in TITLES:
        assert f"found {title}" in text
        assert (f"mend {title}" in text) == (title in missing)
    assert ("Tier: none" in text) == (not safe)


def test_doctor_is_not_content_with_parts_that_do_not_work_together(monkeypatch):
    """A sandbox that does not start is told, and is not safe."""

    def broken(_tier):
        raise GraderFault("no luck")

    monkeypatch.setattr(doctor, "Sandbox", broken)
    out = io.StringIO()
    assert doctor.report(probe=parts("bubblewrap"), console=Console(file=out, width=160)) is False
    assert "no luck" in out.getvalue()


def test_a_filter_that_cannot_be_compiled_is_never_left_out(monkeypatch, tmp_path):
    """Where the seccomp program is missing all the same, no worker of a tier that promises it runs student code."""
    tier = kernel_tier()
    monkeypatch.setattr(seccomp_filter, "compiled", lambda: (None, "gone"))
    with pytest.raises(GraderFault, match="gone"), Sandbox(tier) as box:
        SandboxedWorker(box, written({"solution.py": HONEST}, box.staging / "s"), LIMITS, 1)


def test_a_worker_that_cannot_be_jailed_runs_nothing(monkeypatch):
    """A program that the kernel refuses is a fault of ours, told before any student code has run."""
    tier = kernel_tier()
    monkeypatch.setattr(
        seccomp_filter, "compiled", lambda: (bytes(8), "")
    )  # no program, since it never returns
    with Sandbox(tier) as box:
        root = written({"solution.py": "print('student code has run')\n" + HONEST}, box.staging / "s")
        with pytest.raises(GraderFault, match="could not be jailed") as fault:
            SandboxedWorker(box, root, LIMITS, 1)
        assert "student code" not in str(fault.value)


def test_landlock_that_is_missing_is_an_error(monkeypatch):
    """A ruleset on a kernel without Landlock is an error, not an empty one."""
    monkeypatch.setattr(jail, "landlock_version", lambda: -1)
    with pytest.raises(jail.JailError):
        jail.landlock_ruleset(["/"])


def test_the_filter_has_no_call_that_names_another_process():
    """What could signal, trace or start a process is not on the list; fcntl and ioctl only by command."""
    listed = set(seccomp_filter.ALLOWED)
    assert not listed & {
        "kill",
        "tkill",
        "tgkill",
        "rt_sigqueueinfo",
        "ptrace",
        "clone",
        "clone3",
        "fork",
        "vfork",
        "execve",
        "socket",
        "connect",
        "prctl",
        "prlimit64",
        "setrlimit",
        "unshare",
        "mount",
        "io_uring_setup",
        "memfd_create",
        "fcntl",
        "ioctl",
    }
    assert not set(seccomp_filter.FCNTL) & {8, 10, 15}  # F_SETOWN, F_SETSIG, F_SETOWN_EX
    assert not set(seccomp_filter.IOCTL) & {
        0x8901,
        0x8902,
        0x5412,
        0x5452,
    }  # FIOSETOWN, SIOCSPGRP, TIOCSTI, FIOASYNC


# One submission in both modes

SOURCE = (
    HONEST
    + """
import random
import warnings

CONSTANT = np.arange(3.0)


class Net:
    def __init__(self): self.w = np.zeros(3)
    def __len__(self): return 3
    def __getitem__(self, i): return self.w[i]
    def __contains__(self, x): return x == 7
    def step(self): self.w += 1; return self.w


net = Net()
def make(): return Net()
def change(x): x += 1; return x
def change_list(x): x.append(1); return len(x)
def draws(): return [random.random(), np.random.rand(), float(np.random.default_rng().random()), random.SystemRandom is None]
def warn(): warnings.warn("careful", DeprecationWarning); return np.exp(np.array([1e5]))
def fail(name): raise getattr(__import__("builtins"), name)("why")
def odd(): raise type("Odd", (LookupError,), {})("why")
def talk(): print("hello"); return 1
def call_with(f, *args): return f(*args)
def numbers(): yield 1; yield 2
def plain(): return [1, 2.5, None, True, "é", b"x", (1,), {"a": 1, 2: 3}, np.float32(2), np.arange(4).reshape(2, 2)]
def nothing(): raise NotImplementedError
def leave(): raise SystemExit(3)
"""
)


@pytest.fixture(scope="module")
def box():
    """A sandbox without bubblewrap, which every machine that grades has."""
    with Sandbox(kernel_tier(), preload=("numpy.random",)) as made:
        yield made


@pytest.fixture(params=["in process", "sandboxed"])
def peer(request, tmp_path):
    """A submission in each mode."""
    if request.param == "in process":
        made = InProcess(written({"modes.py": SOURCE}, tmp_path / "s"), 5)
    else:
        shared = request.getfixturevalue("box")
        made = SandboxedWorker(
            shared, written({"modes.py": SOURCE}, shared.staging / f"modes-{os.urandom(4).hex()}"), LIMITS, 5
        )
    yield made
    made.close()


@pytest.fixture
def modes(peer):
    """The module, by a handle."""
    return Submission(lambda: peer).modes


def test_plain_values_come_back_as_they_are(modes):
    """Every plain kind crosses with its type, in both modes."""
    value = modes.plain()
    assert [type(v) for v in value] == [
        int,
        float,
        type(None),
        bool,
        str,
        bytes,
        tuple,
        dict,
        np.float32,
        np.ndarray,
    ]
    assert value[9].tolist() == [[0, 1], [2, 3]]


def test_arguments_are_copies(modes):
    """A submission that changes its argument changes a copy, in both modes."""
    x, items = np.zeros(3), []
    assert modes.change(x).tolist() == [1, 1, 1]
    assert modes.change_list(items) == 1
    assert x.tolist() == [0, 0, 0]
    assert items == []


def test_results_are_copies(modes):
    """Changing what was read changes nothing on the other side, until it is set."""
    net = modes.net
    w = net.w
    w += 5
    assert net.w.tolist() == [0, 0, 0]
    net.w = w
    assert net.step().tolist() == [6, 6, 6]


def test_handles_forward_each_use(modes):
    """Items, length, membership, iteration, deletion and identity work through a handle."""
    net = modes.make()
    assert isinstance(net, Handle)
    assert (len(net), net[1], 7 in net, 8 in net) == (3, 0.0, True, False)
    net.extra = 4
    assert net.extra == 4
    del net.extra
    with pytest.raises(AttributeError):
        net.extra
    assert list(modes.numbers()) == [1, 2]
    assert modes.net is modes.net


def test_a_handle_is_no_value(modes):
    """It has no truth value, is no array, is equal to itself alone, and has no special methods to find."""
    net = modes.make()
    for use in (
        lambda: bool(net),
        lambda: np.asarray(net),
        lambda: np.zeros(3) + net,
        lambda: float(net),
        lambda: np.mean([net, net]),
    ):
        with pytest.raises((StudentError, TypeError)):
            use()
    assert net != modes.make()
    with pytest.raises(AttributeError):
        net.__array_interface__


def test_constants_of_a_module_are_no_functions(modes):
    """A name where a function is expected, and which holds plain data, is the submission's mistake."""
    with pytest.raises(AnswerRefused):
        modes.CONSTANT(1)


def test_a_name_that_is_missing_is_not_written(modes):
    """A function that is not there counts as not written, and says how it should be spelled."""
    with pytest.raises(NotWritten, match="sgimoid"):
        modes.sgimoid(1)


@pytest.mark.parametrize(
    "name",
    [
        "ValueError",
        "TypeError",
        "KeyError",
        "IndexError",
        "ZeroDivisionError",
        "AssertionError",
        "OSError",
        "RuntimeError",
        "AttributeError",
    ],
)
def test_exceptions_keep_their_class(modes, name):
    """A builtin exception can be caught by its own class, and is a StudentError, with the student's line."""
    with pytest.raises(getattr(__import__("builtins"), name), match="why") as raised:
        modes.fail(name)
    assert isinstance(raised.value, StudentError)
    assert "modes.py" in raised.value.trace


def test_other_exceptions(modes):
    """A class of its own keeps its builtin base; NotImplementedError and SystemExit have words of their own."""
    with pytest.raises(LookupError, match="Odd: why"):
        modes.odd()
    with pytest.raises(NotWritten):
        modes.nothing()
    with pytest.raises(Crashed):
        modes.leave()
    with pytest.raises(StudentError):
        modes.fail("KeyboardInterrupt") if isinstance(modes._peer, SandboxedWorker) else modes.fail(
            "ValueError"
        )


def test_warnings_are_issued_again(modes):
    """`pytest.warns` sees a submission's warnings, NumPy's among them."""
    with pytest.warns(DeprecationWarning, match="careful"), pytest.warns(RuntimeWarning, match="overflow"):
        modes.warn()


def test_the_callers_errstate_holds_on_the_other_side(modes):
    """np.errstate around a call makes the submission's overflow an error."""
    with np.errstate(over="raise"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(FloatingPointError):
            modes.warn()


def test_callbacks(modes):
    """A function of the test's gets copies, and what it raises is told by its class alone."""
    seen = []
    assert modes.call_with(Callback(lambda x: seen.append(x) or 7), np.ones(2)) == 7
    assert seen[0].tolist() == [1, 1]

    def broken():
        raise ZeroDivisionError("a secret")

    with pytest.raises(RuntimeError, match="ZeroDivisionError") as raised:
        modes.call_with(Callback(broken))
    assert "a secret" not in str(raised.value)


def test_what_cannot_cross_is_the_tests_fault(modes):
    """A test that passes an object of its own is mistaken, and is told so."""
    with pytest.raises(GraderFault):
        modes.change(object())


# Determinism


def drawn(box, seed):
    worker = SandboxedWorker(
        box, written({"modes.py": SOURCE}, box.staging / f"draws-{os.urandom(4).hex()}"), LIMITS, seed
    )
    try:
        return Submission(lambda: worker).modes.draws()
    finally:
        worker.close()


def test_generators_without_a_seed_repeat(box):
    """random, np.random and default_rng() draw the same for one seed, and something else for another."""
    first, again, other = drawn(box, 1), drawn(box, 1), drawn(box, 2)
    assert first == again
    assert all(a != b for a, b in zip(first[:3], other[:3], strict=True))


def test_both_modes_draw_the_same(box, tmp_path):
    """The in-process mode is seeded in the same way."""
    local = InProcess(written({"modes.py": SOURCE}, tmp_path / "s"), 9)
    try:
        assert Submission(lambda: local).modes.draws() == drawn(box, 9)
    finally:
        local.close()


# The end of a worker


def test_a_handle_that_outlives_its_worker_is_refused(box):
    """Using it later is an answer that cannot be graded, not a fault of ours."""
    worker = SandboxedWorker(box, written({"modes.py": SOURCE}, box.staging / "outlived"), LIMITS, 1)
    net = Submission(lambda: worker).modes.make()
    worker.close()
    with pytest.raises(AnswerRefused):
        net.w


def test_a_killed_worker_is_told_and_replaced(box):
    """SIGKILL from outside in the middle of a test fails that test alone; the next worker serves."""
    root = written({"modes.py": SOURCE}, box.staging / "killed")
    worker = SandboxedWorker(box, root, LIMITS, 1)
    modes = Submission(lambda: worker).modes
    os.kill(worker.pid, signal.SIGKILL)  # in this tier a worker has the pid that it tells
    for _ in range(2):
        with pytest.raises(StudentError):
            modes.talk()
    worker.close()
    worker = SandboxedWorker(box, root, LIMITS, 1)
    assert Submission(lambda: worker).modes.talk() == 1
    assert worker.printed == "hello\n"
    worker.close()


def test_a_worker_that_does_not_answer_is_timed_out(box, monkeypatch):
    """The deadline is one for all waits of a worker."""
    worker = SandboxedWorker(
        box,
        written({"solution.py": HONEST + "\ndef total(x):\n    while True: pass\n"}, box.staging / "late"),
        Limits(100, 256),
        1,
    )
    solution = Submission(lambda: worker).solution
    worker.channel.deadline = 0.0
    for _ in range(2):
        with pytest.raises(TimedOut):
            solution.total(1)
    worker.close()


def test_a_dead_warm_interpreter_is_our_fault():
    """What happens when the warm interpreter is gone is a GraderFault, for which nobody loses a point."""
    with Sandbox(kernel_tier()) as box:
        root = written({"solution.py": HONEST}, box.staging / "s")
        box.process.kill()
        box.process.wait()
        with pytest.raises(GraderFault):
            SandboxedWorker(box, root, LIMITS, 1)


def test_a_closed_sandbox_leaves_no_process_and_no_folder():
    """Closing ends the warm interpreter and its workers, and removes the staging folder."""
    before = children_of(os.getpid())
    with Sandbox(kernel_tier()) as box:
        worker = SandboxedWorker(box, written({"solution.py": HONEST}, box.staging / "s"), LIMITS, 1)
        assert len(children_of(os.getpid()) - before) == 2
        folder = box.staging.parent
    assert children_of(os.getpid()) == before
    assert not folder.exists()
    os.close(worker.output)


# Shots at the grader itself


def victims(run: ClassRun, which: str) -> list[int]:
    """Processes of a class run, by what they are: the warm process, what it forked for a submission, the sandbox."""
    found = []
    for handle in run.engine.graders.all:
        if handle.process is None:
            continue
        top = handle.process.pid
        for pid in sorted(children_of(top)):
            try:
                line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
                parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            warm = b"start.py" in line
            kind = (
                "warm process"
                if pid == top
                else "sandbox"
                if warm and parent == top
                else "worker"
                if warm
                else "forked grader"
            )
            if kind == which:
                found.append(pid)
    return found


@pytest.mark.parametrize(
    ("tier", "which"),
    [
        ("kernel", "worker"),
        ("kernel", "sandbox"),
        ("kernel", "forked grader"),
        ("full", "sandbox"),
        ("full", "warm process"),
    ],
)
def test_no_result_is_lost_to_a_killed_process(tmp_path, tier, which):
    """Whatever is killed in the middle of a class, every submission has its result in the end, and the right one."""
    chosen = tier_named(tier)
    folders = [written({"solution.py": HONEST}, tmp_path / f"s{i}") for i in range(6)]
    for folder in folders:
        (folder / "solution.py").write_text("sum(range(1_000_000))\n" + HONEST)  # time to be shot at
    tasks = [Task(folder, f"s{i}", tmp_path / f"out{i}") for i, folder in enumerate(folders)]
    shots = []
    with ClassRun(tiny_assignment(), chosen, seed=SEED, jobs=2) as run:

        def shoot():
            while not stop.is_set() and not shots:
                for pid in victims(run, which)[-1:]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                        shots.append(pid)
                stop.wait(0.02)

        stop = threading.Event()
        gun = threading.Thread(target=shoot)
        gun.start()
        try:
            rows = run.rows(tasks)
        finally:
            stop.set()
            gun.join()
    assert len(shots) == 1
    wrong = 0
    assert [row["submission"] for row in rows] == [f"s{i}" for i in range(6)]
    for row, task in zip(rows, tasks, strict=True):
        result = json.loads((task.out / "results.json").read_text())
        assert result["score"] == row["score"]
        assert len(result["tests"]) == 10
        if (
            which == "worker"
        ):  # a worker that is killed looks like one that ran out of memory: that test alone fails
            assert row["status"] == "graded"
            wrong += sum(t["status"] != "passed" for t in result["tests"]) if not result["message"] else 1
        else:
            assert (row["status"], row["score"]) == ("graded", 10)
    assert wrong <= 1


def test_a_grader_whose_process_keeps_dying_says_so(tmp_path, monkeypatch):
    """Three deaths over one submission are a fault of ours: no score, rather than a zero."""
    handle = WarmGraderHandle(tiny_assignment(), kernel_tier(), SEED)
    monkeypatch.setattr(
        WarmGraderHandle, "_ask", lambda self, data, wait_s=None: {"ready": True} if "tier" in data else None
    )
    try:
        with pytest.raises(GraderFault, match="ended 3 times"):
            handle.grade(tmp_path, "s", tmp_path / "out")
    finally:
        handle.close()


def test_a_grader_that_stalls_is_replaced(tmp_path):
    """A process that answers no more is ended, and another grades the submission."""
    folder = written({"solution.py": HONEST}, tmp_path / "s")
    handle = WarmGraderHandle(tiny_assignment(), kernel_tier(), SEED)
    try:
        assert handle.stalled_s > 600  # far beyond the deadlines of the tests
        handle.stalled_s, stopped = 0.2, handle.process.pid
        os.kill(stopped, signal.SIGSTOP)
        row = handle.grade(folder, "s", tmp_path / "out")
        assert (row["status"], row["score"]) == ("graded", 10)
        assert handle.process.pid != stopped
    finally:
        handle.close()


def test_nothing_of_a_submission_is_left_for_the_next():
    """What a grading process that was killed left staged is removed before another submission is graded."""
    grader = WarmGrader.__new__(WarmGrader)
    grader.sandbox = Sandbox(kernel_tier())
    try:
        left = grader.sandbox.staging / "submission-1"
        left.mkdir()
        (left / "solution.py").write_text("SECRET = 1")
        grader.clear_sandbox()
        assert list(grader.sandbox.staging.iterdir()) == []
        assert grader.sandbox.ask({"do": "reset"})["killed"] == 0
    finally:
        grader.sandbox.close()
