"""results.json in Gradescope's own form, for `/autograder/results/results.json`."""

import math
from typing import Any

from harness import results
from harness.report.text_report import explain, insecure, name_of, number, score_line
from harness.results import HandMark, SubmissionResult, TestResult
from harness.text import clean, one_line


def render(result: SubmissionResult) -> dict[str, Any]:
    """The dictionary that Gradescope reads, all text plain and cleaned.

    The tests' `max_score` add up to `result.max_score`: a bonus test has 0, which Gradescope shows as extra
    credit, and a hand mark that is in counts as a test of its own.

    A result without a score carries no number, neither at the top nor on any test. Gradescope adds up
    whatever scores it finds, and so would turn our fault into a low grade or a zero. It requires a score in
    one of the two places; without any, the run is a failed autograder, to be run again, and not a grade.
    The caller should end with a nonzero exit code as well. The text says whose fault it was.
    """
    graded = result.score is not None
    bonus = {question.id for question in result.questions if question.bonus}
    counts: dict[str, int] = {}
    entries = []
    parts: list[TestResult | HandMark] = [*result.tests, *(m for m in result.by_hand if m.points is not None)]
    for part in parts:
        counts[part.question] = counts.get(part.question, 0) + 1
        entry = _test(part, result) if isinstance(part, TestResult) else _mark(part)
        entry["number"] = f"{one_line(part.question)}.{counts[part.question]}"
        if part.question in bonus:
            entry["max_score"] = 0.0
            entry["tags"].append("bonus")
        if not graded:
            del entry["score"], entry["max_score"]
        entries.append(entry)
    data: dict[str, Any] = {"score": round(result.score, 6)} if result.score is not None else {}
    return data | {
        "execution_time": round(result.duration_s, 3),
        "output": _output(result),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        # What our own command prints may name hidden tests.
        "stdout_visibility": "hidden",
        "tests": entries,
        "leaderboard": [
            {"name": one_line(entry.name), "value": entry.value, "order": entry.order}
            for entry in result.leaderboard
            if math.isfinite(entry.value)
        ],
        "extra_data": {
            "assignment": one_line(result.assignment),
            "submission": one_line(result.submission),
            "status": result.status,
            "tier": one_line(result.tier),
            "pending_points": result.pending_points,
        },
    }


def _test(test: TestResult, result: SubmissionResult) -> dict[str, Any]:
    public, passed = test.visibility == "public", test.status == results.PASSED
    entry = {
        "score": round(test.points, 6),
        "max_score": round(test.max_points, 6),
        "status": "passed" if passed else "failed",
        "name": name_of(test),
        "output": "Passed."
        if passed
        else f"{test.status}\n{explain(test, result, to_students=True)}".strip(),
        "output_format": "text",
        # With a test that is "hidden" Gradescope withholds the total from students for good;
        # "after_published" withholds it only until the instructor publishes the grades.
        "visibility": "visible" if public else "after_published",
        "tags": [one_line(test.question)],
        "extra_data": {"question": one_line(test.question), "status": test.status},
    }
    if test.status == results.GRADER_ERROR:
        # Neither passed nor failed: with no status Gradescope draws no verdict.
        del entry["status"]
    return entry


def _mark(mark: HandMark) -> dict[str, Any]:
    points = 0.0 if mark.points is None else mark.points
    return {
        "score": round(points, 6),
        "max_score": round(mark.max_points, 6),
        "status": "passed" if points >= mark.max_points else "failed",
        "name": f"marked by hand: {one_line(mark.title)}",
        "output": clean(mark.comment),
        "output_format": "text",
        "visibility": "visible",
        "tags": [one_line(mark.question), "by hand"],
        "extra_data": {"question": one_line(mark.question), "status": "marked"},
    }


def _output(result: SubmissionResult) -> str:
    lines = []
    if result.score is None:
        lines.append("GRADER FAULT: the grader failed, not the submission. Course staff: run it again.")
    if insecure(result):
        lines.append("INSECURE: this submission ran without a sandbox, so it could have changed this result.")
    lines.append(f"Score: {score_line(result)}")
    if result.message and result.score is not None:  # of a fault of ours, it may quote a hidden test
        lines.append(one_line(result.message, 1000))
    for question in result.questions:
        bonus = " (bonus)" if question.bonus else ""
        points = f"{number(question.points)} of {number(question.max_points)}"
        lines.append(f"{one_line(question.id)} {one_line(question.title)}{bonus}: {points}")
    lines += [f"Note: {one_line(note, 1000)}" for note in result.notes]
    # Without the seed: with it, students could draw the inputs of hidden tests before they hand in again.
    lines.append(f"Sandbox tier: {one_line(result.tier)}")
    if result.late:
        lines.append(one_line(result.late.text, 1000))
    return "\n".join(lines)
