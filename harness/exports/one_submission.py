"""Grade one submission on its own, where a platform starts a container for it: there is a result in every case."""

import secrets
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness.assignment import Assignment
from harness.errors import BackmarkError, UsageError
from harness.grading.one import fault_result
from harness.isolation import tiers
from harness.isolation.tiers import Tier
from harness.report.files import read_result
from harness.results import SubmissionResult

NO_TIER = "none"


def grade_alone(
    assignment: Assignment,
    path: Path,
    name: str,
    *,
    insecure: bool = False,
    seed: int | None = None,
    choose: Callable[[bool], Tier] = tiers.choose,
) -> tuple[SubmissionResult, dict[str, bytes]]:
    """Grade what lies at a path, whatever it is.

    Args:
        path: What was handed in: a folder, an archive, a file.
        name: How the result calls it.
        insecure: Go on where this machine has no sandbox.
        seed: What hidden tests draw from; a fresh one by default.
        choose: Chooses the tier; tests pass their own.

    Returns:
        The result and its pictures. Where the machine or the grader fails, it is a result without a score that
        says why: no exception leaves, and nobody gets a zero for it.
    """
    from harness.grading.warm_grader import WarmGraderHandle

    seed = secrets.randbelow(2**53) if seed is None else seed
    tier_name = NO_TIER
    with tempfile.TemporaryDirectory(prefix="backmark-one-") as folder:
        out = Path(folder) / "report"
        try:
            tier = choose(insecure)
        except UsageError as e:
            # Of the machine alone: also students may read it, who see all of Gradescope's output.
            print(f"a fault of the grader: {e}", file=sys.stderr)
            fault = fault_result(assignment, [], str(e), submission=name, seed=seed, tier=tier_name)
            return replace(fault, notes=[*fault.notes, str(e)]), {}
        try:
            tier_name = tier.name
            handle = WarmGraderHandle(assignment, tier, seed)
            try:
                handle.grade(path, name, out)
            finally:
                handle.close()
            result = read_result(out)
            return result, {p.file: (out / p.file).read_bytes() for p in result.pictures}
        except BackmarkError as e:
            why = str(e)
        except Exception as e:
            # Whoever waits for a result in a container has nothing else to read.
            why = f"{type(e).__name__}: {e}"
    print(f"a fault of the grader: {why}", file=sys.stderr)
    return fault_result(assignment, [], why, submission=name, seed=seed, tier=tier_name), {}
