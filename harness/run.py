"""One run of an assignment's tests over one submission: how tests reach it, and what they found."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.assignment import Assignment
from harness.errors import StudentError
from harness.isolation.limits import Limits
from harness.isolation.proxy import Peer
from harness.results import LeaderboardEntry, Picture, TestResult

Start = Callable[[Limits, int], Peer]


def derived_seed(seed: int, name: str) -> int:
    """A seed in [0, 2**32) for one test: it depends on the run's seed and the test's name, not on the order."""
    return int.from_bytes(
        hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogatepass")).digest()[:4], "little"
    )


@dataclass
class Run:
    """Attributes:
    start: Makes a fresh peer of the submission under some limits, with a seed.
    broken: Why a module cannot be imported, by its dotted name.
    unusable: Why no probe is run, since every module is broken, or the import of one would have to be waited for
        again and again; or None.
    only: The one question to grade, or None for all.
    """

    assignment: Assignment
    seed: int
    start: Start
    broken: dict[str, StudentError] = field(default_factory=dict)
    unusable: StudentError | None = None
    only: str | None = None
    results: list[TestResult] = field(default_factory=list)
    picture_files: dict[str, bytes] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    leaderboard: list[LeaderboardEntry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _once: dict[str, tuple[bool, Any]] = field(default_factory=dict)

    def rng(self, name: str) -> np.random.Generator:
        """A generator for one test's fresh inputs."""
        return np.random.default_rng([self.seed, derived_seed(self.seed, name)])

    def once(self, key: str, compute: Callable[[], Any]) -> Any:
        """The value of `compute`, computed by the first test that asks; what it raised is raised again."""
        __tracebackhide__ = True
        if key not in self._once:
            try:
                self._once[key] = (True, compute())
            except StudentError as e:
                self._once[key] = (False, e)
        worked, value = self._once[key]
        if not worked:
            raise value.with_traceback(None)  # raised often: or its traceback would grow each time
        return value

    def add_picture(self, file: str, title: str, data: bytes) -> None:
        """Put a PNG beside the report."""
        self.picture_files[file] = data
        self.pictures.append(Picture(file, title))

    def leaderboard_add(self, name: str, value: float, order: str) -> None:
        """A figure for the class's ranking; `order` is `asc` where less is better."""
        self.leaderboard.append(LeaderboardEntry(name, float(value), order))
