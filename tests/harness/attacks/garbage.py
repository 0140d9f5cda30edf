"""Runs an assignment's tests against answers that no honest submission gives, and tells which tests break.

Run as `python -m tests.harness.attacks.garbage NAME ROOT SHARE`: each test is recorded once with the reference as the
submission. Then each answer, and each part of it, is replaced by garbage in turn, without a sandbox; of
all these runs one in SHARE is made, the same ones each time, and with SHARE 1 many more kinds of garbage are used.
Prints JSON: how many runs there were, and a list of (test, what was replaced, the fault).
"""

import json
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import assignment as assignments
from harness.assignment import Assignment
from harness.isolation.inprocess import InProcess
from harness.isolation.proxy import Handle, Peer
from harness.pytest_plugin import GRADED, RUN
from harness.results import GRADER_ERROR
from harness.run import Run

HANDLE = "a handle"  # stands for one, which belongs to a peer
GARBAGE: dict[str, Any] = {
    "None": None,
    "False": False,
    "an int": 7,
    "a negative int": -1,
    "a huge int": 10**400,
    "a float": 0.5,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "a complex": 1j,
    "text": "abc",
    "odd text": "\ud800\u202e\x1b[2J",
    "bytes": b"\xff",
    "()": (),
    "[]": [],
    "{}": {},
    "a tuple of one": (np.zeros(2),),
    "a pair": (0.5, 0.5),
    "nested lists": [[1.0, [2.0]], [[]]],
    "a list of Nones": [None] * 3,
    "a list of huge ints": [1.0, 10**400],
    "a dict": {"train_loss": None, 3: []},
    "numbers as text": ["1", "2"],
    "an array of NaN": np.full((3, 1), np.nan),
    "an empty array": np.zeros((0, 3)),
    "a wide empty array": np.zeros((2, 0)),
    "an array of text": np.array(["a", "b"]),
    "an array of complex": np.ones((2, 2), complex),
    "an array of bool": np.ones(3, bool),
    "a 0-d array": np.array(0.5),
    "an array of 5 dimensions": np.ones((2, 1, 1, 1, 2)),
    "longdouble": np.full(2, np.longdouble("1e4000")),
    "a NumPy text": np.str_("x"),
    "a NumPy complex": np.complex128(1),
    "big-endian": np.arange(3, dtype=">i2"),
    HANDLE: HANDLE,
}
FEW = (
    "None",
    "a huge int",
    "NaN",
    "text",
    "()",
    "nested lists",
    "a list of huge ints",
    "an array of NaN",
    "an empty array",
    "an array of text",
    "an array of 5 dimensions",
    HANDLE,
)


class Recorder(InProcess):
    """The reference as a submission; keeps what it answers."""

    log: list[Any]

    def exchange(self, request: list[Any]) -> Any:
        reply = super().exchange(request)
        self.log.append((request[1], reply))
        return reply


class Player(Peer):
    """Answers as recorded, but for one answer; past the end, with that one again."""

    cpu_s, memory_mib = 0.0, 0

    def __init__(self, replies: list[Any], at: int, value: Any) -> None:
        super().__init__()
        self.replies, self.at, self.value, self.count = replies, at, value, 0

    def exchange(self, request: list[Any]) -> Any:
        n, self.count = self.count, self.count + 1
        if self.count > 50:
            return ["refused", "asked too often", []]
        reply = ["ok", self.value, []] if n == self.at or n >= len(self.replies) else self.replies[n]
        return [reply[0], mine(reply[1], self), *reply[2:]]


def mine(value: Any, peer: Peer) -> Any:
    """The value with every handle, and every stand-in for one, as a handle of this peer."""
    if isinstance(value, Handle) or value is HANDLE:
        return Handle(peer, 3, "list")
    if isinstance(value, (list, tuple)):
        return type(value)(mine(v, peer) for v in value)
    if isinstance(value, dict):
        return {k: mine(v, peer) for k, v in value.items()}
    return value.copy() if isinstance(value, np.ndarray) else value


