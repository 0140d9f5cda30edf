"""The gradebook of one class: a SQLite file in the output folder, which a kill at any moment leaves whole."""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.gradebook import schema
from harness.gradebook.grades import AttemptRow, grades_of
from harness.gradebook.records import Event, Grade, Grading, LateLine, Override, RunRecord, Student
from harness.results import SubmissionResult


@dataclass(frozen=True)
class QuestionInfo:
    """A question as an assignment had it. `automatic` are the points that tests decide."""

    id: str
    title: str
    points: float
    automatic: float
    bonus: bool
    sha256: str


@dataclass(frozen=True)
class AssignmentInfo:
    """An assignment as it was in the last run."""

    name: str
    title: str
    points: float
    sha256: str
    questions: list[QuestionInfo]


@dataclass(frozen=True)
class FolderRow:
    """A folder of reports: the name of the entry that it was made for, and the ids of who handed that in."""

    submission: str
    entry: str
    members: frozenset[str]


def now() -> str:
    """The time as the gradebook writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def time_of(text: str) -> datetime:
    """The inverse of `datetime.isoformat`."""
    return datetime.fromisoformat(text)


class Gradebook:
    """Reads and writes one class. Use as a context manager.

    Every writing method is one transaction: after a kill each is there whole or not at all.
    """

    def __init__(self, out: Path, db: sqlite3.Connection) -> None:
        self.out, self.db = out, db

    @classmethod
    def open(cls, out: Path) -> "Gradebook":
        """The gradebook of a graded class.

        Raises:
            UsageError: If the folder holds none: one sentence.
        """
        return cls(out, schema.connect(out / schema.FILE, create=False))

    @classmethod
    def make(cls, out: Path) -> "Gradebook":
        """The gradebook in a folder, made where it is missing."""
        return cls(out, schema.connect(out / schema.FILE, create=True))

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def __enter__(self) -> "Gradebook":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Settings and events

    def setting(self, key: str, default: Any = None) -> Any:
        """A setting of the class, such as its seed."""
        row = self.db.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
        return default if row is None else json.loads(row["value"])

    def set_setting(self, key: str, value: Any) -> None:
        """Remember a setting."""
        with self.db:
            self.db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, json.dumps(value)))

    def log(self, kind: str, subject: str, detail: str = "", run: int | None = None) -> None:
        """Append an event."""
        with self.db:
            self._log(kind, subject, detail, run)

    def _log(self, kind: str, subject: str, detail: str, run: int | None) -> None:
        self.db.execute(
            "INSERT INTO events (at, run, kind, subject, detail) VALUES (?, ?, ?, ?, ?)",
            (now(), run, kind, subject, detail),
        )

    # Reading

    @property
    def assignment(self) -> AssignmentInfo:
        """The assignment as it was in the last run.

        Raises:
            UsageError: If nothing was graded yet.
        """
        row = self.db.execute(
            "SELECT a.* FROM assignments a JOIN runs r ON r.assignment = a.sha256 ORDER BY r.id DESC LIMIT 1"
        ).fetchone()
        if row is None:
            raise UsageError(f"{self.out}: nothing was graded into this folder yet.")
        return _assignment(row)

    def attempt_rows(self) -> list[AttemptRow]:
        """Each attempt with its last grading, in the order of their numbers."""
        rows = self.db.execute(
            """
            SELECT a.id AS attempt, a.submission, a.sha256, a.submitted_at, a.extended, g.id AS grading, g.graded_at,
                   g.status, g.summary, MAX(rg.run) AS run, l.due_at, l.late_s, l.deduction, l.text,
                   (SELECT json_group_array(m.student) FROM
                     (SELECT student FROM members WHERE attempt = a.id ORDER BY student) m) AS members
            FROM attempts a JOIN run_gradings rg ON rg.attempt = a.id JOIN gradings g ON g.id = rg.grading
            LEFT JOIN late l ON l.attempt = a.id
            GROUP BY a.id ORDER BY a.id
            """
        )
        return [AttemptRow.of(dict(row)) for row in rows]

    def grades(self) -> list[Grade]:
        """What counts for each student, sorted by id."""
        return grades_of(
            self.attempt_rows(),
            {s.id: s for s in self.students()},
            marks=self.marks(),
            overrides=self._valid_overrides(),
            best=self.setting("attempt", "latest") == "best",
        )

    def folders(self) -> list[FolderRow]:
        """Whose the folders of reports have been: each with the members of its last attempt."""
        rows = self.db.execute(
            """
            SELECT a.submission, a.entry, MAX(a.id),
                   (SELECT json_group_array(student) FROM members WHERE attempt = a.id) AS members
            FROM attempts a GROUP BY a.submission ORDER BY MIN(a.id)
            """
        )
        return [FolderRow(r["submission"], r["entry"], frozenset(json.loads(r["members"]))) for r in rows]

    def students(self) -> list[Student]:
        """Everybody who handed something in, sorted by id."""
        return [Student(**dict(row)) for row in self.db.execute("SELECT * FROM students ORDER BY id")]

    def runs(self) -> list[RunRecord]:
        """All runs, the oldest first."""
        rows = self.db.execute(
            """
            SELECT r.*, COALESCE(SUM(rg.kept = 0), 0) AS graded, COALESCE(SUM(rg.kept), 0) AS kept
            FROM runs r LEFT JOIN run_gradings rg ON rg.run = r.id GROUP BY r.id ORDER BY r.id
            """
        )
        return [
            RunRecord(
                r["id"],
                time_of(r["started_at"]),
                time_of(r["finished_at"]) if r["finished_at"] else None,
                r["assignment"],
                r["seed"],
                r["tier"],
                r["engine"],
                r["graded"],
                r["kept"],
            )
            for r in rows
        ]

    def run(self, run_id: int) -> RunRecord:
        """One run.

        Raises:
            UsageError: If there is none of that number.
        """
        runs = self.runs()
        for record in runs:
            if record.id == run_id:
                return record
        known = ", ".join(f"{r.id} ({r.started_at:%Y-%m-%d %H:%M})" for r in runs) or "none"
        raise UsageError(f"{self.out} has no run {run_id}; it has {known}.")

    def gradings_of_run(self, run_id: int) -> Iterator[Grading]:
        """What a run found out, one a submission, sorted by name.

        Raises:
            UsageError: If there is no such run.
        """
        self.run(run_id)
        yield from self._gradings("rg.run = ?", run_id, "a.submission, a.id")

    def gradings_of_student(self, student: str) -> list[Grading]:
        """All gradings of what a student handed in, the oldest first.

        Raises:
            UsageError: If nobody of that id handed anything in.
        """
        student = self.known_student(student).id
        where = "a.id IN (SELECT attempt FROM members WHERE student = ?)"
        return list(self._gradings(where, student, "rg.run, a.id"))

    def known_student(self, student: str) -> Student:
        """The student of an id, or the only one of a name, an address, a login or a folder.

        Raises:
            UsageError: If there is none, or several; the sentence names ids that are close.
        """
        import difflib

        everybody = {s.id: s for s in self.students()}
        if student in everybody:
            return everybody[student]
        wanted = student.casefold()
        found = {
            s.id
            for s in everybody.values()
            if wanted in (s.name.casefold(), s.email.casefold(), s.login.casefold())
        }
        if not found:
            rows = self.db.execute(
                "SELECT student FROM members m JOIN attempts a ON a.id = m.attempt WHERE a.submission = ?",
                (student,),
            )
            found = {r["student"] for r in rows}
        if len(found) == 1:
            return everybody[found.pop()]
        if found:
            raise UsageError(f"{self.out}: {student!r} may be {' or '.join(sorted(found))}: name the id")
        close = difflib.get_close_matches(student, everybody, 3)
        hint = f"did you mean {', '.join(close)}?" if close else "grades.csv lists all ids."
        raise UsageError(f"{self.out}: nobody called {student!r} handed anything in; {hint}")

    def _gradings(self, where: str, value: object, order: str) -> Iterator[Grading]:
        # `where` and `order` are ours; what comes from outside is a parameter.
        rows = self.db.execute(
            f"""
            SELECT g.*, rg.run AS of_run, rg.kept, a.submitted_at,
                   (SELECT json_group_array(json_array(s.id, s.name, s.email, s.section, s.login)) FROM students s
                    JOIN members m ON m.student = s.id WHERE m.attempt = a.id ORDER BY s.id) AS students
            FROM run_gradings rg JOIN attempts a ON a.id = rg.attempt JOIN gradings g ON g.id = rg.grading
            WHERE {where} ORDER BY {order}
            """,  # noqa: S608
            (value,),
        )
        for r in rows:
            yield Grading(
                r["id"],
                r["of_run"],
                r["submission"],
                r["sha256"],
                tuple(sorted((Student(*s) for s in json.loads(r["students"])), key=lambda s: s.id)),
                time_of(r["submitted_at"]) if r["submitted_at"] else None,
                time_of(r["graded_at"]),
                r["seed"],
                r["tier"],
                r["assignment"],
                json.loads(r["questions"]),
                bool(r["kept"]),
                unpacked_result(r["result"]),
            )

    def events(self, student: str | None = None) -> list[Event]:
        """The log, the oldest first: all of it, or what concerns a student and the submissions of theirs."""
        rows = self.db.execute("SELECT * FROM events ORDER BY id").fetchall()
        if student is not None:
            subjects = {
                r["submission"]
                for r in self.db.execute(
                    "SELECT submission FROM attempts a JOIN members m ON m.attempt = a.id WHERE m.student = ?",
                    (student,),
                )
            }
            # An id may be the name of another student's folder: decisions are about students, all else about folders.
            rows = [
                r
                for r in rows
                if (r["subject"] == student if r["kind"] == "override" else r["subject"] in subjects)
            ]
        return [
            Event(r["id"], time_of(r["at"]), r["run"], r["kind"], r["subject"], r["detail"]) for r in rows
        ]

    def overrides(self, student: str) -> list[Override]:
        """The valid overrides of a student: at most one a question, and one of the total."""
        return list(self._valid_overrides().get(student, ()))

    def _valid_overrides(self) -> dict[str, tuple[Override, ...]]:
        last: dict[tuple[str, str | None], sqlite3.Row] = {}
        for r in self.db.execute("SELECT * FROM overrides ORDER BY id"):
            last[r["student"], r["question"]] = r
        valid: dict[str, tuple[Override, ...]] = {}
        for (student, question), r in sorted(last.items(), key=lambda e: (e[0][0], e[0][1] or "")):
            if r["points"] is not None:
                one = Override(student, question, r["points"], r["reason"], r["author"], time_of(r["at"]))
                valid[student] = (*valid.get(student, ()), one)
        return valid

    def marks(self) -> dict[tuple[str, str], tuple[float | None, str]]:
        """Marks by hand: (submission, item) to (points, comment)."""
        rows = self.db.execute("SELECT * FROM marks ORDER BY submission, item")
        return {(r["submission"], r["item"]): (r["points"], r["comment"]) for r in rows}

    # Writing what people decide

    def set_marks(self, marks: Mapping[tuple[str, str], tuple[float | None, str]]) -> None:
        """Take over the sheet of marks; each change is an event."""
        before = self.marks()
        changed = {key: mark for key, mark in marks.items() if before.get(key, (None, "")) != mark}
        with self.db:
            for (submission, item), (points, comment) in sorted(changed.items()):
                self.db.execute(
                    "INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)", (submission, item, points, comment)
                )
                said = "taken back" if points is None else f"{points:g} points"
                self._log("mark", submission, f"{item}: {said}" + (f" ({comment})" if comment else ""), None)

    def override(
        self, student: str, question: str | None, points: float | None, reason: str, author: str
    ) -> None:
        """Set points in place of computed ones, or withdraw that (`points` None)."""
        with self.db:
            self.db.execute(
                "INSERT INTO overrides (student, question, points, reason, author, at) VALUES (?, ?, ?, ?, ?, ?)",
                (student, question, points, reason, author, now()),
            )
            what = f"question {question}" if question else "the total"
            said = "withdrawn" if points is None else f"set to {points:g}"
            self._log("override", student, f"{what} {said} by {author}: {reason}", None)

    def set_late(self, lines: Mapping[int, LateLine | None]) -> None:
        """What being late costs each attempt, by its number."""
        with self.db:
            for attempt, line in lines.items():
                self.db.execute("DELETE FROM late WHERE attempt = ?", (attempt,))
                if line is not None:
                    values = (attempt, line.due_at.isoformat(), line.late_s, line.deduction, line.text)
                    self.db.execute("INSERT INTO late VALUES (?, ?, ?, ?, ?)", values)


def unpacked_result(blob: bytes) -> SubmissionResult:
    """A stored result."""
    return SubmissionResult.from_dict(json.loads(zlib.decompress(blob)))


def _assignment(row: sqlite3.Row) -> AssignmentInfo:
    questions: Sequence[Mapping[str, Any]] = json.loads(row["questions"])
    return AssignmentInfo(
        row["name"], row["title"], row["points"], row["sha256"], [QuestionInfo(**q) for q in questions]
    )
