"""`grader.py grade` and `grader.py marks`: from paths to reports, a table and an exit code."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import assignment as assignments
from harness.assignment import Assignment
from harness.errors import UsageError
from harness.grading.class_run import ClassRun, Task
from harness.intake.discover import find_submissions, unique_names
from harness.isolation import tiers
from harness.isolation.sandbox import supported
from harness.report import console, files, grades_csv, marks
from harness.report.grades_csv import Row
from harness.results import GRADER_ERROR, REFUSED

OK, BELOW, USAGE, FAULT = 0, 1, 2, 3
PRINTED = {
    "json": "results.json",
    "gradescope": "gradescope.json",
    "junit": "junit.xml",
    "text": "report.txt",
}


def tasks_of(assignment: Assignment, paths: Sequence[Path], out: Path) -> tuple[list[Task], list[str]]:
    """What is to be graded: one task a submission, each with a folder of its own, and what is passed over."""
    raw: list[tuple[str, Path]] = []
    ignored: list[str] = []
    for path in paths:
        found = find_submissions(path, assignment.required, assignment.optional)
        raw += [(c.name, c.path) for c in found.candidates]
        ignored += [str(i) for i in found.ignored]
    names = unique_names([name for name, _ in raw])
    return [
        Task(path.resolve(), name, out / name) for name, (_, path) in zip(names, raw, strict=True)
    ], ignored


def grade_paths(
    assignment: Assignment,
    paths: Sequence[Path],
    *,
    out: Path,
    jobs: int,
    seed: int,
    only: str | None,
    print_format: str | None,
    min_score: float | None,
    insecure: bool,
) -> int:
    """Grade everything at some paths. Returns the exit code."""
    started = time.monotonic()
    if only is not None:
        assignment.question(only)
    if not supported():
        raise UsageError(
            "grading needs Linux: use a container or a virtual machine; `make test` works everywhere."
        )
    tasks, ignored = tasks_of(assignment, paths, out)
    for entry in ignored:
        print(f"passed over: {entry} is no submission", file=sys.stderr)
    tier = tiers.choose(insecure)
    if not tier.secure:
        print("INSECURE: submissions run without a boundary and can do whatever you can.", file=sys.stderr)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise UsageError(f"{out}: cannot be made ({e.strerror}): name another folder with --out.") from None
    with (
        ClassRun(assignment, tier, seed=seed, jobs=min(jobs, len(tasks)), only=only) as run,
        console.progress(len(tasks)) as advance,
    ):
        rows = run.rows(tasks, lambda row: advance(1))
    summarise(assignment, rows, out, tier.name, seed, time.monotonic() - started)
    if print_format:
        for task in tasks:
            sys.stdout.write((task.out / PRINTED[print_format]).read_text(encoding="utf-8"))
    return exit_code(rows, min_score)


def summarise(
    assignment: Assignment, rows: Sequence[dict[str, Any]], out: Path, tier: str, seed: int, took_s: float
) -> None:
    """Write grades.csv and the sheet for hand marks, and print the page for the class.

    How long it took is only printed: results are the same on every machine.
    """
    table = [
        Row(
            r["submission"],
            r["score"],
            r["max_score"],
            r["status"],
            r["message"],
            {
                q: (points, points if assignment.question(q).bonus else most)
                for q, (points, most) in r["questions"].items()
            },
            out / r["submission"],
        )
        for r in rows
    ]
    marks.write_template(
        out / "marks.csv",
        [
            marks.MarkRow(r["submission"], q, item, title, most)
            for r in rows
            for item, q, title, most in r["by_hand"]
        ],
    )
    write_class_files(assignment, out)
    pending = max((r["pending_points"] for r in rows), default=0)
    console.class_summary(
        table,
        folder=out,
        tier=tier,
        title=f"{assignment.title} ({assignment.name}), seed {seed}",
        took_s=took_s,
    )
    if pending:
        print(
            f"By hand: {pending:g} of {assignment.points:g} points; fill in {out / 'marks.csv'}, then: python grader.py marks {out}"
        )
    board = sorted(
        ((e[0], e[1], e[2], r["submission"]) for r in rows for e in r["leaderboard"]),
        key=lambda e: (e[0], e[1] if e[2] == "asc" else -e[1], e[3]),
    )
    for figure in dict.fromkeys(e[0] for e in board):
        best = [f"{who} {value:g}" for what, value, _, who in board if what == figure][:3]
        print(f"Leaderboard, {figure}: {', '.join(best)}")


def exit_code(rows: Sequence[dict[str, Any]], min_score: float | None) -> int:
    """3 where a fault of ours remains, 2 where all were refused, 1 below the least score, else 0."""
    if any(r["status"] == GRADER_ERROR for r in rows):
        return FAULT
    for row in rows:
        if row["status"] == REFUSED:
            print(f"refused: {row['submission']}: {row['message']}", file=sys.stderr)
    if all(r["status"] == REFUSED for r in rows):
        return USAGE
    if min_score is not None and any((r["score"] or 0.0) < min_score for r in rows):
        return BELOW
    return OK


def write_class_files(assignment: Assignment, out: Path) -> tuple[int, int]:
    """Put the marks of OUT/marks.csv into every result in OUT, and write grades.csv from all of them.

    Returns:
        How many marks are in, and the number of results.
    """
    given = marks.read_marks(out / "marks.csv")
    rows, done = [], 0
    for folder in sorted(p.parent for p in out.glob("*/results.json")):
        result = files.read_result(folder)
        if result.assignment != assignment.name:
            continue
        marked = marks.apply_marks(result, given)
        if marked != result:
            files.write_reports(marked, folder)
        rows.append(grades_csv.row_of(marked, folder))
        done += sum(m.points is not None for m in marked.by_hand)
    for unknown in marks.unknown_submissions(given, [r.submission for r in rows]):
        print(
            f"{out / 'marks.csv'}: {unknown} was not graded here; its marks are left aside.", file=sys.stderr
        )
    grades_csv.write(rows, out / "grades.csv", [q.id for q in assignment.questions])
    return done, len(rows)


def merge_marks(out: Path, root: Path) -> int:
    """Read OUT/marks.csv and put its points into every result, report and table, without a new grading."""
    if not (out / "marks.csv").exists():
        raise UsageError(
            f"{out / 'marks.csv'}: there is no such file; `grader.py grade … --out {out}` makes it."
        )
    graded = {files.read_result(p.parent).assignment for p in out.glob("*/results.json")}
    if not graded:
        raise UsageError(f"{out}: no graded submission is in this folder; name the one that `grade` wrote.")
    for name in sorted(graded):
        done, count = write_class_files(assignments.load(name, root), out)
        print(
            f"{name}: {done} hand marks are in the results of {count} submissions; {out / 'grades.csv'} is up to date."
        )
    return OK
