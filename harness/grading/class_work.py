"""What there is to do for a class: which submissions stand, which are graded anew, and which in part."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.assignment import Assignment
from harness.engines.engine import Engine
from harness.engines.job import Graded, Job
from harness.engines.loop import grade_all
from harness.errors import GraderFault
from harness.gradebook.recording import RunRecorder, Standing
from harness.grading.class_run import faulty
from harness.grading.kept import Kept
from harness.intake.packed import Packed, pack
from harness.intake.sources import Entry
from harness.report.files import write_rendered
from harness.results import REFUSED
from harness.text import one_line


@dataclass(frozen=True)
class Handed:
    """An entry of the class with the name of its folder, and the due time of an extension."""

    name: str
    entry: Entry
    extended: datetime | None = None


@dataclass
class _Pending:
    attempt: int
    packed: Packed
    earlier: Standing | None


@dataclass
class ClassWork:
    """Goes through a class once.

    Attributes:
        questions: Those to grade; None for all.
        force: Grade also what would stand.
        advance: Called for each submission that is done.
    """

    assignment: Assignment
    recorder: RunRecorder
    out: Path
    questions: Sequence[str] | None = None
    force: bool = False
    advance: Callable[[], None] = lambda: None
    kept: int = 0
    graded: int = 0
    figures: list[tuple[str, str, float, str]] = field(default_factory=list)
    _pending: dict[int, _Pending] = field(default_factory=dict)

    def do(self, engine: Engine, class_: Sequence[Handed]) -> None:
        """Grade what does not stand; each result is on the disk before the next is waited for."""
        for job, outcome in grade_all(engine, self._jobs(class_)):
            about = self._pending.pop(id(job))
            if isinstance(outcome, GraderFault):
                outcome = self._faulty(job.submission, str(outcome))
            folder = self.out / job.submission
            self.recorder.begin_folder(job.submission)
            write_rendered(outcome.reports, folder, outcome.row["pictures"], outcome.code)
            self.recorder.record(about.attempt, about.packed, outcome, about.earlier)
            self._note_figures(job.submission, outcome.row["leaderboard"])
            self.graded += 1
            self.advance()

    def _jobs(self, class_: Sequence[Handed]) -> Iterator[Job]:
        for handed in class_:
            entry, name = handed.entry, handed.name
            try:
                packed = pack(entry.files, name)
            except GraderFault as e:
                packed = Packed(name, "unread", (), "0" * 64, str(e))
                attempt = self.recorder.attempt(
                    name, packed, entry.students, entry.submitted_at, handed.extended
                )
                outcome = self._faulty(name, str(e))
                write_rendered(outcome.reports, self.out / name, ())
                self.recorder.record(attempt, packed, outcome, None)
                self.advance()
                continue
            attempt = self._attempt(handed, packed)
            # Forced with --only: the other questions are not asked for, and stand.
            none = self.force and self.questions is None
            earlier = None if none else self.recorder.standing(name, packed.sha256)
            job = self._job(name, packed, earlier)
            if job is None:
                assert earlier
                self.recorder.keep(attempt, name, earlier.grading)
                self._note_figures(name, [(e.name, e.value, e.order) for e in earlier.result.leaderboard])
                self.kept += 1
                self.advance()
                continue
            self._pending[id(job)] = _Pending(attempt, packed, earlier if job.kept else None)
            yield job

    def _attempt(self, handed: Handed, packed: Packed) -> int:
        entry = handed.entry
        name = one_line(entry.name, 1000)
        return self.recorder.attempt(
            handed.name, packed, entry.students, entry.submitted_at, handed.extended, name
        )

    def _job(self, name: str, packed: Packed, earlier: Standing | None) -> Job | None:
        """What is to be graded of a submission, or None where all of it stands."""
        asked = tuple(self.questions) if self.questions is not None else None
        if earlier is None:
            return Job(name, packed, asked)
        now = self.recorder.identity.questions
        wanted = asked or tuple(q.id for q in self.assignment.questions if q.automatic)
        standing = [
            q
            for q, sha256 in earlier.questions.items()
            if now.get(q) == sha256 and not (self.force and q in wanted)
        ]
        changed = tuple(q for q in wanted if q not in standing)
        # A question that only a person marks has no tests that could be run: it needs a new result all the same.
        complete = asked is not None or now.keys() <= earlier.questions.keys()
        if not changed and len(standing) == len(earlier.questions) and complete:
            return None
        if earlier.result.status == REFUSED or not standing:
            return Job(name, packed, asked)
        return Job(name, packed, changed, Kept.of(earlier.result, earlier.origins, standing))

    def _note_figures(self, submission: str, entries: Sequence[Sequence[Any]]) -> None:
        self.figures += [(title, submission, value, order) for title, value, order in entries]

    def leaderboards(self) -> dict[str, list[tuple[str, float]]]:
        """The figures of this class by their titles, (submission, value) with the best first."""
        ranked = sorted(self.figures, key=lambda f: (f[0], f[2] if f[3] == "asc" else -f[2], f[1]))
        return {
            title: [(f[1], f[2]) for f in ranked if f[0] == title] for title in {f[0]: None for f in ranked}
        }

    def _faulty(self, submission: str, why: str) -> Graded:
        return faulty(self.assignment, submission, why, self.recorder.seed, self.recorder.tier)
