"""A submission as plain data: what a worker on another machine needs of it, and the hash that tells it apart."""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.errors import Refused
from harness.intake.archives import FILE, SLACK_BYTES, Entry, Reader, StagingLimits, folder_entries, read_file
from harness.text import one_line

FOLDER, SINGLE = "folder", "file"
LIMITS = StagingLimits()


@dataclass(frozen=True)
class PackedEntry:
    """A file, folder or something else of a submission; `data` is None where it is too large to be carried."""

    name: str
    kind: str
    size: int = 0
    data: bytes | None = b""

    def open(self) -> Reader:
        """Its bytes; of one that is not carried as many zeros, whose number is all that matters."""
        return _Zeros(self.size) if self.data is None else io.BytesIO(self.data)


@dataclass(frozen=True)
class Packed:
    """A submission as it was found, links and other oddities included: whether it is taken in is decided later.

    Attributes:
        name: Its name as handed in, with its suffix.
        kind: FOLDER, or SINGLE for one file (an archive, a module, a notebook), which is the only entry then.
        sha256: Of kind and content. The name of a folder has no part in it.
        refusal: Why listing it came to an early end, or an empty string.
    """

    name: str
    kind: str
    entries: tuple[PackedEntry, ...]
    sha256: str
    refusal: str = ""

    def listing(self) -> Iterator[Entry]:
        """The entries as `unpack` takes them.

        Raises:
            Refused: At the end, where listing the submission came to one.
        """
        for e in self.entries:
            yield Entry(e.name, e.kind, partial(e.open))
        if self.refusal:
            raise Refused(self.refusal)

    def single(self) -> bytes:
        """The bytes of the one file.

        Raises:
            Refused: If it could not be read.
        """
        if self.refusal:
            raise Refused(self.refusal)
        return self.entries[0].data or b""


class _Zeros:
    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int, /) -> bytes:
        count = min(size, self.left)
        self.left -= count
        return bytes(count)

    def close(self) -> None:
        """Nothing is open."""


def pack(source: Path | Mapping[str, Path], name: str = "", limits: StagingLimits = LIMITS) -> Packed:
    """Read a submission, within the limits of what can be taken in anyway.

    A clone's `.git` is named and not entered: it is no part of the work, and nobody can make it smaller.

    Args:
        source: A folder or a file, or several files by the names that they get.
        name: What to call it where it is several files.

    Raises:
        GraderFault: If this machine cannot read it.
    """
    entries: list[PackedEntry] = []
    refusal = ""
    kind = FOLDER if isinstance(source, Mapping) or (source.is_dir() and not source.is_symlink()) else SINGLE
    title = name if isinstance(source, Mapping) else source.name
    try:
        if kind == SINGLE:
            assert isinstance(source, Path)
            if source.is_symlink():
                raise Refused(f"{one_line(title)} is a symbolic link: hand in the file or folder itself")
            data = read_file(source, limits.total_bytes + SLACK_BYTES)
            entries.append(PackedEntry(title, FILE, len(data), data))
        else:
            room = limits.total_bytes
            for entry in _listing(source, limits):
                entries.append(_carried(entry, limits, room))
                room -= len(entries[-1].data or b"")
    except Refused as e:
        refusal = str(e)
    digest = hashlib.sha256(kind.encode())
    suffix = "" if kind == FOLDER else "".join(Path(title).suffixes[-2:]).lower()
    for one in entries:
        label = one.name if kind == FOLDER else suffix
        for piece in (
            label.encode("utf-8", "surrogateescape"),
            one.kind.encode(),
            str(one.size).encode(),
            one.data or b"",
        ):
            digest.update(len(piece).to_bytes(8, "big") + piece)
    digest.update(refusal.encode("utf-8", "surrogateescape"))
    return Packed(title, kind, tuple(entries), digest.hexdigest(), refusal)


def _listing(source: Path | Mapping[str, Path], limits: StagingLimits) -> Iterator[Entry]:
    if isinstance(source, Path):
        yield from folder_entries(source, limits, passed_over=lambda name: name == ".git")
        return
    for name, path in sorted(source.items()):
        # One byte more than is taken in: unpacking then refuses it, with the same sentence as elsewhere.
        yield Entry(name, FILE, partial(_opened, path, limits))


def _opened(path: Path, limits: StagingLimits) -> Reader:
    return io.BytesIO(read_file(path, limits.total_bytes))


def _carried(entry: Entry, limits: StagingLimits, room: int) -> PackedEntry:
    if entry.kind != FILE:
        return PackedEntry(entry.name, entry.kind)
    most = min(limits.file_bytes, room)
    reader = entry.open()
    try:
        pieces, size = [], 0
        while size <= most and (piece := reader.read(1 << 16)):
            pieces.append(piece)
            size += len(piece)
    finally:
        reader.close()
    # One byte too many says all that there is to say of a file that is too large.
    return (
        PackedEntry(entry.name, FILE, size, b"".join(pieces))
        if size <= most
        else PackedEntry(entry.name, FILE, most + 1, None)
    )


def write_packed(packed: Packed, path: Path) -> None:
    """Write a packed submission to a file of our own, for `read_packed` in another process."""
    heads = [[e.name, e.kind, e.size, e.data is not None] for e in packed.entries]
    head = json.dumps([packed.name, packed.kind, packed.sha256, packed.refusal, heads]).encode()
    with path.open("wb") as file:
        file.write(len(head).to_bytes(8, "big") + head)
        file.writelines(e.data for e in packed.entries if e.data is not None)


def read_packed(path: Path) -> Packed:
    """The inverse of `write_packed`."""
    with path.open("rb") as file:
        name, kind, sha256, refusal, heads = json.loads(file.read(int.from_bytes(file.read(8), "big")))
        entries = [PackedEntry(n, k, size, file.read(size) if there else None) for n, k, size, there in heads]
    return Packed(name, kind, tuple(entries), sha256, refusal)
