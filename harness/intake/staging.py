"""Copies a submission's plain files into a clean folder, or refuses it in a sentence that names the mend."""

import hashlib
import io
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from harness.errors import GraderFault, Refused
from harness.intake.archives import FILE, SUFFIXES, Entry, StagingLimits, reading, suffix_of, zip_entries
from harness.intake.notebook import notebook_to_source
from harness.intake.notebook_modules import Book, find_book, load_from_notebook, refuse_reserved_names
from harness.intake.overlay import put_given
from harness.intake.packed import FOLDER, Packed, pack
from harness.intake.roots import Layout, MissingFiles, common_folder, find_layout, listed, notebook_name
from harness.intake.source_encoding import to_utf8
from harness.intake.tar import tar_entries
from harness.intake.unpacking import is_skipped, unpack
from harness.intake.writing import is_taken, make_folders, ours, write
from harness.text import one_line

__all__ = ["Staged", "StagingLimits", "is_skipped", "notebook_name", "stage"]

DEFAULT_LIMITS = StagingLimits()
NONE: Mapping[str, Path] = MappingProxyType({})


@dataclass
class Staged:
    """A submission that was taken in.

    Attributes:
        root: The folder, inside the destination, that holds every required file.
        files: Names relative to root, with `/`, sorted.
        sha256: Of the sorted (name, content) pairs below root that were handed in: the submission's identity.
        notes: Plain sentences for the report.
        skipped: Names relative to the destination that were left out; a folder ends with `/`.
    """

    root: Path
    files: list[str]
    sha256: str
    notes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def stage(
    source: Path | Packed,
    destination: Path,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    given: Mapping[str, Path] = NONE,
    stubs: Mapping[str, Path] = NONE,
    limits: StagingLimits = DEFAULT_LIMITS,
) -> Staged:
    """Copies a submission's regular files into an empty folder, and finds the required ones there.

    Files get mode 0644 and folders 0755, the destination too: the sandbox may read as another user.

    Args:
        source: A folder, .zip, .tar.gz, .tgz, .tar, or a single .py or .ipynb, never a link; or one of these, packed.
        destination: An empty folder. What it holds after a refusal is not specified.
        required: Names that must lie in one folder, such as `["hw2.py"]`. A notebook of the same stem does
            for a .py; a single file may have any name where one file is required. Where all lie in one folder
            of the root, they may come without that folder.
        optional: Names that may lie there, too.
        given: Files of the assignment's that need not be handed in, by their names below the root: copied where
            they are missing.
        stubs: The stubs of the modules that students write. Where several files are required, one notebook may
            stand for those that are missing.
        limits: How much a submission may hold.

    Raises:
        Refused: If the submission is unsafe, too large, damaged, or lacks a required file.
        GraderFault: If this machine fails, or the destination is not an empty folder.
        UsageError: If a stub is missing.
    """
    with ours():
        if any(destination.iterdir()):
            raise GraderFault(f"the staging folder {destination} is not empty")
        destination.chmod(0o755)
    notes: list[str] = []
    with closing(_guarded(source.name, _entries(source, required, limits, notes))) as entries:
        files, skipped = unpack(entries, destination, limits)
    if not files:
        raise Refused(f"{one_line(source.name)} holds no file to grade: hand in {listed(required)}")
    layout, book = _layout(files, required, {*optional, *given, *stubs}, stubs)
    files = _move(destination, files, layout, notes, required)
    with ours():
        root = destination / layout.root
        refuse_reserved_names(root)
        paths = [PurePosixPath(f) for f in files]
        handed_in = {str(p.relative_to(layout.root)) for p in paths if layout.root in p.parents}
        for name in sorted(handed_in):
            if name.lower().endswith(".py"):
                to_utf8(root / name, name, notes)
        for name in required:
            if not book or root / notebook_name(name) != destination / book.name:
                handed_in |= _from_notebook(root, name, handed_in, notes)
        ours_too = set[str]()
        if book:
            ours_too = load_from_notebook(destination / book.name, root, handed_in, stubs, notes)
        identity = _identity(root, sorted(handed_in), destination / book.name if book else None)
        ours_too |= put_given(root, handed_in | ours_too, given, notes)
        return Staged(root, sorted(handed_in | ours_too), identity, notes, skipped)


