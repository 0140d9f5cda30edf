"""The command line: what each command takes, and its exit code.

Exit codes: 0 done; 1 a score below --min-score, drift, attempted work that is wrong, or an export that matched nobody;
2 bad usage or input; 3 a fault of the grader's own.
"""

import argparse
import errno
import importlib
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from harness import __version__, assignment
from harness.errors import GraderFault, Refused, UsageError

OK, BELOW, USAGE, FAULT = 0, 1, 2, 3
FORMATS = ("json", "gradescope", "junit", "text")

# Commands that bring their own arguments.
_PARTS = (
    ("report", "harness.site.command", "Write a graded class as a web site that opens from disk."),
    ("history", "harness.gradebook.history_command", "Tell all that happened to one student's work."),
    ("diff", "harness.gradebook.diff_command", "Compare two runs: who gained or lost points, and why."),
    ("similar", "harness.similarity.command", "Rank the submissions of a graded class that are alike."),
    ("export", "harness.exports.command", "Write results in the form that another system takes in."),
)


def _whole(least: int, below: int) -> Callable[[str], int]:
    """A converter for whole numbers in a range, with a sentence for everything else."""

    def convert(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text[:30]) < below:
            raise argparse.ArgumentTypeError(f"must be a whole number of {least} or more, got {text[:30]!r}")
        return int(text)

    return convert


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="grader.py",
        description="Grade neural networks written from scratch in NumPy.",
        epilog="Exit codes: 0 done; 1 below --min-score, drift, or wrong work; 2 bad input; 3 a fault of the grader.",
    )
    top.add_argument("--version", action="version", version=f"Backmark {__version__}")
    top.add_argument(
        "--root",
        type=Path,
        default=assignment.ROOT,
        metavar="DIR",
        help="the checkout whose tests/, reference/, student/ and fixtures/ are meant (default: this one)",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    grade = command("grade", _grade, "Grade submissions behind the trust boundary.")
    grade.add_argument("assignment", help="its name, as `grader.py assignments` lists it")
    grade.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="a submission (folder, .zip, .tar.gz, .py, .ipynb) or a folder of them",
    )
    grade.add_argument(
        "--out", type=Path, default=Path("out"), metavar="DIR", help="where reports go (default: out)"
    )
    grade.add_argument(
        "--jobs",
        type=_whole(1, 10_000),
        default=os.cpu_count() or 1,
        metavar="N",
        help="how many at a time (default: one a core)",
    )
    grade.add_argument(
        "--seed",
        type=_whole(0, 2**63),
        help="what hidden tests draw their inputs from (default: the class's own: fresh in the first run, then kept)",
    )
    grade.add_argument(
        "--only",
        metavar="QUESTION",
        action="append",
        default=[],
        help="grade this question (may be repeated)",
    )
    grade.add_argument(
        "--skip",
        metavar="QUESTION",
        action="append",
        default=[],
        help="leave this question out (may be repeated)",
    )
    grade.add_argument(
        "--force", action="store_true", help="grade also what has not changed since the last run"
    )
    grade.add_argument(
        "--source",
        default="auto",
        metavar="KIND",
        help="what the paths are: plain, gradescope, canvas, moodle or classroom (default: auto, which looks)",
    )
    grade.add_argument("--roster", type=Path, metavar="FILE", help="the students of the class, a CSV")
    grade.add_argument(
        "--times", type=Path, metavar="FILE", help="when things were handed in, a CSV: student,submitted_at"
    )
    grade.add_argument(
        "--extensions", type=Path, metavar="FILE", help="later deadlines, a CSV: student,due or student,hours"
    )
    grade.add_argument(
        "--engine",
        choices=("local", "dask"),
        default="local",
        help="where to grade: on this machine (default), or on a Dask cluster",
    )
    grade.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask scheduler, such as tcp://10.0.0.1:8786 (default: a cluster of this machine's own)",
    )
    grade.add_argument(
        "--format", choices=FORMATS, help="also print each report to standard output in this format"
    )
    grade.add_argument(
        "--min-score", type=float, metavar="X", help="exit with 1 if a submission scores less than X"
    )
    grade.add_argument(
        "--insecure",
        action="store_true",
        help="go on where this machine has no sandbox: only for code that you trust",
    )

    test = command(
        "test", _test, "Run the public tests on your own work, in this process (breakpoints and prints work)."
    )
    test.add_argument("assignment")
    test.add_argument(
        "--submission",
        type=Path,
        metavar="DIR",
        help="the folder with your files (default: student/ASSIGNMENT)",
    )
    test.add_argument("--only", metavar="QUESTION", help="one question")
    test.add_argument("--strict", action="store_true", help="unwritten work counts as failed")
    test.add_argument("--pdb", action="store_true", help="open the debugger where a test fails")
    test.add_argument("--hidden", action="store_true", help="run the hidden tests, too (for authors)")

    command("assignments", _assignments, "List the assignments with their questions and points.")
    command("doctor", _doctor, "Say what this machine offers for isolation, and what mends what is missing.")

    stubs = command("stubs", _stubs, "Generate student/ from reference/ by removing the marked solutions.")
    fixtures = command("fixtures", _fixtures, "Generate fixtures/ from the references.")
    for sub in (stubs, fixtures):
        sub.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="which (default: all)")
        sub.add_argument("--check", action="store_true", help="change nothing; exit with 1 on drift")

    marks = command("marks", _marks, "Merge the instructor's marks.csv into the results of a graded class.")
    marks.add_argument("out", type=Path, metavar="DIR", help="the folder that `grade` wrote")

    override = command("override", _override, "Set a student's points by decision, with reason and author.")
    override.add_argument("out", type=Path, metavar="DIR", help="the folder that `grade` wrote")
    override.add_argument("student", help="the id, as grades.csv has it")
    override.add_argument("points", type=float, nargs="?", help="what counts from now on")
    override.add_argument("--question", metavar="QUESTION", help="of one question (default: of the total)")
    override.add_argument("--reason", required=True, help="why, in words that the student may read")
    override.add_argument("--author", help="who decided it (default: your login)")
    override.add_argument("--withdraw", action="store_true", help="take an earlier one back")

    for name, module, text in _PARTS:
        part = importlib.import_module(module)
        part.add_arguments(command(name, part.run, text))

    appendix = command("appendix", _appendix, "Gather the code that a student wrote, for a write-up.")
    appendix.add_argument("assignment")
    appendix.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="SUBMISSION_FOLDER",
        help="the folder with the student's files (default: student/ASSIGNMENT)",
    )
    appendix.add_argument(
        "--format",
        choices=("markdown", "latex"),
        default="markdown",
        help="for a notebook's cell, or to \\input into an article (default: markdown)",
    )
    appendix.add_argument(
        "--heading-level",
        "--heading_level",
        type=int,
        choices=(1, 2, 3),
        default=1,
        help="of the headings, one a file (default: 1)",
    )
    appendix.add_argument(
        "--output", type=Path, metavar="FILE", help="where it goes (default: standard output)"
    )

    release = command("release", _release, "Write the zip that students get.")
    release.add_argument("assignment")
    release.add_argument(
        "--out", type=Path, default=Path("release"), metavar="DIR", help="where it goes (default: release)"
    )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    options = parser().parse_args(arguments)
    try:
        if not (options.root / "tests").is_dir():
            raise UsageError(f"--root {options.root}: there is no folder tests/ in it; name a checkout")
        return options.run(options)
    except (UsageError, Refused) as e:
        print(f"grader.py: {e}", file=sys.stderr)
        return USAGE
    except GraderFault as e:
        print(f"grader.py: a fault of the grader, not of any submission: {e}", file=sys.stderr)
        return FAULT
    except sqlite3.Error as e:
        print(
            f"grader.py: {getattr(options, 'out', '.')}/gradebook.sqlite cannot be used ({e}): put back a copy of it, or move "
            "it away and grade again",
            file=sys.stderr,
        )
        return USAGE
    except (
        BrokenPipeError
    ):  # whoever read the output has seen enough, as `| head` does; the files are written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as e:
        where = f"{e.filename}: " if e.filename else ""
        print(
            f"grader.py: {where}{e.strerror or e}: mend that (its name, its rights, room on the disk) and run the same "
            "command again; what was finished is kept",
            file=sys.stderr,
        )
        return FAULT if e.errno in (errno.ENOSPC, errno.EIO, errno.EDQUOT) else USAGE
    except KeyboardInterrupt:
        print("\ngrader.py: stopped. What was finished is kept.", file=sys.stderr)
        return 130


