"""Files that an export writes: whole or not at all, or standard output where no file is named."""

import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.errors import UsageError


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its name at the end; if anything is raised, it is gone.

    Raises:
        UsageError: If it cannot be written: the sentence names it.
    """
    temporary = path.with_name(f".backmark-{secrets.token_hex(6)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as e:
        if e.filename not in (None, str(temporary), str(path.parent)):  # what was read, not what is written
            raise
        raise UsageError(f"{path} cannot be written ({e.strerror}): name another file with --to") from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def put(chunks: Iterable[str], to: Path | None) -> None:
    """Write text to a file, or to standard output."""
    if to is None:
        for chunk in chunks:
            sys.stdout.write(chunk)
        return
    with new_file(to) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        for chunk in chunks:
            file.write(chunk)


def put_bytes(data: bytes, to: Path | None) -> None:
    """Write bytes to a file, or to standard output."""
    if to is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    with new_file(to) as temporary:
        temporary.write_bytes(data)


def tell(lines: Iterable[str], prefix: str) -> None:
    """A line each on standard error."""
    for text in lines:
        print(f"{prefix}: {text}", file=sys.stderr)
