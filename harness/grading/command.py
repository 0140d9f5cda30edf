"""`grader.py grade`: from paths to a gradebook, reports, a table and an exit code."""

import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
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
from harness.grading.class_work import ClassWork, Handed
from harness.grading.identity import identity
from harness.intake.sources import Entry, read_class
from harness.isolation import tiers
from harness.isolation.sandbox import supported
from harness.late import Extensions
from harness.report import console
from harness.results import GRADED, GRADER_ERROR, REFUSED
from harness.roster import Roster, read_times

OK, BELOW, USAGE, FAULT = 0, 1, 2, 3
PRINTED = {
    "json": "results.json",
    "gradescope": "gradescope.json",
    "junit": "junit.xml",
    "text": "report.txt",
}


@dataclass(frozen=True)
class GradeOptions:
    """What `grader.py grade` was asked for.

    Attributes:
        only, skip: Questions; at most one of the two is given.
        seed: None for the class's own: a fresh one in the first run, the same ever after.
        engine: "local" or "dask"; `scheduler` is the address of a cluster's.
        source, roster, times, extensions: How the class is read, and who is in it.
    """

    out: Path
    jobs: int = 1
    seed: int | None = None
    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    force: bool = False
    print_format: str | None = None
    min_score: float | None = None
    insecure: bool = False
    engine: str = "local"
    scheduler: str | None = None
    source: str = "auto"
    roster: Path | None = None
    times: Path | None = None
    extensions: Path | None = None


@dataclass
class ClassList:
    """Who handed in what, the due times of extensions, and the lines that tell what is odd about it."""

    entries: list[Entry]
    extended: list[datetime | None]
    complaints: list[str] = field(default_factory=list)


def read_handed(assignment: Assignment, paths: Sequence[Path], options: GradeOptions) -> ClassList:
    """Everything at some paths.

    Raises:
        UsageError: If a path, the roster, the times or the extensions cannot be read.
    """
    roster = Roster.read(options.roster) if options.roster else None
    times = read_times(options.times) if options.times else None
    extensions = Extensions.read(options.extensions) if options.extensions else None
    if extensions and not assignment.late:
        raise UsageError(
            f"{options.extensions}: {assignment.name} has no late policy, so that an extension means nothing: add "
            f"[late] to {assignment.tests / 'assignment.toml'}, or leave out --extensions"
        )
    intake = read_class(
        paths, assignment.required, assignment.optional, source=options.source, roster=roster, times=times
    )
    complaints = [f"passed over: {i} is no submission" for i in intake.ignored] + intake.complaints
    extended = [
        extensions.due(e.students, assignment.late.due) if extensions and assignment.late else None
        for e in intake.entries
    ]
    if extensions:
        everybody = [s for e in intake.entries for s in e.students]
        complaints += extensions.unknown([*everybody, *(roster.students if roster else ())])
    if roster:
        complaints += [
            f"{s.id} {s.name}".strip() + " handed in nothing" for s in roster.missing(intake.entries)
        ]
    return ClassList(intake.entries, extended, complaints)


def grade_paths(assignment: Assignment, paths: Sequence[Path], options: GradeOptions) -> int:
    """Grade everything at some paths. Returns the exit code."""
    started, out = time.monotonic(), options.out
    questions = chosen_questions(assignment, options)
    if not supported():
        raise UsageError(
            "grading needs Linux: use a container or a virtual machine; `make test` works everywhere."
        )
    _keep_out_of(paths, out)
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
        for line in _forgotten(book, options):
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


def _keep_out_of(paths: Sequence[Path], out: Path) -> None:
    """Refuse to write reports among the submissions: the next run would take them for students' work."""
    where = out.resolve()
    for path in paths:
        folder = path.resolve()
        if folder.is_dir() and (folder == where or folder in where.parents):
            raise UsageError(
                f"--out {out} lies in {path}, among the submissions: name a folder outside of it"
            )


def _forgotten(book: Gradebook, options: GradeOptions) -> list[str]:
    """A line for each list that the last run was given and this one is not: what it said is easily forgotten."""
    said = {"--roster": options.roster, "--times": options.times, "--extensions": options.extensions}
    before = book.setting("given", {})
    book.set_setting("given", {name: str(path) for name, path in said.items() if path})
    kept = {"--times": "the times that were told stay"}
    return [
        f"the last run had {name} {before[name]}, this one has not: {kept.get(name, 'what it says does not hold now')}"
        for name, path in said.items()
        if name in before and not path
    ]


def remarks(
    assignment: Assignment, everybody: Sequence[Grade], ours: Sequence[Grade], options: GradeOptions
) -> list[str]:
    """What is easily overlooked in the table: unknown times, work graded in part, students who are no longer there."""
    lines = []
    untimed = [g for g in ours if assignment.late and g.submitted_at is None]
    if untimed:
        lines.append(
            f"{len(untimed)} of {len(ours)} submissions, first {untimed[0].submission}: when they were handed in is not "
            "known, so they are not counted as late; --times FILE tells"
        )
    whole = {q.id for q in assignment.questions}
    part = [g for g in everybody if g.status == GRADED and g.questions.keys() < whole]
    if part:
        missing = ", ".join(q.id for q in assignment.questions if q.id not in part[0].questions)
        lines.append(
            f"{len(part)} of {len(everybody)} students, first {part[0].student.id}, are graded in part ({missing} not): "
            "their totals are no totals; run without --only and --skip to complete them"
        )
    names = {g.student.id for g in ours}
    gone = [g.student.id for g in everybody if g.student.id not in names]
    if gone:
        more = f" and {len(gone) - 5} more" if len(gone) > 5 else ""
        lines.append(
            f"not in this run, and still in {options.out / 'grades.csv'}: {', '.join(gone[:5])}{more}"
        )
    if options.min_score is not None:
        below = [g for g in ours if (g.total or 0.0) < options.min_score and g.status != GRADER_ERROR]
        lines += [f"below {options.min_score:g}: {g.student.id} with {g.total or 0:g}" for g in below[:10]]
    return lines


def chosen_questions(assignment: Assignment, options: GradeOptions) -> list[str] | None:
    """The questions to grade, or None for all.

    Raises:
        UsageError: If a question does not exist, none is left, or both --only and --skip are given.
    """
    for question in (*options.only, *options.skip):
        assignment.question(question)
    if options.only and options.skip:
        raise UsageError("--only and --skip exclude each other: give one of them")
    if options.only:
        return [q.id for q in assignment.questions if q.id in options.only]
    if not options.skip:
        return None
    left = [q.id for q in assignment.questions if q.id not in options.skip]
    if not left:
        raise UsageError("--skip leaves no question to grade: skip fewer")
    return left


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
