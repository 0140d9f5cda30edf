"""`make test`: the public tests on a student's own work, and a summary that says what to do next."""

import argparse
import os
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from harness import answer_forms, results
from harness.assignment import Assignment, load
from harness.errors import UsageError
from harness.pytest_plugin import RUN, in_process_run
from harness.report.text_report import number
from harness.results import TestResult
from harness.run import Run

OK, WRONG, USAGE, FAULT = 0, 1, 2, 3
TEST_TIMEOUT_S = 120  # a loop that never ends must not hang the terminal; no score depends on it
_NOT_TRIED = (results.NOT_WRITTEN, results.NOT_RUN)
_COLOURS = {results.PASSED: "green", results.NOT_WRITTEN: "dim", results.NOT_RUN: "dim"}


class _Collected:
    """A pytest plugin that starts the run with the right submission, and keeps what was collected."""

    def __init__(self, run: Run) -> None:
        self.run, self.errors = run, list[str]()

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[RUN] = self.run

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(report.longreprtext[-1500:])


def run_tests(
    assignment: Assignment,
    submission: Path | None = None,
    *,
    only: str | None = None,
    strict: bool = False,
    pdb: bool = False,
    hidden: bool = False,
) -> int:
    """Run the tests in this process and print the summary.

    Returns:
        0 if all attempted work is right (unwritten work is no failure, but with `strict`), 1 if some is wrong, 3 for
        a fault of the tests' own.

    Raises:
        UsageError: If the folder or a required file is missing, or there is no such question.
    """
    folder = submission or assignment.student
    if only is not None:
        assignment.question(only)
    run = in_process_run(assignment, folder, 0)
    run.only = only
    for file in assignment.required:
        if not (folder / file).is_file():
            raise UsageError(f"{folder / file}: there is no such file; the tests need it under this name.")
    os.environ.setdefault("MPLBACKEND", "Agg")  # plt.show() must not wait for somebody to close a window
    collected = _Collected(run)
    arguments = [
        str(assignment.tests),
        "-p",
        "harness.pytest_plugin",
        "-p",
        "no:cacheprovider",
        "-qq",
        "--no-header",
        "--no-summary",
        "--tb=no",
        *(["--pdb"] if pdb else []),
        "-c",
        os.devnull,
        f"--rootdir={assignment.root}",
        "--import-mode=importlib",
        "--strict-markers",
        "-o",
        f"timeout={TEST_TIMEOUT_S}",
        "-o",
        "timeout_func_only=true",
    ]
    if not hidden:
        arguments.append(f"--ignore={assignment.hidden}")
    sys.path.insert(0, str(assignment.root))
    try:
        code = pytest.main(arguments, plugins=[collected])
    finally:
        sys.path.remove(str(assignment.root))
    if collected.errors:
        print(f"The tests themselves cannot be loaded: {collected.errors[0]}", file=sys.stderr)
        return FAULT
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return FAULT if code != pytest.ExitCode.INTERRUPTED else 130
    summarise(assignment, folder, run.results, hidden)
    return exit_code(run.results, strict)


def exit_code(tests: list[TestResult], strict: bool) -> int:
    """What `make test` ends with."""
    statuses = {t.status for t in tests}
    if results.GRADER_ERROR in statuses:
        return FAULT
    wrong = statuses - {results.PASSED, *(() if strict else _NOT_TRIED)}
    return WRONG if wrong else OK


def summarise(
    assignment: Assignment, folder: Path, tests: list[TestResult], hidden: bool, console: Any = None
) -> None:
    """Print the tests by question, the points, and what to do next."""
    out = console or Console(soft_wrap=True, highlight=False)

    def say(text: str = "", style: str = "") -> None:
        out.print(Text(text, style=style))

    what = "public and hidden tests" if hidden else "public tests"
    say(f"{assignment.title}: {what} on {_shown(folder)}", "bold")
    for question in assignment.questions:
        ours = [t for t in tests if t.question == question.id]
        if not ours:
            continue
        say()
        earned, most = sum(t.points for t in ours), sum(t.max_points for t in ours)
        say(f"{question.id}  {question.title}: {number(earned)} of {number(most)} points", "bold")
        for hint in dict.fromkeys(t.hint for t in ours if t.status == results.NOT_RUN):
            count = sum(t.hint == hint for t in ours)
            say(
                f"  {results.NOT_RUN:<12}  {count} test{'s' * (count > 1)}. {hint}", _COLOURS[results.NOT_RUN]
            )
        for test in ours:
            if test.status == results.NOT_RUN:
                continue
            say(f"  {test.status:<12}  {test.title}", _COLOURS.get(test.status, "red"))
            if test.status not in (results.PASSED, results.NOT_WRITTEN):
                _explain(test, say)
    say()
    _totals(assignment, tests, say, hidden)
    _answers(assignment, folder, say)
    say(_next_step(tests), "bold")


