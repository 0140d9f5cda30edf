"""Writing a run into the gradebook: what was handed in, what was found out, what stood from earlier runs."""

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from harness.assignment import Assignment
from harness.engines.job import Graded
from harness.gradebook.book import Gradebook, QuestionInfo, now, unpacked_result
from harness.gradebook.records import Student
from harness.grading.identity import Identity
from harness.intake.packed import Packed
from harness.isolation.tiers import INSECURE
from harness.report.files import RESULTS
from harness.results import GRADER_ERROR, SubmissionResult


@dataclass(frozen=True)
class Standing:
    """An earlier grading of the same submission with the same seed.

    Attributes:
        questions: The hash of each question that was graded.
        origins: By question, what its tests put beside the report.
    """

    grading: int
    questions: Mapping[str, str]
    origins: Mapping[str, Mapping[str, Sequence[str]]]
    result: SubmissionResult


class RunRecorder:
    """One run, as it is written down. Each method is one transaction."""

    def __init__(
        self,
        book: Gradebook,
        assignment: Assignment,
        identity: Identity,
        *,
        seed: int,
        tier: str,
        engine: str,
    ) -> None:
        self.book, self.db, self.identity, self.seed, self.tier = book, book.db, identity, seed, tier
        questions = [
            QuestionInfo(q.id, q.title, q.points, q.automatic, q.bonus, identity.questions[q.id])
            for q in assignment.questions
        ]
        with self.db:
            self.db.execute(
                "INSERT OR IGNORE INTO assignments VALUES (?, ?, ?, ?, ?, ?)",
                (
                    identity.sha256,
                    assignment.name,
                    assignment.title,
                    assignment.points,
                    json.dumps([asdict(q) for q in questions]),
                    now(),
                ),
            )
            cursor = self.db.execute(
                "INSERT INTO runs (started_at, assignment, seed, tier, engine) VALUES (?, ?, ?, ?, ?)",
                (now(), identity.sha256, seed, tier, engine),
            )
            assert cursor.lastrowid
            self.id = cursor.lastrowid
            book._log("run started", assignment.name, f"seed {seed}, {engine}, {tier}", self.id)

    def attempt(
        self,
        submission: str,
        packed: Packed,
        students: Sequence[Student],
        submitted_at: datetime | None,
        extended: datetime | None = None,
        entry: str = "",
    ) -> int:
        """Note what was handed in, by whom and when, and until when they may; answers with the attempt's number.

        Args:
            entry: Its name as it was handed in, of which `submission` is made.
        """
        at = submitted_at.isoformat() if submitted_at else ""
        with self.db:
            self.db.execute(
                "INSERT OR IGNORE INTO submissions VALUES (?, ?, ?, NULL, ?)",
                (packed.sha256, len(packed.entries), sum(e.size for e in packed.entries), now()),
            )
            at = self._settled_time(submission, packed.sha256, at)
            self.db.execute(
                "INSERT OR IGNORE INTO attempts (submission, entry, sha256, submitted_at) VALUES (?, ?, ?, ?)",
                (submission, entry, packed.sha256, at),
            )
            number = self.db.execute(
                "SELECT id FROM attempts WHERE submission = ? AND sha256 = ? AND submitted_at = ?",
                (submission, packed.sha256, at),
            ).fetchone()["id"]
            self.db.execute(
                "UPDATE attempts SET extended = ? WHERE id = ?",
                (extended.isoformat() if extended else None, number),
            )
            self.db.execute("DELETE FROM members WHERE attempt = ?", (number,))
            for s in students:
                self.db.execute(
                    "INSERT OR REPLACE INTO students VALUES (?, ?, ?, ?, ?)",
                    (s.id, s.name, s.email, s.section, s.login),
                )
                self.db.execute("INSERT OR IGNORE INTO members VALUES (?, ?)", (number, s.id))
        return number

    def _settled_time(self, submission: str, sha256: str, at: str) -> str:
        """When the same work was handed in: the time that was told last holds, also where none is told now."""
        row = self.db.execute(
            "SELECT id, submitted_at FROM attempts WHERE submission = ? AND sha256 = ? AND submitted_at != ? "
            "ORDER BY id DESC LIMIT 1",
            (submission, sha256, at),
        ).fetchone()
        if row is None:
            return at
        if not at:
            return row["submitted_at"]
        self.db.execute("UPDATE OR IGNORE attempts SET submitted_at = ? WHERE id = ?", (at, row["id"]))
        if row["submitted_at"]:
            self.book._log("time corrected", submission, f"{row['submitted_at']} to {at}", self.id)
        return at

    def standing(self, submission: str, sha256: str) -> Standing | None:
        """The last grading that may still stand: of this content, with this seed, behind a boundary as good."""
        row = self.db.execute(
            """
            SELECT * FROM gradings WHERE submission = ? AND sha256 = ? AND seed = ? AND status != ?
            AND (tier != ? OR ? = ?) ORDER BY id DESC LIMIT 1
            """,
            (submission, sha256, self.seed, GRADER_ERROR, INSECURE, self.tier, INSECURE),
        ).fetchone()
        if row is None:
            return None
        origins = json.loads(row["summary"])["origins"]
        return Standing(row["id"], json.loads(row["questions"]), origins, unpacked_result(row["result"]))

    def begin_folder(self, submission: str) -> None:
        """The folder's files are about to be replaced: until `record`, nobody knows what lies there."""
        with self.db:
            self.db.execute("DELETE FROM folders WHERE submission = ?", (submission,))

    def record(self, attempt: int, packed: Packed, graded: Graded, earlier: Standing | None) -> int:
        """Write down a grading, once its reports lie in their folder.

        Args:
            earlier: What it built on, where only some questions were graded.
        """
        row = graded.row
        asked = {q: self.identity.questions[q] for q in row["questions"] if q in self.identity.questions}
        origins = {**(earlier.origins if earlier else {}), **row["origins"]}
        summary = {**row, "origins": {q: origins[q] for q in asked if q in origins}}
        with self.db:
            grading = self._insert(
                graded.submission, packed.sha256, row, asked, summary, graded.reports[RESULTS]
            )
            if graded.code:
                code = {name: data.decode("latin-1") for name, data in graded.code.items()}
                self.db.execute(
                    "UPDATE submissions SET code = ? WHERE sha256 = ?",
                    (zlib.compress(json.dumps(code).encode()), packed.sha256),
                )
            self.db.execute(
                "INSERT OR REPLACE INTO run_gradings VALUES (?, ?, ?, 0)", (self.id, attempt, grading)
            )
            self.db.execute(
                "INSERT OR REPLACE INTO folders VALUES (?, ?, '', ?)",
                (graded.submission, grading, hashlib.sha256(graded.reports[RESULTS]).hexdigest()),
            )
            kind = "grader error" if row["status"] == GRADER_ERROR else row["status"]
            self.book._log(kind, graded.submission, row["message"] or _points(row), self.id)
        return grading

    def _insert(
        self,
        submission: str,
        sha256: str,
        row: Mapping[str, Any],
        asked: Mapping[str, str],
        summary: Mapping[str, Any],
        result: bytes,
    ) -> int:
        cursor = self.db.execute(
            "INSERT INTO gradings (run, submission, sha256, assignment, seed, tier, status, graded_at, questions, "
            "summary, result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.id,
                submission,
                sha256,
                self.identity.sha256,
                self.seed,
                row["tier"],
                row["status"],
                now(),
                json.dumps(asked),
                json.dumps(summary),
                zlib.compress(result),
            ),
        )
        assert cursor.lastrowid
        return cursor.lastrowid

    def keep(self, attempt: int, submission: str, grading: int) -> None:
        """Note that an earlier grading stands."""
        with self.db:
            self.db.execute(
                "INSERT OR REPLACE INTO run_gradings VALUES (?, ?, ?, 1)", (self.id, attempt, grading)
            )
            self.book._log("kept", submission, f"grading {grading} stands", self.id)

    def finish(self) -> None:
        """The run came to its end."""
        with self.db:
            self.db.execute("UPDATE runs SET finished_at = ? WHERE id = ?", (now(), self.id))
            self.book._log("run finished", "", "", self.id)


def stored_code(db: sqlite3.Connection, sha256: str) -> dict[str, bytes]:
    """The student's modules of a submission, as they were graded."""
    row = db.execute("SELECT code FROM submissions WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None or row["code"] is None:
        return {}
    code: dict[str, str] = json.loads(zlib.decompress(row["code"]))
    return {name: text.encode("latin-1") for name, text in code.items()}


def _points(row: Mapping[str, Any]) -> str:
    return "no score" if row["score"] is None else f"{row['score']:g} of {row['max_score']:g} points"
