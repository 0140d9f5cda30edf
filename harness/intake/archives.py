"""Lists what a folder, a zip or a tar holds, one entry at a time, without believing any header.

Archives are read into memory first, so that an OSError met while reading one of them can only come from its
bytes.
"""

import errno
import io
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Protocol

from harness.errors import BackmarkError, GraderFault, Refused
from harness.text import one_line

MIB = 1 << 20
CHUNK_BYTES = 1 << 16
SLACK_BYTES = 4 * MIB  # headers, padding and a zip's directory, on top of the contents
FILE, FOLDER = "file", "folder"
SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip", ".py", ".ipynb")
_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# What a student's own file can cause; anything else, such as an I/O error, is this machine's fault.
_THEIR_ERRORS = {None, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}


@dataclass(frozen=True)
class StagingLimits:
    """How much a submission may hold; sizes are of what it unpacks to. `depth` counts the parts of a name."""

    files: int = 500
    folders: int = 500
    depth: int = 8
    name_bytes: int = 150
    file_bytes: int = 20 * MIB
    total_bytes: int = 100 * MIB


class Reader(Protocol):
    """The little that we need of an open entry."""

    def read(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


@dataclass
class Entry:
    """One entry as its container names it: `kind` is FILE, FOLDER, or says in words what else it is."""

    name: str
    kind: str
    open: Callable[[], Reader] = io.BytesIO


def suffix_of(name: str) -> str:
    """Which of SUFFIXES a file's name ends with, whatever its case, or an empty string."""
    return next((s for s in SUFFIXES if name.lower().endswith(s) and len(name) > len(s)), "")


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Makes Refused of whatever hostile bytes cause, and GraderFault of what is this machine's fault."""
    try:
        yield
    except BackmarkError:
        raise
    except OSError as error:
        if error.errno not in _THEIR_ERRORS:
            raise GraderFault(f"{one_line(name)} could not be read here: {error.strerror}") from error
        if error.errno is None:
            raise Refused(f"{one_line(name)} is damaged: pack it again and upload it anew") from error
        why = "is a symbolic link" if error.errno == errno.ELOOP else f"cannot be read ({error.strerror})"
        raise Refused(f"{one_line(name)} {why}: hand in a plain file that may be read") from error
    except MemoryError as error:
        raise GraderFault(f"memory ran out while {one_line(name)} was read") from error
    except Exception as error:
        raise Refused(f"{one_line(name)} is damaged: pack it again and upload it anew") from error


def read_file(path: Path, limit_bytes: int) -> bytes:
    """The bytes of one regular file.

    Raises:
        Refused: If it is a link or no regular file, or is longer than `limit_bytes`.
        GraderFault: If this machine cannot read it.
    """
    with reading(path.name), open(_open_regular(str(path)), "rb") as file:
        data = file.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        most = size_text(limit_bytes)
        raise Refused(f"{one_line(path.name)} is over {most}: hand in only what is asked for")
    return data


def size_text(count: int) -> str:
    """A number of bytes for a message: whole MiB where it is at least one."""
    return f"{count // MIB} MiB" if count >= MIB else f"{count} bytes"


def _open_regular(name: str, dir_fd: int | None = None, max_links: int | None = None) -> int:
    # The opened descriptor is what is judged: the name may point elsewhere by now.
    fd = os.open(name, _OPEN_FLAGS, dir_fd=dir_fd)
    info = os.fstat(fd)
    if stat.S_ISREG(info.st_mode) and (max_links is None or info.st_nlink <= max_links):
        return fd
    os.close(fd)
    raise Refused(f"{one_line(Path(name).name)} is no plain file: hand in the file itself")


def folder_entries(
    path: Path, limits: StagingLimits, passed_over: Callable[[str], bool] = lambda name: False
) -> Iterator[Entry]:
    """What lies in a folder, at any depth, never through a link. A folder comes before what it holds.

    Args:
        passed_over: Whether a folder of this name is listed, but not entered.
    """
    with reading(path.name):
        fd = os.open(path, _OPEN_FLAGS | os.O_DIRECTORY)
        try:
            yield from _walk(fd, "", limits, passed_over)
        finally:
            os.close(fd)


def _walk(fd: int, prefix: str, limits: StagingLimits, passed_over: Callable[[str], bool]) -> Iterator[Entry]:
    with os.scandir(fd) as listing:
        names = sorted(e.name for e in islice(listing, limits.files + limits.folders + 1))
    if len(names) > limits.files + limits.folders:
        where = one_line(prefix) or "the folder"
        raise Refused(f"{where} holds more than {limits.files} files: leave out what is not asked for")
    for name in names:
        info = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if stat.S_ISDIR(info.st_mode):
            yield Entry(f"{prefix}{name}/", FOLDER)
            if passed_over(name):
                continue
            inner = os.open(name, _OPEN_FLAGS | os.O_DIRECTORY, dir_fd=fd)
            try:
                yield from _walk(inner, f"{prefix}{name}/", limits, passed_over)
            finally:
                os.close(inner)
        else:
            kind = _kind_of(info.st_mode)
            kind = "a hard link" if kind == FILE and info.st_nlink > 1 else kind
            yield Entry(prefix + name, kind, partial(_open_single, name, fd))


def _open_single(name: str, dir_fd: int) -> Reader:
    return open(_open_regular(name, dir_fd, max_links=1), "rb")  # whoever reads it closes it


def _kind_of(mode: int) -> str:
    words = {
        0: FILE,
        stat.S_IFREG: FILE,
        stat.S_IFDIR: FOLDER,
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
    }
    return words.get(stat.S_IFMT(mode), "a device")


class _ZipBytes(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        # Only the directory is ever asked for in one large piece; each 46 bytes of it become an object.
        if size is not None and size > SLACK_BYTES:
            raise Refused("the zip lists far too many files: leave out what is not asked for")
        return super().read(size)


def zip_entries(data: bytes, name: str) -> Iterator[Entry]:
    """What a zip lists. Stored and deflated entries only, none encrypted."""
    if not data.startswith(b"PK"):
        raise Refused(f"{one_line(name)} is no zip, whatever its name: pack the files again as a .zip")
    with zipfile.ZipFile(_ZipBytes(data)) as archive:
        for info in archive.infolist():
            # zipfile cuts names at a NUL: judge the name as it was written.
            title = info.orig_filename if "\0" in info.orig_filename else info.filename
            if info.flag_bits & 0x2041:
                raise Refused(f"{one_line(title)} is encrypted: pack the files again without a password")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Refused(f"{one_line(title)} is compressed in a rare way: use an ordinary zip")
            kind = _kind_of(info.external_attr >> 16)  # the Unix mode, or zero
            kind = FOLDER if title.endswith("/") and kind == FILE else kind
            yield Entry(title, kind, partial(archive.open, info))
