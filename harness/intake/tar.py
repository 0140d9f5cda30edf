"""Lists what a tar holds, by a short reader of our own.

`tarfile` reads an extended header whole, whatever length it claims, before anybody can object.
"""

import gzip
import io
from collections.abc import Iterator
from typing import BinaryIO

from harness.errors import Refused
from harness.intake.archives import CHUNK_BYTES, FILE, FOLDER, SLACK_BYTES, Entry, StagingLimits, suffix_of
from harness.text import one_line

PAX_BYTES = 8192  # names are short, so that honest extended headers are too
BLOCK_BYTES = 512  # of a tar
TAR_KINDS = {
    b"0": FILE,
    b"\0": FILE,
    b"7": FILE,
    b"5": FOLDER,
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a named pipe",
}


class _Unpacked:
    """A tar's bytes, counted as they are unpacked."""

    def __init__(self, stream: BinaryIO, name: str, limit_bytes: int) -> None:
        self.stream, self.name, self.left = stream, one_line(name), limit_bytes

    def read(self, count: int) -> bytes:
        data = self.stream.read(count)
        self.left -= len(data)
        if self.left < 0:
            raise Refused(f"{self.name} unpacks to more than is allowed: leave out what is not asked for")
        return data

    def exactly(self, count: int) -> bytes:
        data = self.read(count)
        if len(data) < count:
            raise Refused(f"{self.name} ends too early, it was cut off: pack it again and upload it anew")
        return data


class _Member:
    """The contents of one entry of a tar, which must be read before the next header."""

    def __init__(self, source: _Unpacked, size: int) -> None:
        self.source, self.left, self.padding = source, size, -size % BLOCK_BYTES

    def opened(self) -> "_Member":
        return self

    def read(self, size: int, /) -> bytes:
        data = self.source.exactly(min(size, self.left))
        self.left -= len(data)
        return data

    def close(self) -> None:
        """Nothing: whoever refuses an entry in the middle must not have to read it to its end."""

    def skip_rest(self) -> None:
        while self.left:
            self.read(CHUNK_BYTES)
        self.source.exactly(self.padding)


def tar_entries(data: bytes, name: str, limits: StagingLimits) -> Iterator[Entry]:
    """What a tar or a gzipped tar holds, in order; each entry must be read before the next is asked for."""
    zipped = suffix_of(name) != ".tar"
    if zipped != data.startswith(b"\x1f\x8b"):
        wanted = ".tar.gz, whatever its name: pack it again" if zipped else ".tar: rename it to .tar.gz"
        raise Refused(f"{one_line(name)} is no {wanted}")
    stream = gzip.GzipFile(fileobj=io.BytesIO(data)) if zipped else io.BytesIO(data)
    source = _Unpacked(stream, name, limits.total_bytes + SLACK_BYTES)  # type: ignore[arg-type]
    given: dict[str, bytes] = {}  # what extended headers say of the entry that follows them
    while (block := source.exactly(BLOCK_BYTES)) != bytes(BLOCK_BYTES):
        if _number(block[148:156]) != sum(block[:148]) + 8 * ord(" ") + sum(block[156:]):
            raise Refused(f"{one_line(name)} is no tar, or is damaged: pack the files again")
        length, tag = _number(block[124:136]), block[156:157]
        if tag in b"xgLK":
            if length > PAX_BYTES:
                raise Refused(f"{one_line(name)} has an absurdly long name: pack the files as a .zip")
            member = _Member(source, length)
            text = member.read(length)
            member.skip_rest()
            given |= {"path": text.rstrip(b"\0")} if tag == b"L" else _pax(text) if tag == b"x" else {}
            continue
        prefix = block[345:500].split(b"\0")[0] + b"/" if block[257:263] == b"ustar\0" and block[345] else b""
        raw = given.get("path", prefix + block[:100].split(b"\0")[0])
        title = raw.decode("utf-8", "surrogateescape")
        if tag not in TAR_KINDS or any(key.startswith("GNU.sparse") for key in given):
            raise Refused(f"{one_line(title)} is a sparse file or other rarity: pack the files as a .zip")
        kind = FOLDER if TAR_KINDS[tag] == FILE and title.endswith("/") else TAR_KINDS[tag]
        length = int(given.get("size", b"%d" % length)) if TAR_KINDS[tag] == FILE else 0
        if length < 0:
            raise Refused(f"{one_line(title)} has a size below zero: pack the files again")
        member, given = _Member(source, length), {}
        yield Entry(title, kind, member.opened)
        member.skip_rest()
    while source.read(CHUNK_BYTES):  # to the end, so that the checksum of a gzip has been compared
        pass


def _number(field: bytes) -> int:
    if field[0] & 0x80:  # GNU's form for large numbers
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    return int(field.split(b"\0")[0].strip() or b"0", 8)


def _pax(text: bytes) -> dict[str, bytes]:
    records, start = {}, 0
    while start < len(text):
        blank = text.index(b" ", start, start + 8)
        end = start + int(text[start:blank])
        if not blank < end <= len(text):
            raise ValueError("a pax record has a wrong length")
        key, _, value = text[blank + 1 : end - 1].partition(b"=")
        records[key.decode("utf-8", "replace")] = value
        start = end
    return records