def spoilt(value: Any, garbage: list[str], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The value with one part of it replaced, in every way: (where and by what, the value)."""
    for name in garbage:
        yield name, GARBAGE[name]
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size:
        wrong = value.copy()
        wrong.flat[-1] = np.nan
        yield from {
            "one NaN": wrong,
            "transposed": value.T,
            "flat": value.ravel(),
            "halved": value[: len(value) // 2] if value.ndim else value,
            "float16": value.astype(np.float16),
            "negated": -value,
            "huge": value + 1e308,
            "zero": 0 * value,
        }.items()
    if isinstance(value, (list, tuple)) and depth < 3:
        yield "cut", value[:-1]
        yield "longer", type(value)([*value, *value])
        for i in sorted({0, len(value) // 2, len(value) - 1} if value else ()):
            for what, part in spoilt(value[i], garbage, depth + 1):
                yield f"[{i}] {what}", type(value)([*value[:i], part, *value[i + 1 :]])
    if isinstance(value, dict) and depth < 3:
        for key in list(value)[:6]:
            yield f"without {key}", {k: v for k, v in value.items() if k != key}
            for what, part in spoilt(value[key], garbage, depth + 1):
                yield f"[{key!r}] {what}", {**value, key: part}


class Sweep:
    """The pytest plugin that takes over the test loop."""

    def __init__(self, assignment: Assignment, garbage: list[str], share: int) -> None:
        self.assignment, self.garbage, self.share = assignment, garbage, share
        self.runs, self.faults = 0, []
        self.once: dict[str, Any] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[RUN] = Run(self.assignment, 1, lambda *_: pytest.fail("not yet"))

    def run(self, item: pytest.Item, start: Any) -> list[Any]:
        run = Run(self.assignment, 1, start)
        run._once.update(self.once)
        item.config.stash[RUN] = run
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        for key, value in run._once.items():
            if key.endswith(" data"):  # costly, and not the submission's
                self.once[key] = value
        return run.results

    def record(self, item: pytest.Item) -> list[Any]:
        log: list[Any] = []

        def start(_limits: Any, seed: int) -> Peer:
            peer = Recorder(
                self.assignment.reference, seed, given=self.assignment.given, probes=self.assignment.probes
            )
            peer.log = log
            return peer

        self.run(item, start)
        return log

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            log = self.record(item)
            replies = [reply for _, reply in log]
            for at, (operation, reply) in enumerate(log):
                if at >= 12:
                    break
                for what, value in spoilt(reply[1], self.garbage):
                    if zlib.crc32(f"{item.name} {at} {what}".encode()) % self.share:
                        continue
                    self.runs += 1
                    for result in self.run(item, lambda *_, a=at, v=value: Player(replies, a, v)):  # noqa: B023
                        if result.status == GRADER_ERROR:
                            self.faults.append(
                                (
                                    item.stash[GRADED].id,
                                    f"answer {at} ({operation}): {what}",
                                    result.detail[-1500:],
                                )
                            )
        return True


def main() -> None:
    assignment, share = assignments.load(sys.argv[1], Path(sys.argv[2])), int(sys.argv[3])
    sweep = Sweep(assignment, list(GARBAGE) if share == 1 else list(FEW), share)
    output, sys.stdout = sys.stdout, sys.stderr
    pytest.main(
        [
            str(assignment.tests),
            "-p",
            "harness.pytest_plugin",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:terminal",
            "-p",
            "no:timeout",
            "-s",
            "-c",
            os.devnull,
            f"--rootdir={assignment.root}",
            "--import-mode=importlib",
            *sys.argv[4:],
        ],
        plugins=[sweep],
    )
    json.dump({"runs": sweep.runs, "faults": sweep.faults}, output)


if __name__ == "__main__":
    main()