def _layout(
    files: Sequence[str], required: Sequence[str], expected: Collection[str], stubs: Mapping[str, Path]
) -> tuple[Layout, Book | None]:
    """Where the required files are, or else the notebook that stands for those that are missing."""
    try:
        return find_layout(files, required, expected), None
    except MissingFiles as missing:
        if len(required) == 1 or not stubs:
            raise
        book = find_book(files, required, [n for n in expected if n not in required], missing)
        return Layout(book.root), book


def _move(
    destination: Path, files: Sequence[str], layout: Layout, notes: list[str], required: Sequence[str]
) -> list[str]:
    """Puts files where they belong; answers with the names of all files."""
    for old, new in layout.moves.items():
        path = destination / new
        parents = [destination.joinpath(*PurePosixPath(new).parts[:i]) for i in range(1, new.count("/") + 1)]
        if path.exists() or any(p.exists() and not p.is_dir() for p in parents):
            raise Refused(f"{one_line(old)} belongs at {one_line(new)}, where something else is: move that")
        make_folders(destination, PurePosixPath(new).parts[:-1])
        with ours():
            (destination / old).rename(path)
    if layout.moves:
        notes.append(
            f"The files were handed in without the folder {common_folder(required)}/, and were put into it: "
            f"{', '.join(one_line(PurePosixPath(old).name) for old in sorted(layout.moves))}."
        )
    return [layout.moves.get(name, name) for name in files]


def _guarded(name: str, entries: Iterator[Entry]) -> Generator[Entry, None, None]:
    with reading(name):
        yield from entries


def _entries(
    source: Path | Packed, required: Sequence[str], limits: StagingLimits, notes: list[str]
) -> Generator[Entry, None, None]:
    source = source if isinstance(source, Packed) else pack(source, limits=limits)
    suffix = suffix_of(source.name)
    if source.kind == FOLDER or source.refusal:
        yield from source.listing()
    elif suffix in (".py", ".ipynb"):
        name = source.name
        if len(required) == 1 and required[0].endswith(".py"):
            name = required[0] if suffix == ".py" else notebook_name(required[0])
        data = source.single()
        if name != source.name:
            notes.append(f"{one_line(source.name)} was taken as {name}.")
        yield Entry(name, FILE, lambda: io.BytesIO(data))
    elif suffix == ".zip":
        yield from zip_entries(source.single(), source.name)
    elif suffix:
        yield from tar_entries(source.single(), source.name, limits)
    else:
        kinds = ", ".join(SUFFIXES)
        raise Refused(f"{one_line(source.name)} is of no known kind: hand in a folder or a {kinds} file")


def _from_notebook(root: Path, name: str, below: set[str], notes: list[str]) -> set[str]:
    """Writes a required file from its notebook, where only that is there; answers with what it wrote."""
    book = notebook_name(name)
    if book not in below:
        return set()
    if name in below:
        notes.append(f"{book} was not used, since {name} is there too.")
        return set()
    if stands := is_taken(root, name, below):
        raise Refused(f"{one_line(stands)} is in the way of {name}: rename it")
    try:
        converted = notebook_to_source((root / book).read_bytes())
    except Refused as refusal:
        raise Refused(f"{book}: {refusal}") from refusal
    notes += [f"{book} was converted to {name}.", *converted.notes]
    write(root / name, converted.source.encode())
    return {name}


def _identity(root: Path, names: Sequence[str], book: Path | None) -> str:
    """Of the sorted names and contents below root, and of the notebook that may lie elsewhere."""
    pieces = [(name, root / name) for name in names]
    if book and book not in {path for _, path in pieces}:
        pieces.append((book.name, book))
    digest = hashlib.sha256()
    for name, path in pieces:
        for piece in (name.encode(), path.read_bytes()):
            digest.update(len(piece).to_bytes(8, "big") + piece)  # lengths, or two pairs could run together
    return digest.hexdigest()
