"""Copies a submission's plain files into a clean folder, or refuses it in a sentence that names the mend."""

import hashlib
import io
import os
import unicodedata
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from harness.errors import GraderFault, Refused
from harness.intake.archives import (
    CHUNK_BYTES,
    FILE,
    FOLDER,
    SLACK_BYTES,
    SUFFIXES,
    Entry,
    StagingLimits,
    folder_entries,
    read_file,
    reading,
    size_text,
    suffix_of,
    zip_entries,
)
from harness.intake.notebook import notebook_to_source
from harness.intake.roots import find_root, listed, notebook_name
from harness.intake.source_encoding import to_utf8
from harness.intake.tar import tar_entries
from harness.text import clean, one_line

__all__ = ["Staged", "StagingLimits", "is_skipped", "notebook_name", "stage"]

DEFAULT_LIMITS = StagingLimits()
# Of no use to a grader, or read by Python and pytest as settings, in which a submission has no say.
_SKIPPED_FOLDERS = {
    "__macosx",
    ".git",
    "__pycache__",
    ".ipynb_checkpoints",
    ".venv",
    "venv",
    "node_modules",
    "sitecustomize",
    "usercustomize",
}
_SKIPPED_FILES = {
    ".ds_store",
    "sitecustomize.py",
    "usercustomize.py",
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "tox.ini",
    "setup.cfg",
    "pyproject.toml",
}
_SKIPPED_SUFFIXES = (".pyc", ".so", ".pth")


@dataclass
class Staged:
    """A submission that was taken in.

    Attributes:
        root: The folder, inside the destination, that holds every required file.
        files: Names relative to root, with `/`, sorted.
        sha256: Of the sorted (name, content) pairs below root: the submission's identity.
        notes: Plain sentences for the report.
        skipped: Names relative to the destination that were left out; a folder ends with `/`.
    """

    root: Path
    files: list[str]
    sha256: str
    notes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def stage(
    source: Path, destination: Path, *, required: Sequence[str], limits: StagingLimits = DEFAULT_LIMITS
) -> Staged:
    """Copies a submission's regular files into an empty folder, and finds the required ones there.

    Files get mode 0644 and folders 0755, the destination too: the sandbox may read as another user.

    Args:
        source: A folder, .zip, .tar.gz, .tgz, .tar, or a single .py or .ipynb. Never a link.
        destination: An empty folder. What it holds after a refusal is not specified.
        required: Names that must lie in one folder, such as `["hw2.py"]`. A notebook of the same stem does
            for a .py; a single file may have any name where one file is required.
        limits: How much a submission may hold.

    Raises:
        Refused: If the submission is unsafe, too large, damaged, or lacks a required file.
        GraderFault: If this machine fails, or the destination is not an empty folder.
    """
    with _ours():
        if any(destination.iterdir()):
            raise GraderFault(f"the staging folder {destination} is not empty")
        destination.chmod(0o755)
    notes: list[str] = []
    with closing(_guarded(source.name, _entries(source, required, limits, notes))) as entries:
        files, skipped = _unpack(entries, destination, limits)
    if not files:
        raise Refused(f"{one_line(source.name)} holds no file to grade: hand in {listed(required)}")
    folder = find_root(files, required)
    with _ours():
        root = destination / folder
        paths = [PurePosixPath(f) for f in files]
        below = {str(p.relative_to(folder)) for p in paths if folder in p.parents}
        for name in sorted(below):
            if name.lower().endswith(".py"):
                to_utf8(root / name, name, notes)
        for name in required:
            below |= _from_notebook(root, name, below, notes)
        names = sorted(below)
        return Staged(root, names, _identity(root, names), notes, skipped)


def is_skipped(part: str, is_folder: bool = False) -> bool:
    """Whether a file or folder of this name is left out, with all that it holds."""
    key = unicodedata.normalize("NFKC", part).casefold()
    if key in _SKIPPED_FOLDERS:
        return True
    # `._name` holds what macOS knows of the file `name`.
    useless = key in _SKIPPED_FILES or key.startswith("._") or key.endswith(_SKIPPED_SUFFIXES)
    return useless and not is_folder


@contextmanager
def _ours() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GraderFault(f"the submission could not be staged on this machine: {error.strerror}") from error


def _guarded(name: str, entries: Iterator[Entry]) -> Generator[Entry, None, None]:
    with reading(name):
        yield from entries


def _entries(
    source: Path, required: Sequence[str], limits: StagingLimits, notes: list[str]
) -> Generator[Entry, None, None]:
    suffix = suffix_of(source.name)
    if source.is_symlink():
        raise Refused(f"{one_line(source.name)} is a symbolic link: hand in the file or folder itself")
    if source.is_dir():
        yield from folder_entries(source, limits)
    elif suffix in (".py", ".ipynb"):
        name = source.name
        if len(required) == 1 and required[0].endswith(".py"):
            name = required[0] if suffix == ".py" else notebook_name(required[0])
        data = read_file(source, limits.file_bytes)
        if name != source.name:
            notes.append(f"{one_line(source.name)} was taken as {name}.")
        yield Entry(name, FILE, lambda: io.BytesIO(data))
    elif suffix == ".zip":
        yield from zip_entries(read_file(source, limits.total_bytes + SLACK_BYTES), source.name)
    elif suffix:
        yield from tar_entries(read_file(source, limits.total_bytes + SLACK_BYTES), source.name, limits)
    else:
        kinds = ", ".join(SUFFIXES)
        raise Refused(f"{one_line(source.name)} is of no known kind: hand in a folder or a {kinds} file")


