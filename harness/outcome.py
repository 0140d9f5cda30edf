"""From what happened in a test to what the report says of it."""

import time
import traceback
from typing import Any

import pytest

from harness import results
from harness.errors import NotRun, StudentError
from harness.expect import Mismatch, Partly
from harness.hints import hint_for
from harness.isolation.submission import Submission
from harness.results import TestResult
from harness.rubric import GradedTest
from harness.run import Run
from harness.text import clean, one_line

MEMORY_STEP_MIB = 50  # peak memory is rounded up to this: its pages vary from run to run


def record(
    run: Run,
    graded: GradedTest,
    call: pytest.CallInfo,
    submission: Submission | None,
    started: float,
    captured: str,
) -> None:
    """Note one phase of a test (its set-up, call or tear-down) in the run's results.

    Args:
        captured: What pytest captured: in-process, that is where the submission's prints are.
    """
    error = call.excinfo.value if call.excinfo else None
    if call.when == "call" or (call.when == "setup" and error is not None):
        run.results.append(judged(graded, error))
    result = run.results[-1] if run.results and run.results[-1].id == graded.id else None
    if result is None:
        return
    if call.when == "teardown":
        if error is not None:
            _fault(result, error)
        result.duration_s = round(time.perf_counter() - started, 4)
        peer = submission.started if submission else None
        if peer is not None:
            result.cpu_s = round(float(getattr(peer, "cpu_s", 0.0)), 4)
            result.memory_mib = -(-int(getattr(peer, "memory_mib", 0)) // MEMORY_STEP_MIB) * MEMORY_STEP_MIB
            if result.status != results.PASSED:
                result.output = clean(peer.printed or captured, 2000)


def judged(graded: GradedTest, error: BaseException | None) -> TestResult:
    """The result of a test that ended with this exception, or with none."""
    result = TestResult(
        graded.id,
        graded.question,
        graded.title,
        "hidden" if graded.hidden else "public",
        results.PASSED if error is None else results.FAILED,
        graded.points if error is None else 0.0,
        graded.points,
    )
    match error:
        case None:
            pass
        case StudentError():
            result.status, result.hint = error.status, hint_for(error)
            result.got, result.trace = one_line(error.message, 600), error.trace
        case Mismatch():
            result.hint, result.expected = one_line(error.hint, 600), one_line(error.expected)
            result.got, result.detail = one_line(error.got), clean(error.detail, 1000)
            if isinstance(error, Partly):
                result.points = round(error.share * graded.points, 2)
        case NotRun():
            result.status, result.hint = results.NOT_RUN, str(error)
        case AssertionError() | pytest.fail.Exception():
            result.hint, result.detail = graded.title, clean(str(error), 1000)
        case _:
            _fault(result, error)
    return result


def _fault(result: TestResult, error: Any) -> None:
    """A test of ours broke: that is never the student's zero."""
    result.status, result.points = results.GRADER_ERROR, 0.0
    result.hint = "A fault of the grader, not of this submission: it will be graded again."
    result.detail = clean("".join(traceback.format_exception(error))[-3000:], 3000)
