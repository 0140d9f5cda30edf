"""Grade one submission: stage it, run the collected tests over it, add up, write the reports."""

import shutil
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness import results, rubric
from harness.assignment import Assignment
from harness.errors import Refused
from harness.grading import imports
from harness.intake.staging import Staged, stage
from harness.isolation.remote import SandboxedWorker
from harness.isolation.sandbox import Sandbox
from harness.outcome import judged
from harness.pytest_plugin import GRADED, RUN
from harness.report.files import write_reports
from harness.results import SubmissionResult
from harness.run import Run, derived_seed
from harness.text import one_line


def grade_one(
    items: Sequence[pytest.Item],
    sandbox: Sandbox,
    assignment: Assignment,
    *,
    path: Path,
    name: str,
    out: Path,
    seed: int,
    only: str | None = None,
) -> SubmissionResult:
    """Grade a submission and write its reports to `out`.

    Args:
        items: The assignment's collected tests, in order.
        path: What the student handed in: a folder, an archive, a file.
        name: How reports call it.
        only: The one question that `items` cover, or None.
        out: The folder for its reports, made if it is missing.

    Raises:
        GraderFault: If the fault is ours.
    """
    clock, started_at = time.perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    tests = [item.stash[GRADED] for item in items]
    run = Run(assignment, seed, lambda limits, s: SandboxedWorker(sandbox, staged.root, limits, s), only=only)
    result = SubmissionResult(assignment.name, name, seed, sandbox.tier.name, started_at=started_at)
    folder = sandbox.staging / f"submission-{derived_seed(seed, str(path)):08x}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o755)
    try:
        staged: Staged = stage(
            path,
            folder,
            required=assignment.required,
            optional=assignment.optional,
            given=assignment.given_sources(),
            stubs=assignment.stub_sources() if len(assignment.required) > 1 else {},
        )
        result.notes = [
            *staged.notes,
            *(f"{one_line(f, 120)}: has no say here, left out." for f in staged.skipped),
        ]
        run.broken = imports.import_errors(run, staged)
        run.unusable = imports.unusable(run)
        result.message = imports.told(run)
        run_items(items, run)
        rubric.charge_once(tests, run.results)
    except Refused as e:
        result.status, result.message = results.REFUSED, one_line(str(e), 600)
        for test in tests:
            refused = judged(test, e)
            refused.status, refused.points, refused.hint, refused.detail = (
                results.REFUSED,
                0.0,
                result.message,
                "",
            )
            run.results.append(refused)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    complete(result, run)
    result.duration_s = round(time.perf_counter() - clock, 3)
    write_reports(result, out, run.picture_files)
    return result


def run_items(items: Sequence[pytest.Item], run: Run) -> None:
    """Run the collected tests in this process; their outcomes land in `run.results`."""
    if not items:
        return
    items[0].config.stash[RUN] = run
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def complete(result: SubmissionResult, run: Run) -> None:
    """Fill in what follows from the tests: points by question, the sum, the status."""
    result.tests, result.pictures, result.leaderboard = run.results, run.pictures, run.leaderboard
    result.notes += run.notes
    if run.only:
        result.notes.append(f"Only question {run.only} was graded.")
    result.title = run.assignment.title
    result.questions = rubric.by_question(run.assignment, run.results)
    shown = {q.id for q in result.questions}
    result.by_hand = [m for m in rubric.hand_marks(run.assignment) if m.question in shown]
    result.pending_points = sum(m.max_points for m in result.by_hand)
    result.score = sum(q.points for q in result.questions)
    result.max_score = sum(q.max_points for q in result.questions if not q.bonus)
    if any(t.status == results.GRADER_ERROR for t in result.tests):
        result.status, result.score = results.GRADER_ERROR, None
        result.message = "A fault of the grader, not of this submission: grade it again."


def fault_result(
    assignment: Assignment, tests: Sequence[rubric.GradedTest], why: str, **known: Any
) -> SubmissionResult:
    """The result for a submission that could not be graded through no fault of its own."""
    result = SubmissionResult(
        assignment.name, started_at=datetime.now(UTC).isoformat(timespec="seconds"), **known
    )
    run = Run(assignment, result.seed, lambda *_: pytest.fail("never started"))
    for test in tests:
        fault = judged(test, None)
        fault.status, fault.points, fault.hint = results.GRADER_ERROR, 0.0, one_line(why, 600)
        run.results.append(fault)
    complete(result, run)
    result.status, result.score, result.message = results.GRADER_ERROR, None, one_line(why, 600)
    return result
