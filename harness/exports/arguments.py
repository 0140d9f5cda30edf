"""What `grader.py export` takes: a format, and its options."""

import argparse
import re
from collections.abc import Callable, Mapping
from pathlib import Path

Export = Callable[[argparse.Namespace], int]


def declare(parser: argparse.ArgumentParser, exports: Mapping[str, Export]) -> None:
    """Declare the formats and their options; `exports` holds what runs for each format."""
    parser.description = "Write results in the form that another system takes in."
    parser.epilog = "`grader.py export FORMAT --help` says what a format takes."
    formats = parser.add_subparsers(dest="export_format", required=True, metavar="FORMAT")

    def add(name: str, text: str, more: str = "") -> argparse.ArgumentParser:
        sub = formats.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}. {more}".strip())
        sub.set_defaults(export=exports[name])
        return sub

    def out(sub: argparse.ArgumentParser, one: bool = False) -> None:
        sub.add_argument("out", type=Path, metavar="OUT", help="the folder that `grade --out` wrote")
        if one:
            sub.add_argument(
                "submission", nargs="?", metavar="SUBMISSION", help="which one (needless where there is one)"
            )

    def sheet(sub: argparse.ArgumentParser, what: str) -> None:
        out(sub)
        sub.add_argument("--sheet", type=Path, required=True, metavar="FILE", help=what)
        sub.add_argument("--to", type=Path, metavar="FILE", help="where it goes (default: standard output)")
        sub.add_argument(
            "--other-maximum",
            action="store_true",
            help="fill in although the sheet's maximum is not the assignment's",
        )

    zipped = add(
        "gradescope",
        "an autograder.zip for Gradescope, which works offline in its container",
        "It holds the product, one assignment with its hidden tests, and the wheels of requirements.lock.",
    )
    zipped.add_argument("assignment", help="its name, as `grader.py assignments` lists it")
    zipped.add_argument(
        "--to",
        type=Path,
        default=Path("autograder.zip"),
        metavar="FILE",
        help="where it goes (default: autograder.zip)",
    )
    zipped.add_argument(
        "--python-version",
        action="append",
        type=_version,
        metavar="X.Y",
        help="a Python to bring wheels for; may be repeated (default: 3.11, 3.12 and 3.13)",
    )
    zipped.add_argument(
        "--platform",
        choices=("x86_64", "aarch64"),
        default="x86_64",
        help="the container's processor (default: x86_64)",
    )
    zipped.add_argument(
        "--wheels", type=Path, metavar="DIR", help="a folder that holds the wheels: nothing is fetched then"
    )
    zipped.add_argument(
        "--insecure",
        action="store_true",
        help="grade there even without Landlock and seccomp; every result then says so",
    )

    nobody = "Where nobody of OUT is in the sheet, nothing is written, and the exit code is 1."
    canvas = add("canvas", "a column of Canvas's gradebook, filled in", nobody)
    sheet(canvas, "the gradebook as exported from Canvas")
    canvas.add_argument(
        "--column",
        required=True,
        metavar="TITLE",
        help="the assignment's column, such as 'Homework 2 (12345)'",
    )

    moodle = add("moodle", "Moodle's grading worksheet, filled in", nobody)
    sheet(moodle, "the worksheet as downloaded from Moodle")
    moodle.add_argument(
        "--column", default="", metavar="TITLE", help="the column of grades, where it is not recognised"
    )

    prairie = add(
        "prairielearn",
        "the results.json of an external grader, for PrairieLearn",
        "For one submission a file; for all of OUT a folder with SUBMISSION/results.json. With --grade, grade and "
        "write in one go, as a container does.",
    )
    prairie.add_argument(
        "out", nargs="?", type=Path, metavar="OUT", help="the folder that `grade --out` wrote"
    )
    prairie.add_argument("submission", nargs="?", metavar="SUBMISSION", help="one of it (default: all)")
    prairie.add_argument(
        "--to",
        type=Path,
        metavar="PATH",
        help="the file or folder (with --grade: /grade/results/results.json)",
    )
    prairie.add_argument("--grade", metavar="ASSIGNMENT", help="grade --from first, in place of OUT")
    prairie.add_argument(
        "--from",
        dest="source",
        type=Path,
        default=Path("/grade/student"),
        metavar="DIR",
        help="what was handed in (default: /grade/student)",
    )

    classroom = add(
        "classroom",
        "GitHub: the Classroom reporter's result, step summary and annotations",
        "Appends to the files that $GITHUB_OUTPUT and $GITHUB_STEP_SUMMARY name, and prints annotations; without "
        "them, prints the JSON.",
    )
    out(classroom, one=True)
    classroom.add_argument(
        "--source",
        type=Path,
        metavar="DIR",
        help="the student's checkout, so that annotations name files as they lie there",
    )
    classroom.add_argument(
        "--feedback",
        type=Path,
        metavar="DIR",
        help="also write report.txt and junit.xml there, without what hidden tests expect",
    )

    for name, text in (
        ("junit", "one JUnit XML for the class"),
        ("csv", "every test of every student as one long CSV"),
        ("parquet", "the same as Parquet (needs pyarrow)"),
    ):
        sub = add(name, text)
        out(sub)
        sub.add_argument(
            "--to",
            type=Path,
            metavar="FILE",
            help="where it goes"
            + (" (default: OUT/tests.parquet)" if name == "parquet" else " (default: standard output)"),
        )


def _version(text: str) -> str:
    if not re.fullmatch(r"3\.\d{1,2}", text) or int(text[2:]) < 11:
        raise argparse.ArgumentTypeError(f"must be 3.11 or newer, such as 3.12, got {text[:20]!r}")
    return text
