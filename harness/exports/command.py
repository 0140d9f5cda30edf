"""`grader.py export FORMAT …`: what runs for each format, and what is written where."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness import assignment as assignments
from harness.errors import UsageError
from harness.exports import arguments
from harness.results import SubmissionResult

if TYPE_CHECKING:
    from harness.exports.filling import Filled
    from harness.gradebook.records import Grade

OK, NOBODY, FAULT = 0, 1, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the formats and their options."""
    arguments.declare(parser, EXPORTS)


def run(options: argparse.Namespace) -> int:
    """Run the export that was named.

    Returns:
        The exit code: 0; 1 where a sheet has no row of anybody in the class; 3 where the grader itself failed.
    """
    return options.export(options)


def _gradescope(options: argparse.Namespace) -> int:
    from harness.exports import gradescope_zip, wheels

    pythons = tuple(dict.fromkeys(options.python_version or wheels.PYTHONS))
    size = gradescope_zip.write_zip(
        assignments.load(options.assignment, options.root),
        options.to,
        pythons=pythons,
        machine=options.platform,
        wheel_folder=options.wheels,
        insecure=options.insecure,
    )
    print(f"wrote {options.to} ({size / 1e6:.0f} MB, Python {', '.join(pythons)}, {options.platform})")
    if options.insecure:
        print(
            "INSECURE: where the container has neither Landlock nor seccomp, submissions can change their results.",
            file=sys.stderr,
        )
    return OK


def _canvas(options: argparse.Namespace) -> int:
    from harness.exports import canvas, graded, sheets

    _check_target(options)
    grades, points = graded.grades(options.out)
    sheet = sheets.read(options.sheet)
    filled = canvas.fill_gradebook(sheet, grades, options.column, points, options.other_maximum)
    return _put_sheet(options, filled, grades, points)


def _moodle(options: argparse.Namespace) -> int:
    from harness.exports import graded, moodle, sheets

    _check_target(options)
    grades, points = graded.grades(options.out)
    sheet = sheets.read(options.sheet)
    filled = moodle.fill_worksheet(sheet, grades, points, options.column, options.other_maximum)
    return _put_sheet(options, filled, grades, points)


def _check_target(options: argparse.Namespace) -> None:
    """The sheet as it was exported is the only copy of the grades in it: it is never written over."""
    if options.to is None:
        return
    try:
        same = os.path.samefile(options.sheet, options.to)
    except OSError:
        same = options.sheet.resolve() == options.to.resolve()
    if same:
        raise UsageError(f"--to and --sheet are both {options.to}: name another file with --to")


def _put_sheet(
    options: argparse.Namespace, filled: "Filled", grades: Sequence["Grade"], points: float
) -> int:
    from harness.exports.filling import partly_graded
    from harness.exports.output import put_bytes, tell

    if not filled.matched:
        tell(filled.notes, str(options.sheet))
        print(
            f"nobody of {options.out} is in {options.sheet}: nothing was written; name this class's sheet, or give "
            "`grade` a roster with the ids that the sheet has",
            file=sys.stderr,
        )
        return NOBODY
    put_bytes(filled.data, options.to)
    tell(filled.notes, str(options.sheet))
    if warning := partly_graded(grades, points):
        print(f"warning: {warning}", file=sys.stderr)
    what = "1 grade" if filled.count == 1 else f"{filled.count} grades"
    print(f"filled in {what}" + (f": {options.to}" if options.to else ""), file=sys.stderr)
    return OK


def _prairielearn(options: argparse.Namespace) -> int:
    from harness.exports import graded, prairielearn
    from harness.exports.output import put_bytes
    from harness.report.files import read_result

    if options.grade:
        from harness.exports.one_submission import grade_alone

        if options.out is not None:
            raise UsageError("--grade grades what --from names: leave OUT away")
        to = options.to or Path("/grade/results/results.json")
        to.unlink(missing_ok=True)
        if not options.source.exists():
            raise UsageError(f"{options.source} does not exist: name what was handed in with --from")
        result, pictures = grade_alone(
            assignments.load(options.grade, options.root), options.source, "student"
        )
        put_bytes(prairielearn.encoded(result, pictures), to)
        return OK if result.score is not None else FAULT
    if options.out is None:
        raise UsageError("name the folder that `grade --out` wrote, or an assignment with --grade")
    if options.submission is not None:
        result = read_result(options.out / graded.chosen(options.out, options.submission))
        put_bytes(prairielearn.encoded(result, graded.pictures(options.out, result)), options.to)
        return OK
    if options.to is None:
        raise UsageError("a class needs a folder to go to: name it with --to, or name one SUBMISSION")
    count = 0
    for result in graded.results(options.out):
        data = prairielearn.encoded(result, graded.pictures(options.out, result))
        put_bytes(data, options.to / result.submission / "results.json")
        count += 1
    print(f"wrote {count} results to {options.to}")
    return OK


def _classroom(options: argparse.Namespace) -> int:
    import json

    from harness.exports import classroom, graded
    from harness.report.files import read_result

    result = read_result(options.out / graded.chosen(options.out, options.submission))
    output, summary = os.environ.get("GITHUB_OUTPUT"), os.environ.get("GITHUB_STEP_SUMMARY")
    if output:
        _append(Path(output), classroom.output_line(result))
    else:
        print(json.dumps(classroom.render(result), indent=1))
    if summary:
        _append(Path(summary), classroom.summary(result))
    if output or summary:
        names = [classroom.place(test)[0] for test in result.tests]
        for line in classroom.annotations(result, classroom.locator(options.source, names)):
            print(line)
    if options.feedback:
        _feedback(result, options.feedback)
    return OK


def _feedback(result: SubmissionResult, folder: Path) -> None:
    from harness.exports.output import put
    from harness.exports.student_view import redacted
    from harness.report import junit, text_report

    shown = redacted(result)
    put([text_report.render(shown)], folder / "report.txt")
    put([junit.render(shown)], folder / "junit.xml")


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as e:
        raise UsageError(f"{path} cannot be written ({e.strerror}): it must be GitHub's own file") from None


def _junit(options: argparse.Namespace) -> int:
    from harness.exports import graded, junit_class
    from harness.exports.output import put

    title = next(graded.results(options.out)).assignment
    put(junit_class.chunks(graded.results(options.out), title), options.to)
    return OK


def _csv(options: argparse.Namespace) -> int:
    from harness.exports import graded, tests_table
    from harness.exports.output import put
    from harness.report.files import read_result

    grades, _ = graded.grades(options.out)
    put(
        tests_table.csv_chunks(tests_table.rows(grades, lambda g: read_result(options.out / g.submission))),
        options.to,
    )
    return OK


def _parquet(options: argparse.Namespace) -> int:
    from harness.exports import graded, tests_table
    from harness.exports.output import new_file
    from harness.report.files import read_result

    grades, _ = graded.grades(options.out)
    to = options.to or options.out / "tests.parquet"
    with new_file(to) as temporary:
        table = tests_table.rows(grades, lambda g: read_result(options.out / g.submission))
        count = tests_table.write_parquet(table, temporary)
    print(f"wrote {count} rows to {to}")
    return OK


EXPORTS: dict[str, arguments.Export] = {
    "gradescope": _gradescope,
    "canvas": _canvas,
    "moodle": _moodle,
    "prairielearn": _prairielearn,
    "classroom": _classroom,
    "junit": _junit,
    "csv": _csv,
    "parquet": _parquet,
}