def _grade(options: argparse.Namespace) -> int:
    from harness.grading.command import grade_paths
    from harness.grading.options import GradeOptions

    if options.scheduler and options.engine != "dask":
        raise UsageError("--scheduler is the address of a Dask cluster: add --engine dask")
    return grade_paths(
        assignment.load(options.assignment, options.root),
        options.paths,
        GradeOptions(
            options.out,
            options.jobs,
            options.seed,
            options.only,
            options.skip,
            options.force,
            options.format,
            options.min_score,
            options.insecure,
            options.engine,
            options.scheduler,
            options.source,
            options.roster,
            options.times,
            options.extensions,
        ),
    )


def _test(options: argparse.Namespace) -> int:
    from harness.student_test import run_tests

    return run_tests(
        assignment.load(options.assignment, options.root),
        options.submission,
        only=options.only,
        strict=options.strict,
        pdb=options.pdb,
        hidden=options.hidden,
    )


def _assignments(options: argparse.Namespace) -> int:
    for name in assignment.names(options.root):
        a = assignment.load(name, options.root)
        print(f"{a.name}: {a.title} ({a.points:g} points; {a.handout})")
        width = max(6, *(len(q.id) for q in a.questions))
        for q in a.questions:
            extra = [f"{q.public:g} in public tests"] if q.public else []
            extra += [f"{sum(i.points for i in q.by_hand):g} by hand"] if q.by_hand else []
            extra += ["optional"] if q.bonus else []
            print(
                f"  {q.id:<{width}} {q.points:>4g}  {q.title}" + (f"  ({', '.join(extra)})" if extra else "")
            )
            for item in q.by_hand:
                print(
                    f"  {'':<{width}} {'':>4}    by hand: {item.title} ({item.points:g}; {item.id} in marks.csv)"
                )
    return OK


