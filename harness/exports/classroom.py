"""GitHub: the reporter's JSON of GitHub Classroom, the step summary, and annotations at the student's lines."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness import results
from harness.exports.student_view import headline, redacted, verdict
from harness.report.text_report import name_of, number
from harness.results import SubmissionResult, TestResult
from harness.text import clean, one_line

VERSION = 3
OUTPUT_LIMIT = 500  # characters, the reporter's own
MOST_ANNOTATIONS = 10  # GitHub shows no more of one step
SUMMARY_LIMIT = 900_000  # bytes; GitHub drops a summary above 1 MiB
_FRAME = re.compile(r"^(?! )(.+?\.(?:py|ipynb)), line (\d+)\b", re.MULTILINE)


def render(result: SubmissionResult) -> dict[str, Any]:
    """The dictionary that the reporter decodes: points by test, nothing of hidden tests but title and hint."""
    status = "error" if result.score is None else "pass"
    if status == "pass" and (
        result.status != results.GRADED or any(t.status != results.PASSED for t in result.tests)
    ):
        status = "fail"
    return {
        "version": VERSION,
        "status": status,
        "max_score": round(result.max_score, 6),
        "tests": [_test(test, number, result) for number, test in enumerate(result.tests, start=1)],
    }


def _test(test: TestResult, count: int, result: SubmissionResult) -> dict[str, Any]:
    passed = test.status == results.PASSED
    status = "pass" if passed else "error" if test.status == results.GRADER_ERROR else "fail"
    file, line = place(test)
    return {
        "name": one_line(f"{test.question}: {name_of(test)}"),
        "status": status,
        "message": "" if passed else one_line(verdict(test, result), 400),
        "test_code": "",
        "task_id": count,
        "filename": file,
        "line_no": line,
        "duration": round(test.duration_s, 3),
        "score": round(test.points, 6),
        "output": verdict(test, result)[:OUTPUT_LIMIT],
    }


def place(test: TestResult) -> tuple[str, int]:
    """The student's own line at which a public test failed, innermost frame; ("", 0) where none is told."""
    frames = _FRAME.findall(test.trace) if test.visibility == "public" else []
    return (clean(frames[-1][0], 200), min(int(frames[-1][1][:7]), 10**6)) if frames else ("", 0)


def output_line(result: SubmissionResult) -> str:
    """The line for the file that GITHUB_OUTPUT names."""
    data = json.dumps(render(result), ensure_ascii=True, allow_nan=False).encode("ascii")
    return f"result={base64.b64encode(data).decode('ascii')}\n"


def markdown(text: str) -> str:
    """Text that Markdown shows as it is: whatever could be markup, a link or a mention is an entity."""
    return "".join(
        c if not c.isascii() or c.isalnum() or c == " " else f"&#{ord(c)};" for c in one_line(text, 1000)
    )


def summary(result: SubmissionResult) -> str:
    """The page of a step, as Markdown: a table of questions, a table of tests that did not pass."""
    result = redacted(result)
    parts = [f"### {markdown(result.title or result.assignment)}", ""]
    parts += [f"{markdown(line)}  " for line in headline(result).splitlines()]
    parts += ["", "| question | points | out of |", "|---|---:|---:|"]
    for question in result.questions:
        bonus = " (bonus)" if question.bonus else ""
        parts.append(
            f"| {markdown(f'{question.id} {question.title}{bonus}')} "
            f"| {number(question.points)} | {number(question.max_points)} |"
        )
    missed = [t for t in result.tests if t.status != results.PASSED]
    if missed:
        parts += ["", "| test | status | lost | what to try |", "|---|---|---:|---|"]
    size = sum(len(p.encode("utf-8", "replace")) + 1 for p in parts)
    for test in missed:
        lost = number(max(0.0, test.max_points - test.points))
        row = (
            f"| {markdown(f'{test.question}: {name_of(test)}')} | {markdown(test.status)} | {lost} "
            f"| {markdown(test.hint)} |"
        )
        size += len(row.encode("utf-8", "replace")) + 1
        if size > SUMMARY_LIMIT:
            parts += ["", "More tests did not pass than fit here."]
            break
        parts.append(row)
    passed = len(result.tests) - len(missed)
    parts += ["", f"Tests that passed: {passed} of {len(result.tests)}.", ""]
    return "\n".join(parts) + "\n"


def annotations(result: SubmissionResult, locate: Callable[[str], str] = lambda name: name) -> list[str]:
    """Workflow commands that mark what failed, at the student's line where one is known.

    Args:
        locate: Where a submission's file lies in the student's repository, from its root.
    """
    lines = []
    if result.status != results.GRADED or result.score is None:
        lines.append(f"::error title={_property(result.status)}::{_data(headline(result))}")
    for test in result.tests:
        if test.status in (results.PASSED, results.NOT_WRITTEN, results.NOT_RUN, results.REFUSED):
            continue
        file, line = place(test)
        where = f"file={_property(locate(file))},line={line}," if file else ""
        title = _property(one_line(f"{test.question}: {name_of(test)}", 200))
        lines.append(f"::error {where}title={title}::{_data(verdict(test, result))}")
    more = len(lines) - MOST_ANNOTATIONS
    # Those that point into a file are worth most; a stable sort keeps the order of the tests otherwise.
    lines.sort(key=lambda text: not text.startswith("::error file="))
    return lines[:MOST_ANNOTATIONS] + (
        [f"{more} more tests did not pass: see the summary."] if more > 0 else []
    )


def _data(text: str) -> str:
    return clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")


def locator(folder: Path | None, names: Sequence[str]) -> Callable[[str], str]:
    """Finds a submission's files in a checkout: a name as it stands, or the one file that ends with it.

    Args:
        folder: The student's checkout, or None.
        names: The files that may be asked for.
    """
    if folder is None or not folder.is_dir():
        return lambda name: name
    wanted: dict[str, list[str]] = {name: [] for name in names if name}
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        if not any(part.startswith(".") for part in inside.parts) and not path.is_symlink():
            for name, hits in wanted.items():
                if f"/{inside.as_posix()}".endswith(f"/{name}"):
                    hits.append(inside.as_posix())
    return lambda name: wanted[name][0] if len(wanted.get(name, ())) == 1 else name