def _parts(name: str, limits: StagingLimits) -> tuple[str, ...]:
    """The parts of an entry's name, once it is known to be safe on any file system."""
    shown, parts = one_line(name), tuple(p for p in name.split("/") if p not in ("", "."))
    if clean(name, len(name)) != name or "\n" in name or "\t" in name:
        raise Refused(f"{shown} has invisible or unprintable characters in its name: rename it")
    if name.startswith("/") or ".." in parts or ":" in name or "\\" in name:
        raise Refused(f"{shown} could lead out of the submission by its name (/, .., : or \\): rename it")
    if len(parts) > limits.depth:
        raise Refused(f"{shown} lies more than {limits.depth} folders deep: move it up")
    if any(len(p.encode()) > limits.name_bytes for p in parts):
        raise Refused(f"{shown} has a name of more than {limits.name_bytes} bytes: shorten it")
    return parts


def _unpack(
    entries: Iterator[Entry], destination: Path, limits: StagingLimits
) -> tuple[list[str], list[str]]:
    """Writes the entries; answers with the names of the files and of what was skipped, both sorted."""
    seen: dict[str, tuple[str, bool]] = {}  # folded name -> name as written, and whether it is a folder
    files, skipped = [], set()
    n_files = n_folders = total_bytes = 0
    for entry in entries:
        parts, is_folder = _parts(entry.name, limits), entry.kind == FOLDER
        if not parts and is_folder:
            continue
        if not parts:
            raise Refused("an entry has no name: pack the files again")
        n_files, n_folders = n_files + (not is_folder), n_folders + is_folder
        if n_files > limits.files or n_folders > limits.folders:
            raise Refused(
                f"the submission holds more than {limits.files} files or {limits.folders} folders: "
                f"leave out what is not asked for, such as {one_line(parts[0])}"
            )
        cut = next((i for i, p in enumerate(parts, 1) if is_skipped(p, i < len(parts) or is_folder)), 0)
        if cut:
            skipped.add("/".join(parts[:cut]) + ("/" if cut < len(parts) or is_folder else ""))
        elif entry.kind not in (FILE, FOLDER):
            raise Refused(f"{one_line(entry.name)} is {entry.kind}: put the plain file itself in its place")
        else:
            _claim(parts, is_folder, seen)
        # What is skipped is read all the same: its size counts.
        data = _read(entry, limits.total_bytes - total_bytes, limits) if entry.kind == FILE else b""
        total_bytes += len(data)
        if not cut:
            _make_folders(destination, parts if is_folder else parts[:-1])
        if not cut and not is_folder:
            _write(destination.joinpath(*parts), data)
            files.append("/".join(parts))
    return sorted(files), sorted(skipped)


def _claim(parts: tuple[str, ...], is_folder: bool, seen: dict[str, tuple[str, bool]]) -> None:
    """Records a name and the folders above it, each of which may have one spelling only."""
    for i in range(1, len(parts) + 1):
        name, folder = "/".join(parts[:i]), is_folder or i < len(parts)
        key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
        other, other_is_folder = seen.get(key, (name, True))
        if other != name:
            raise Refused(f"{one_line(other)} and {one_line(name)} are one name to some systems: rename one")
        if key in seen and not (folder and other_is_folder):
            raise Refused(f"{one_line(name)} is there twice: keep one")
        seen[key] = (name, folder)


def _read(entry: Entry, left_bytes: int, limits: StagingLimits) -> bytes:
    """An entry's contents, counted while they are read."""
    pieces, count = [], 0
    with reading(entry.name), closing(entry.open()) as handle:
        while piece := handle.read(CHUNK_BYTES):
            pieces.append(piece)
            count += len(piece)
            if count > limits.file_bytes:
                most = size_text(limits.file_bytes)
                raise Refused(f"{one_line(entry.name)} is over {most}: leave it out or make it smaller")
            if count > left_bytes:
                most = size_text(limits.total_bytes)
                raise Refused(f"the submission is over {most} in total: leave out what is not asked for")
    return b"".join(pieces)


def _make_folders(destination: Path, parts: tuple[str, ...]) -> None:
    with _ours():
        for i in range(1, len(parts) + 1):
            folder = destination.joinpath(*parts[:i])
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)


def _write(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with _ours(), open(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        os.fchmod(file.fileno(), 0o644)  # whatever the umask


def _from_notebook(root: Path, name: str, below: set[str], notes: list[str]) -> set[str]:
    """Writes a required file from its notebook, where only that is there; answers with what it wrote."""
    book = notebook_name(name)
    if book not in below:
        return set()
    if name in below:
        notes.append(f"{book} was not used, since {name} is there too.")
        return set()
    try:
        converted = notebook_to_source((root / book).read_bytes())
    except Refused as refusal:
        raise Refused(f"{book}: {refusal}") from refusal
    notes += [f"{book} was converted to {name}.", *converted.notes]
    _write(root / name, converted.source.encode())
    return {name}


def _identity(root: Path, names: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        for piece in (name.encode(), (root / name).read_bytes()):
            digest.update(len(piece).to_bytes(8, "big") + piece)  # lengths, or two pairs could run together
    return digest.hexdigest()
