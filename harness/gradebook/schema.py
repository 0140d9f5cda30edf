"""The gradebook's tables, and how its file is opened."""

import sqlite3
from pathlib import Path

from harness.errors import UsageError

FILE = "gradebook.sqlite"
VERSION = 1

TABLES = """
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE assignments (
  sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, points REAL NOT NULL,
  questions TEXT NOT NULL, -- a JSON list: id, title, points, automatic, bonus, sha256
  first_seen TEXT NOT NULL);
CREATE TABLE submissions (
  sha256 TEXT PRIMARY KEY, files INTEGER NOT NULL, bytes INTEGER NOT NULL,
  code BLOB, -- the student's modules as graded: zlib of a JSON object, Latin-1 of their bytes by name
  first_seen TEXT NOT NULL);
CREATE TABLE students (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, section TEXT NOT NULL, login TEXT NOT NULL);
CREATE TABLE runs (
  id INTEGER PRIMARY KEY, started_at TEXT NOT NULL, finished_at TEXT,
  assignment TEXT NOT NULL REFERENCES assignments, seed INTEGER NOT NULL, tier TEXT NOT NULL, engine TEXT NOT NULL);
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY, submission TEXT NOT NULL, -- the name of its folder
  entry TEXT NOT NULL, -- its name as handed in
  sha256 TEXT NOT NULL REFERENCES submissions,
  submitted_at TEXT NOT NULL, -- empty where nobody said
  extended TEXT,              -- the due time of an extension
  UNIQUE (submission, sha256, submitted_at));
CREATE TABLE members (
  attempt INTEGER NOT NULL REFERENCES attempts, student TEXT NOT NULL REFERENCES students,
  PRIMARY KEY (attempt, student));
CREATE INDEX members_by_student ON members (student);
CREATE TABLE gradings (
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs, submission TEXT NOT NULL,
  sha256 TEXT NOT NULL REFERENCES submissions, assignment TEXT NOT NULL REFERENCES assignments,
  seed INTEGER NOT NULL, tier TEXT NOT NULL, status TEXT NOT NULL, graded_at TEXT NOT NULL,
  questions TEXT NOT NULL, -- JSON: the hash of each graded question
  summary TEXT NOT NULL,   -- JSON: points by question, marks to come, what each question put beside the report
  result BLOB NOT NULL);   -- zlib of results.json, before marks, late line and overrides
CREATE INDEX gradings_by_submission ON gradings (submission, sha256, seed);
CREATE TABLE run_gradings (
  run INTEGER NOT NULL REFERENCES runs, attempt INTEGER NOT NULL REFERENCES attempts,
  grading INTEGER NOT NULL REFERENCES gradings, kept INTEGER NOT NULL,
  PRIMARY KEY (run, attempt));
CREATE INDEX run_gradings_by_attempt ON run_gradings (attempt, run);
CREATE INDEX run_gradings_by_grading ON run_gradings (grading);
CREATE TABLE late (
  attempt INTEGER PRIMARY KEY REFERENCES attempts, due_at TEXT NOT NULL, late_s REAL NOT NULL,
  deduction REAL NOT NULL, text TEXT NOT NULL);
CREATE TABLE marks (
  submission TEXT NOT NULL, item TEXT NOT NULL, points REAL, comment TEXT NOT NULL,
  PRIMARY KEY (submission, item));
CREATE TABLE overrides (
  id INTEGER PRIMARY KEY, student TEXT NOT NULL, question TEXT, points REAL, -- NULL withdraws an earlier one
  reason TEXT NOT NULL, author TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE folders ( -- what each folder of reports shows
  submission TEXT PRIMARY KEY, grading INTEGER NOT NULL REFERENCES gradings, extras TEXT NOT NULL,
  sha256 TEXT NOT NULL); -- of results.json
CREATE TABLE events (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, run INTEGER, kind TEXT NOT NULL, subject TEXT NOT NULL,
  detail TEXT NOT NULL);
CREATE TRIGGER events_only_grow BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_all_stay BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
"""


def connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """Open a gradebook, or make one.

    Raises:
        UsageError: If there is none, it is damaged, no gradebook, or of another version.
    """
    if not create and not path.is_file():
        raise UsageError(
            f"{path.parent}: there is no {FILE} in it; name the folder that `grader.py grade` wrote."
        )
    try:
        db = sqlite3.connect(path, timeout=60)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        # Whatever a kill can interrupt is safe in WAL; only a power cut may cost the last results, which are regraded.
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and create and not db.execute("SELECT 1 FROM sqlite_master").fetchone():
            db.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
            version = VERSION
        if version == VERSION:
            db.execute("SELECT 1 FROM run_gradings, folders, events LIMIT 1").fetchone()
    except sqlite3.Error as e:
        raise UsageError(
            f"{path} cannot be used as a gradebook ({e}): move it away, and grade again"
        ) from None
    if version != VERSION:
        db.close()
        raise UsageError(
            f"{path} must be a gradebook of version {VERSION}, got {version}: name another folder, or move it away"
        )
    return db
