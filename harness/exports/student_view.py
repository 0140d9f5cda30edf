"""What a student may read of a test: the same for every platform that shows results to students."""

from dataclasses import replace

from harness import results
from harness.report.text_report import explain, insecure, score_line
from harness.results import UNTOLD, SubmissionResult, TestResult
from harness.text import one_line


def verdict(test: TestResult, result: SubmissionResult) -> str:
    """The plain word of a test, and why it did not pass. Of a hidden test no more than the hint."""
    if test.status == results.PASSED:
        return "Passed."
    if test.status == results.GRADER_ERROR:  # what went wrong on our side may quote a hidden test
        return "grader error\nA fault of the grader, not of your code. It costs you nothing and will be run again."
    return f"{test.status}\n{explain(test, result, to_students=True)}".strip()


def headline(result: SubmissionResult) -> str:
    """The score in one line, after whatever puts it in doubt. What failed on our side is for the staff's log."""
    lines = []
    if result.score is None:
        lines.append("The grader failed, not the submission. Course staff: run it again.")
    if insecure(result):
        lines.append("INSECURE: this submission ran without a sandbox, so it could have changed this result.")
    lines.append(f"Score: {score_line(result)}")
    if result.late is not None:
        lines.append(one_line(result.late.text, 1000))
    if result.message and result.score is not None:
        lines.append(one_line(result.message, 1000))
    return "\n".join(lines)


def redacted(result: SubmissionResult) -> SubmissionResult:
    """The result without what students must not see, for renderers that show all they are given."""
    fault = result.score is None
    return replace(
        result,
        seed=UNTOLD,  # with it, the inputs of hidden tests could be drawn before the next attempt
        tests=[_shown(test) for test in result.tests],
        message="A fault of the grader, not of this submission." if fault else result.message,
    )


def _shown(test: TestResult) -> TestResult:
    if test.status == results.GRADER_ERROR:
        test = replace(test, hint="", expected="", got="", detail="", trace="", output="")
    if test.visibility == "public":
        return test
    name = test.id.partition("[")[0]
    return replace(test, id=name, expected="", got="", detail="", trace="", output="")
