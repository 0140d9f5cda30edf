"""Finds the submissions that a path stands for, and gives each a name that is safe in a file system."""

import hashlib
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UsageError
from harness.intake.archives import SUFFIXES, suffix_of
from harness.intake.roots import common_folder, notebook_name
from harness.intake.unpacking import is_skipped
from harness.text import one_line

NAME_BYTES = 80
MAX_DEPTH = 8  # of folders that hold nothing but one folder
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    port + digit for port in ("com", "lpt") for digit in "0123456789¹²³"
}


@dataclass(frozen=True)
class Candidate:
    """A submission as found: `name` is the folder's name or the file's without its suffix, as it stands."""

    name: str
    path: Path


@dataclass
class Found:
    """The submissions, sorted by name, and the names of visible entries that are none."""

    candidates: list[Candidate]
    ignored: list[str] = field(default_factory=list)


def find_submissions(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> Found:
    """The submissions at a path: itself one, or a folder of them.

    A folder is itself a submission if it holds a required or an optional file, or the notebook in its place, or
    nothing gradable but one folder that is a submission. Where several files are required, so is one that holds some
    without their folder, or nothing gradable but modules and one notebook. Links inside a folder count as
    submissions, which staging then refuses, so that no student is lost without a word.

    Args:
        path: A folder, an archive, a .py or an .ipynb. A link here is followed: the caller named it.
        required: Names of the files that an assignment asks for.
        optional: Names of further files that it knows.

    Raises:
        UsageError: If there is nothing at the path, or nothing gradable.
    """
    shown = one_line(str(path))
    try:
        full = path.resolve(strict=True)
        if not full.is_dir():
            suffix = suffix_of(full.name)
            if not suffix or not full.is_file():
                raise UsageError(f"{shown} is no submission: name a folder or a {', '.join(SUFFIXES)} file")
            return Found([candidate(full)])
        if is_submission(full, required, optional):
            return Found([Candidate(full.name or "submission", full)])
        gradable, ignored = gradable_entries(full)
    except (OSError, RuntimeError) as error:  # a RuntimeError for links that go in a circle
        why = getattr(error, "strerror", None) or "its links go in a circle"
        raise UsageError(f"{shown} cannot be read ({why}): check the path") from error
    if not gradable:
        raise UsageError(
            f"{shown} holds nothing to grade: put {' and '.join(required)} there, "
            f"or a folder or a {', '.join(SUFFIXES)} file for each student"
        )
    return Found(sorted(map(candidate, gradable), key=lambda c: (c.name, c.path.name)), ignored)


def candidate(path: Path) -> Candidate:
    """The submission that a path is, by its name."""
    suffix = "" if path.is_dir() else suffix_of(path.name)
    return Candidate(path.name[: len(path.name) - len(suffix)], path)


def gradable_entries(folder: Path) -> tuple[list[Path], list[str]]:
    """What in a folder may be a submission, and the names of the other visible entries, both sorted."""
    visible = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    gradable: list[Path] = []
    ignored: list[Path] = []
    for p in visible:
        kept = not is_skipped(p.name, p.is_dir()) and (p.is_dir() or p.is_symlink() or suffix_of(p.name))
        (gradable if kept else ignored).append(p)
    return gradable, [p.name for p in ignored]


def is_submission(folder: Path, required: Sequence[str], optional: Sequence[str]) -> bool:
    """Whether a folder is one submission rather than a class of them: see `find_submissions`."""
    names = [*optional, *(n for r in required for n in (r, notebook_name(r)) if n)]
    if common_folder(required):  # then the files may come without it
        names += [Path(n).name for n in names]
    for _ in range(MAX_DEPTH):
        if any((folder / n).is_file() for n in names):
            return True
        gradable, _ignored = gradable_entries(folder)
        suffixes = [suffix_of(p.name) if p.is_file() else "" for p in gradable]
        if len(required) > 1 and len(suffixes) > 1 and sorted({*suffixes}) == [".ipynb", ".py"]:
            return suffixes.count(".ipynb") == 1
        if len(gradable) != 1 or not gradable[0].is_dir() or gradable[0].is_symlink():
            return False
        folder = gradable[0]
    return False


def safe_name(raw: str) -> str:
    """A folder name for a report: letters, digits and `._-` of any script, at most 80 bytes of UTF-8.

    Different names may give the same one: see `unique_names`.
    """
    composed = unicodedata.normalize("NFC", raw)
    name = "".join(c if c in "._-" or unicodedata.category(c)[0] in "LMN" else "_" for c in composed)
    name = name.rstrip(".") or "_"  # Windows drops dots at the end
    if name[0] in ".-":
        name = "_" + name[1:]
    if name.split(".")[0].lower() in _DEVICES:
        name = "_" + name
    if len(name.encode()) > NAME_BYTES:
        mark = "-" + hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        name = _cut(name, NAME_BYTES - len(mark)) + mark
    return name


def unique_names(raws: Sequence[str], reserved: Collection[str] = ()) -> list[str]:
    """Safe names, no two of which differ only in case. The first to ask for a name gets it as it is.

    Args:
        reserved: Names that nobody gets.
    """
    names = [safe_name(raw) for raw in raws]
    kept = {_key(name) for name in reserved}
    taken = kept | {_key(name) for name in names}
    seen: dict[str, int] = dict.fromkeys(kept, 1)
    out = []
    for name in names:
        key, unique = _key(name), name
        n = seen.get(key, 0) + 1
        if n > 1:
            while _key(unique := _cut(name, NAME_BYTES - len(f"-{n}")) + f"-{n}") in taken:
                n += 1
            taken.add(_key(unique))
        seen[key] = n
        out.append(unique)
    return out


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _cut(name: str, count: int) -> str:
    return name.encode()[:count].decode("utf-8", "ignore")
