"""Writes the entries of a submission into a folder, once their names and sizes are known to be safe."""

import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from harness.errors import Refused
from harness.intake.archives import CHUNK_BYTES, FILE, FOLDER, Entry, StagingLimits, reading, size_text
from harness.intake.writing import make_folders, write
from harness.text import clean, one_line

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


def is_skipped(part: str, is_folder: bool = False) -> bool:
    """Whether a file or folder of this name is left out, with all that it holds."""
    key = unicodedata.normalize("NFKC", part).casefold()
    if key in _SKIPPED_FOLDERS:
        return True
    # `._name` holds what macOS knows of the file `name`.
    useless = key in _SKIPPED_FILES or key.startswith("._") or key.endswith(_SKIPPED_SUFFIXES)
    return useless and not is_folder


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


def unpack(entries: Iterator[Entry], destination: Path, limits: StagingLimits) -> tuple[list[str], list[str]]:
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
            make_folders(destination, parts if is_folder else parts[:-1])
        if not cut and not is_folder:
            write(destination.joinpath(*parts), data)
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
