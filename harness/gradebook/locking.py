"""One run at a time in an output folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import UsageError


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold a folder for writing; the lock ends with the process, however that ends.

    Raises:
        UsageError: If another run holds it.
    """
    fd = os.open(out, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"{out}: another run is writing there: wait for its end, or name another folder with --out"
            ) from None
        yield
    finally:
        os.close(fd)