def _doctor(_: argparse.Namespace) -> int:
    from harness.doctor import report

    return OK if report() else FAULT


def _each(options: argparse.Namespace) -> list[assignment.Assignment]:
    return [assignment.load(n, options.root) for n in options.assignments or assignment.names(options.root)]


def _told(drift: list[str], what: str) -> int:
    for sentence in drift:
        print(sentence, file=sys.stderr)
    if not drift:
        print(f"{what}: no drift.")
    return BELOW if drift else OK


def _stubs(options: argparse.Namespace) -> int:
    from harness import stubs

    if options.check:
        return _told([s for a in _each(options) for s in stubs.check(a.reference, a.student)], "stubs")
    for a in _each(options):
        stubs.generate(a.reference, a.student)
        print(f"wrote student/{a.name}")
    return OK


def _fixtures(options: argparse.Namespace) -> int:
    from harness import fixture_files

    if options.check:
        return _told(
            [s for a in _each(options) for s in fixture_files.check_fixtures(a.name, a.root)], "fixtures"
        )
    for a in _each(options):
        fixture_files.write_fixtures(a.name, a.root)
        print(f"wrote fixtures/{a.name}")
    return OK


def _marks(options: argparse.Namespace) -> int:
    from harness.gradebook.commands import merge_marks

    return merge_marks(options.out, options.root)


def _override(options: argparse.Namespace) -> int:
    from harness.gradebook.commands import override

    if (options.points is None) != options.withdraw:
        raise UsageError("name the points, or say --withdraw")
    return override(
        options.out,
        options.root,
        options.student,
        options.points,
        question=options.question,
        reason=options.reason,
        author=options.author,
    )


def _appendix(options: argparse.Namespace) -> int:
    from harness.appendix import gather
    from harness.appendix_formats import to_latex, to_markdown

    chosen = assignment.load(options.assignment, options.root)
    folder = options.folder or chosen.student
    parts = gather(chosen, folder)
    text = (to_markdown if options.format == "markdown" else to_latex)(parts, options.heading_level)
    output: Path | None = options.output
    if output is None:
        sys.stdout.buffer.write(text.encode())
        return OK
    if any(output.resolve() == (folder / part.name).resolve() for part in parts):
        raise UsageError(f"{output} is a file of the submission: name another one")
    try:
        output.write_bytes(text.encode())
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from error
    return OK


def _release(options: argparse.Namespace) -> int:
    from harness.release import write_release

    print(f"wrote {write_release(assignment.load(options.assignment, options.root), options.out)}")
    return OK