def _shown(folder: Path) -> str:
    try:
        return str(folder.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(folder)


def _explain(test: TestResult, say: Any) -> None:
    indent = " " * 16
    for label, text in (
        ("try: ", test.hint),
        ("expected: ", test.expected),
        ("got: ", test.got),
        ("", test.detail),
    ):
        if text:
            for line in f"{label}{text}".split("\n"):
                say(indent + line)
    for line in test.trace.split("\n") if test.trace else []:
        say(f"{indent}| {line}")
    printed = [line for line in test.output.split("\n") if line.strip()]
    if printed:
        say(f"{indent}it printed:")
        for line in printed[:10]:
            say(f"{indent}  {line}")


def _totals(assignment: Assignment, tests: list[TestResult], say: Any, hidden: bool) -> None:
    counts = Counter(t.status for t in tests)
    order = [
        results.PASSED,
        *(s for s in results.TEST_STATUSES if s not in (results.PASSED, *_NOT_TRIED)),
        *_NOT_TRIED,
    ]
    parts = ", ".join(f"{counts[s]} {s}" for s in order if counts[s])
    earned, most = sum(t.points for t in tests), sum(t.max_points for t in tests)
    say(f"{'Tests' if hidden else 'Public tests'}: {parts}. {number(earned)} of {number(most)} points.")
    graded = [q for q in assignment.questions if not q.bonus]
    rest = assignment.points - sum(t.max_points for t in tests if t.question in {q.id for q in graded})
    if not hidden and rest > 0 and {q.id for q in graded if q.public} <= {t.question for t in tests}:
        by_hand = sum(i.points for q in graded for i in q.by_hand)
        say(
            f"The other {number(rest)} of {number(assignment.points)} points: {number(rest - by_hand)} in hidden tests and "
            f"written answers, {number(by_hand)} marked by a person."
        )


def _answers(assignment: Assignment, folder: Path, say: Any) -> None:
    """Tell which written answers are still empty, unknown or of the wrong type, or that the file cannot be read."""
    path = folder / answer_forms.FILE
    if answer_forms.FILE not in (*assignment.required, *assignment.optional) or not path.exists():
        return
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as e:
        say(f"{path.name} cannot be read: {e}. Text goes in quotes, numbers without.", "red")
        return
    declared = assignment.tests / answer_forms.FILE
    forms = answer_forms.load_forms(declared) if declared.exists() else []
    entries = [(q, k, v) for q, table in tables.items() if isinstance(table, dict) for k, v in table.items()]
    if forms:
        entries = [(f.question, f.name, answer_forms.answer_of(tables, f)) for f in forms]
    empty = [f"{q} {k}" for q, k, v in entries if answer_forms.is_empty(v)]
    say(
        f"Written answers: {len(entries) - len(empty)} of {len(entries)} are filled in"
        + (f"; empty: {', '.join(empty)}." if empty else ".")
    )
    if forms:
        for line in (*answer_forms.strangers(tables, forms), *answer_forms.misshapen(tables, forms)):
            say(f"  {line}", "red")


def _next_step(tests: list[TestResult]) -> str:
    wrong = next((t for t in tests if t.status not in (results.PASSED, *_NOT_TRIED)), None)
    if wrong is not None:
        return f"Next: mend question {wrong.question}: {wrong.title}"
    missing = next((t for t in tests if t.status == results.NOT_WRITTEN), None)
    if missing is not None:
        what = (
            missing.got.split(": ", 1)[-1]
            .removesuffix(" is not written yet")
            .removesuffix(" was not handed in")
        )
        return f"Next: write {what} (question {missing.question})."
    return "The public tests passed. Hand it in; hidden tests will look at more."


def main() -> int:
    """`python -m harness.student_test ASSIGNMENT`, for releases, which have no grader.py."""
    parser = argparse.ArgumentParser(prog="student_test", description="Run the public tests on your work.")
    parser.add_argument("assignment")
    parser.add_argument("--submission", type=Path)
    parser.add_argument("--only", metavar="QUESTION")
    parser.add_argument("--strict", action="store_true", help="unwritten work counts as failed")
    parser.add_argument("--pdb", action="store_true", help="open the debugger where a test fails")
    options = parser.parse_args()
    try:
        return run_tests(
            load(options.assignment),
            options.submission,
            only=options.only,
            strict=options.strict,
            pdb=options.pdb,
        )
    except UsageError as e:
        print(e, file=sys.stderr)
        return USAGE


if __name__ == "__main__":
    sys.exit(main())
