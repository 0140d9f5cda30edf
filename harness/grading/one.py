"""Grade one submission: stage it, run the collected tests over it, add up, write the reports."""

import shutil
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from harness import results, rubric
from harness.assignment import Assignment
from harness.errors import Refused
from harness.grading import imports
from harness.grading.kept import Kept
from harness.intake.packed import Packed
from harness.intake.roots import listed
from harness.intake.staging import Staged, stage
from harness.isolation.remote import SandboxedWorker
from harness.isolation.sandbox import Sandbox
from harness.outcome import judged
from harness.pytest_plugin import GRADED, RUN, missing_prerequisite
from harness.report.files import render_reports, write_rendered
from harness.results import SubmissionResult
from harness.run import Run, derived_seed
from harness.text import one_line

MAX_CODE_BYTES = 512 * 1024


def grade_one(
    items: Sequence[pytest.Item],
    sandbox: Sandbox,
    assignment: Assignment,
    *,
    source: Path | Packed,
    name: str,
    out: Path,
    seed: int,
    questions: Sequence[str] | None = None,
    kept: Kept | None = None,
) -> tuple[SubmissionResult, dict[str, dict[str, list[str]]]]:
    """Grade a submission and write its reports to `out`.

    Args:
        items: The assignment's collected tests, in order.
        source: What the student handed in: a folder, an archive, a file; or one of these, packed.
        name: How reports call it.
        out: The folder for its reports, made if it is missing.
        questions: Those to grade; None for all. One that builds on a question which now works, or no longer
            does, is graded, too.
        kept: What stands of the other questions; what is not in there is left out.

    Returns:
        The result, and by question the names of the pictures, leaderboard figures and notes that its tests made.

    Raises:
        GraderFault: If the fault is ours.
    """
    clock, started_at = time.perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    tests = [item.stash[GRADED] for item in items]
    run = Run(assignment, seed, lambda limits, s: SandboxedWorker(sandbox, staged.root, limits, s))
    result = SubmissionResult(assignment.name, name, seed, sandbox.tier.name, started_at=started_at)
    folder = sandbox.staging / f"submission-{derived_seed(seed, name):08x}"
    code: dict[str, bytes] = {}
    origins: dict[str, dict[str, list[str]]] = {}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o755)
    try:
        staged: Staged = stage(
            source,
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
        code = own_code(staged, assignment)
        origins = run_chosen(items, run, questions, kept or Kept())
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
    reports = render_reports(result, run.picture_files)
    write_rendered(reports, out, {p.file for p in result.pictures}, code)
    return result, origins


def own_code(staged: Staged, assignment: Assignment) -> dict[str, bytes]:
    """The files that the assignment asks for, as they are graded; very long ones are left out."""
    files = {name: staged.root / name for name in (*assignment.required, *assignment.optional)}
    return {
        name: path.read_bytes()
        for name, path in files.items()
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_CODE_BYTES
    }


def run_chosen(
    items: Sequence[pytest.Item], run: Run, questions: Sequence[str] | None, kept: Kept
) -> dict[str, dict[str, list[str]]]:
    """Run the tests of some questions, with the earlier results of the others in their places.

    Returns:
        By question, what its tests put beside the report: `pictures`, `leaderboard`, `notes`.
    """
    chosen = {i.stash[GRADED].question for i in items} if questions is None else set(questions)
    origins: dict[str, dict[str, list[str]]] = {}
    for question, group in groupby(items, key=lambda i: i.stash[GRADED].question):
        tests = list(group)
        if question not in chosen and not kept.has(question):
            continue
        # What stands was run, or not, for what its prerequisites were then: they must be the same now.
        still = kept.blocked(question) == (missing_prerequisite(run, question) is not None)
        if (
            question not in chosen
            and still
            and kept.put_into(run, question, [t.stash[GRADED].id for t in tests])
        ):
            continue
        before = len(run.pictures), len(run.leaderboard), len(run.notes)
        run_items(tests, run)
        origins[question] = {
            "pictures": [p.file for p in run.pictures[before[0] :]],
            "leaderboard": [e.name for e in run.leaderboard[before[1] :]],
            "notes": run.notes[before[2] :],
        }
    made = {p.file for p in run.pictures}
    run.pictures = [p for p in kept.pictures if p.file not in made] + run.pictures
    measured = {e.name for e in run.leaderboard}
    run.leaderboard = [e for e in kept.leaderboard if e.name not in measured] + run.leaderboard
    run.notes = [n for n in kept.notes if n not in run.notes] + run.notes
    return origins


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
    graded = list(dict.fromkeys(t.question for t in run.results))
    if graded and set(graded) < {q.id for q in run.assignment.questions if q.automatic}:
        result.notes.append(f"Only question {listed(graded)} was graded.")
    result.title = run.assignment.title
    result.questions = rubric.by_question(run.assignment, run.results)
    shown = {q.id for q in result.questions}
    result.by_hand = [m for m in rubric.hand_marks(run.assignment) if m.question in shown]
    bonus = {q.id for q in result.questions if q.bonus}
    result.pending_points = sum(m.max_points for m in result.by_hand if m.question not in bonus)
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
