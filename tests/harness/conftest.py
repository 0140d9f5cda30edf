"""Fixtures for the grader's own tests: a tiny assignment, and warm graders for it, one for each tier."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from harness import assignment as assignments
from harness.grading.warm_grader import WarmGraderHandle
from harness.isolation import tiers
from harness.isolation.tiers import Tier

# No test depends on the clock.
settings.register_profile("backmark", deadline=None)
settings.load_profile("backmark")

collect_ignore = [
    "tiny",
    "attacks",
]  # a root of its own, and sources of submissions: no tests of this project

TINY_ROOT = Path(__file__).resolve().parent / "tiny"
SEED = 20_240_611
Grade = Callable[..., dict[str, Any]]


def tiny_assignment() -> assignments.Assignment:
    return assignments.load("tiny", TINY_ROOT)


def kernel_tier() -> Tier:
    """Landlock and seccomp without bubblewrap, or a loud failure: without them nothing here means anything."""
    broken = [p for p in tiers.parts() if p.title != "bubblewrap" and not p.works]
    if broken:
        pytest.fail("; ".join(f"{p.title} does not work here ({p.found}): {p.mend}" for p in broken))
    return Tier(tiers.KERNEL, None, True, True)


def tier_named(name: str) -> Tier:
    """`full` or `kernel`. Only bubblewrap may be missing, and then the test says so."""
    if name == "kernel":
        return kernel_tier()
    path, why = tiers.bubblewrap()
    if path is None:
        pytest.skip(f"only the tier without bubblewrap is tested here: {why}")
    kernel_tier()
    return Tier(tiers.FULL, path, True, True)


def written(files: dict[str, str | bytes], folder: Path) -> Path:
    """A submission's files in a fresh folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def children_of(*pids: int) -> set[int]:
    """All processes below some, themselves included, as /proc tells."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry)] = int(fields[1])
    found, more = set(pids), True
    while more:
        new = {p for p, parent in parents.items() if parent in found} - found
        found |= new
        more = bool(new)
    return found


class Grading:
    """One warm grader of the tiny assignment, and a count of what it graded."""

    def __init__(self, tier: Tier, folder: Path) -> None:
        self.tier, self.folder, self.number = tier, folder, 0
        self.handle = WarmGraderHandle(tiny_assignment(), tier, SEED)

    def __call__(self, files: dict[str, str | bytes] | Path, name: str = "student") -> dict[str, Any]:
        """The results.json of one submission; its folder is in `last`."""
        self.number += 1
        folder = self.folder / str(self.number)
        path = files if isinstance(files, Path) else written(files, folder / "submission")
        self.last = folder / "reports"
        self.row = self.handle.grade(path, name, self.last)
        return json.loads((self.last / "results.json").read_text())


@pytest.fixture(scope="session")
def tiny() -> assignments.Assignment:
    """The tiny assignment."""
    return tiny_assignment()


def _grading(name: str, factory: pytest.TempPathFactory) -> Any:
    grading = Grading(tier_named(name), factory.mktemp(f"graded-{name}"))
    yield grading
    grading.handle.close()


@pytest.fixture(scope="session")
def grade_tiny(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Grades a submission of the tiny assignment in bubblewrap: `grade_tiny({"solution.py": source})`."""
    yield from _grading("full", tmp_path_factory)


@pytest.fixture(scope="session")
def grade_tiny_kernel(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same without bubblewrap: Landlock, seccomp and resource limits."""
    yield from _grading("kernel", tmp_path_factory)
