"""Gradescope's export of all submissions: folders, and a YAML that says whose they are and when they came."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.gradebook.records import Student
from harness.intake.archives import suffix_of
from harness.intake.discover import candidate
from harness.intake.roots import listed
from harness.intake.sources.base import LONGEST_ID, Claim, Found, Part, Wanted, add_others, listing
from harness.intake.sources.gradescope_yaml import read_metadata
from harness.text import one_line
from harness.times import parse_time

METADATA = "submission_metadata.yml"
_EXPORT = re.compile(r"assignment_\d+_export.*", re.DOTALL)
_SUBMISSION = re.compile(r"submission_\d+")


def is_export(name: str) -> bool:
    """Whether a folder is called what Gradescope calls its exports."""
    return _EXPORT.fullmatch(name) is not None


def recognises(folder: Path) -> Path | None:
    """The export that a folder is, or that lies alone in it, by the names that Gradescope gives.

    A student may hand in a file of the YAML's name: a folder counts only if nothing but submissions lies beside it.
    """
    inside = listing(folder)
    if len(inside) == 1 and is_export(inside[0].name) and not inside[0].is_symlink():
        folder, inside = inside[0], listing(inside[0])
    beside = [p for p in inside if p.name != METADATA]
    whole = len(beside) < len(inside) and all(_SUBMISSION.fullmatch(candidate(p).name) for p in beside)
    return folder if whole else None


def read(path: Path, wanted: Wanted) -> Part:
    """One submission for each folder, with its students and its time.

    A folder that the YAML says nothing of is graded under its own name; a line that names no folder is a complaint.

    Raises:
        UsageError: If there is no such YAML, or it is unreadable as a whole.
    """
    folder = _export(path)
    part = Part()
    there = {p.name: p for p in listing(folder) if p.name != METADATA}
    seen = set[str]()
    for name, fields in read_metadata(folder / METADATA, ("submitters", "created_at")):
        shown = one_line(name, 80)
        if name in seen:
            part.complaints.append(f"{METADATA}: {shown!r} is there twice: the first counts")
        elif name not in there:
            part.complaints.append(
                f"{METADATA}: {shown!r} is listed, but there is no such folder: export it again"
            )
        else:
            submission = there[name]
            if submission.is_dir() or submission.is_symlink() or suffix_of(name):
                part.found.append(_found(submission, fields, part))
            else:
                part.ignored.append(name)
        seen.add(name)
    left = set(there) - seen
    for name in sorted(left):
        if there[name].is_dir() and not there[name].is_symlink():
            part.complaints.append(f"{one_line(name)}: {METADATA} says nothing of it: {_NAMELESS}")
            part.found.append(_nameless(there[name], None))
    add_others(
        folder, {n for n in left if not there[n].is_dir() or there[n].is_symlink()}, "Gradescope", part
    )
    return part


_NAMELESS = "graded and credited under its own name"


def _export(path: Path) -> Path:
    if (path / METADATA).is_file():
        return path
    exports = [p for p in listing(path) if not p.is_symlink() and (p / METADATA).is_file()]
    if len(exports) == 1:
        return exports[0]
    shown = one_line(str(path))
    if exports:
        raise UsageError(f"{shown} holds {listed([p.name for p in exports])}: name the one to grade")
    raise UsageError(
        f"{shown} holds no {METADATA}: unzip Gradescope's export and name its folder, or name another --source"
    )


def _found(folder: Path, fields: dict[str, Any] | None, part: Part) -> Found:
    shown = one_line(candidate(folder).name)
    if fields is None:
        part.complaints.append(f"{shown}: its entry in {METADATA} is no mapping: {_NAMELESS}")
        return _nameless(folder, None)
    time = _time(shown, fields.get("created_at"), part)
    submitters = fields.get("submitters")
    if not isinstance(submitters, list) or not submitters:
        part.complaints.append(f"{shown}: {METADATA} names no submitters: {_NAMELESS}")
        return _nameless(folder, time)
    claims: list[Claim] = []
    for number, submitter in enumerate(submitters, start=1):
        claim = _claim(submitter)
        if claim is None:
            part.complaints.append(
                f"{shown}: {METADATA} does not say who its submitter {number} is: left out"
            )
        elif any(c.student.id == claim.student.id for c in claims):
            part.complaints.append(
                f"{shown}: {METADATA} names {claim.student.id} twice among its submitters: the first counts"
            )
        else:
            claims.append(claim)
    if not claims:
        part.complaints.append(f"{shown}: nobody is left to credit: {_NAMELESS}")
        return _nameless(folder, time)
    first = claims[0].student
    return Found(f"{first.name or first.id} {candidate(folder).name}", folder, tuple(claims), time)


def _nameless(folder: Path, time: datetime | None) -> Found:
    name = candidate(folder).name
    return Found(name, folder, (Claim(Student(one_line(name)), ""),), time)


def _claim(submitter: Any) -> Claim | None:
    if not isinstance(submitter, dict):
        return None
    text = {k: one_line(v) if isinstance(v, str) else "" for k, v in submitter.items()}
    sid, email, name = text.get("sid", ""), text.get("email", ""), text.get("name", "")
    identity = sid or email or name
    if not identity or len(identity) > LONGEST_ID:
        return None
    return Claim(Student(identity, name, email), "id" if sid else "")


def _time(shown: str, text: Any, part: Part) -> datetime | None:
    if not isinstance(text, str) or not text.strip():
        part.complaints.append(f"{shown}: {METADATA} does not say when it was handed in")
        return None
    try:
        return parse_time(_utc(text))
    except ValueError as error:
        part.complaints.append(f"{shown}: in {METADATA}, {error}: taken as not known")
        return None


def _utc(text: str) -> str:
    """YAML takes a time without a zone to be in UTC."""
    return f"{text.strip()} UTC" if re.fullmatch(r"\s*[\d-]{10}[T ]+[\d:.]+\s*", text) else text
