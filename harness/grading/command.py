"""`grader.py grade`: from paths to a gradebook, reports, a table and an exit code."""

import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from harness.assignment import Assignment
from harness.engines.engine import Engine, LocalEngine
from harness.errors import UsageError
from harness.gradebook.book import Gradebook
from harness.gradebook.closing import close_class
from harness.gradebook.locking import locked
from harness.gradebook.naming import folder_names
from harness.gradebook.recording import RunRecorder
from harness.gradebook.records import Grade
from harness.gradebook.tables import page_rows
from harness.grading.class_list import keep_out_of, read_handed
from harness.grading.class_work import ClassWork, Handed
from harness.grading.identity import identity
from harness.grading.options import GradeOptions, chosen_questions
from harness.grading.remarks import forgotten, remarks
from harness.isolation import tiers
from harness.isolation.sandbox import supported
from harness.report import console
from harness.results import GRADER_ERROR, REFUSED

OK, BELOW, USAGE, FAULT = 0, 1, 2, 3
PRINTED = {
    "json": "results.json",
    "gradescope": "gradescope.json",
    "junit": "junit.xml",
    "text": "report.txt",
}


def grade_paths(assignment: Assignment, paths: Sequence[Path], options: GradeOptions) -> int:
    """Grade everything at some paths. Returns the exit code."""
    started, out = time.monotonic(), options.out
    questions = chosen_questions(assignment, options)
    if not supported():
        raise UsageError(
            "grading needs Linux: use a container or a virtual machine; `make test` works everywhere."
        )
    keep_out_of(paths, out)
    class_list = read_handed(assignment, paths, options)
    for complaint in class_list.complaints:
        print(complaint, file=sys.stderr)
    # A cluster's machines each choose their own tier; results say which.
    tier = tiers.choose(options.insecure) if options.engine == "local" else None
    if options.insecure and (tier is None or not tier.secure):
        print("INSECURE: submissions run without a boundary and can do whatever you can.", file=sys.stderr)
    known = identity(assignment)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise UsageError(f"{out}: cannot be made ({e.strerror}): name another folder with --out.") from None
    with locked(out), Gradebook.make(out) as book:
        seed = _class_seed(book, assignment, options.seed)
        for line in forgotten(book, options):
            print(line, file=sys.stderr)
        names = folder_names(book, class_list.entries)
        handed = list(map(Handed, names, class_list.entries, class_list.extended))
        shown_tier = tier.name if tier else "that of each worker"
        engine = make_engine(assignment, tier, seed, options, len(handed))
        recorder = RunRecorder(
            book, assignment, known, seed=seed, tier=tier.name if tier else "", engine=engine.name
        )
        try:
            with console.progress(len(handed)) as advance:
                work = ClassWork(assignment, recorder, out, questions, options.force, lambda: advance(1))
                work.do(engine, handed)
        except KeyboardInterrupt:
            done = work.kept + work.graded
            book.log("run stopped", assignment.name, f"{done} of {len(handed)}", recorder.id)
            engine.close()
            if done:
                close_class(book, assignment)
            print(
                f"\nStopped: {done} of {len(handed)} are done and kept. Run the same command again to go on.",
                file=sys.stderr,
            )
            return 130
        finally:
            engine.close()
        recorder.finish()
        grades = close_class(book, assignment)
    ours = [g for g in grades if {*names} & {g.submission, *(a.submission for a in g.attempts)}]
    for line in remarks(assignment, grades, ours, options):
        print(line, file=sys.stderr)
    summarise(assignment, ours, work, options, shown_tier, seed, time.monotonic() - started)
    if options.print_format:
        for name in names:
            path = out / name / PRINTED[options.print_format]
            sys.stdout.write(path.read_text(encoding="utf-8"))
    return exit_code(ours, options.min_score)


def make_engine(
    assignment: Assignment, tier: tiers.Tier | None, seed: int, options: GradeOptions, count: int
) -> Engine:
    """The engine that was asked for, with no more workers than there are submissions.

    Raises:
        UsageError: If Dask is not installed, or no cluster answers.
    """
    jobs = max(1, min(options.jobs, count))
    if tier is not None:
        return LocalEngine(assignment, tier, seed, jobs)
    try:
        from harness.engines.cluster import DaskEngine
    except ImportError as e:
        raise UsageError(
            f"--engine dask needs Dask ({e.name} is missing): pip install -r requirements-cluster.lock"
        ) from None
    return DaskEngine(assignment, seed, address=options.scheduler, jobs=jobs, insecure=options.insecure)


def _class_seed(book: Gradebook, assignment: Assignment, seed: int | None) -> int:
    """The class's seed: all its submissions meet the same inputs, in whichever run they are graded."""
    before = book.setting("assignment")
    if before not in (None, assignment.name):
        raise UsageError(
            f"{book.out} holds the results of {before}: name another folder with --out for {assignment.name}"
        )
    book.set_setting("assignment", assignment.name)
    if seed is None:
        # Too many to try out: a worker sees seeds that are derived from this one.
        seed = book.setting("seed", secrets.randbelow(2**53))
    book.set_setting("seed", seed)
    return seed


def summarise(
    assignment: Assignment,
    grades: Sequence[Grade],
    work: ClassWork,
    options: GradeOptions,
    tier: str,
    seed: int,
    took_s: float,
) -> None:
    """Print the page for the class. How long it took is only printed: results are the same on every machine."""
    out = options.out
    bonus = {q.id: q.bonus for q in assignment.questions}
    console.class_summary(
        page_rows(grades, bonus, out),
        folder=out,
        tier=tier,
        title=f"{assignment.title} ({assignment.name}), seed {seed}",
        took_s=took_s,
    )
    if work.kept:
        print(
            f"Unchanged and not graded again: {work.kept} of {work.kept + work.graded} submissions (--force grades them)"
        )
    late = sum(g.late is not None and g.late.deduction > 0 for g in grades)
    if late:
        print(f"Late: {late} of {len(grades)} students lose points for it; grades.csv has a column for that")
    pending = max((g.pending_points for g in grades), default=0)
    if pending:
        print(
            f"By hand: {pending:g} of {assignment.points:g} points; fill in {out / 'marks.csv'}, "
            f"then: python grader.py marks {out}"
        )
    for title, entries in work.leaderboards().items():
        print(f"Leaderboard, {title}: {', '.join(f'{who} {value:g}' for who, value in entries[:3])}")


def exit_code(grades: Sequence[Grade], min_score: float | None) -> int:
    """3 where a fault of ours remains, 2 where all were refused, 1 below the least score, else 0."""
    for submission, message in sorted({(g.submission, g.message) for g in grades if g.status == REFUSED}):
        print(f"refused: {submission}: {message}", file=sys.stderr)
    if any(g.status == GRADER_ERROR for g in grades):
        return FAULT
    if all(g.status == REFUSED for g in grades):
        return USAGE
    if min_score is not None and any((g.total or 0.0) < min_score for g in grades):
        return BELOW
    return OK
