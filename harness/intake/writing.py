"""Writes plain files into the staging folder, whose modes do not depend on anybody's umask."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import GraderFault


@contextmanager
def ours() -> Iterator[None]:
    """Makes GraderFault of what goes wrong with this machine's own disk."""
    try:
        yield
    except OSError as error:
        raise GraderFault(f"the submission could not be staged on this machine: {error.strerror}") from error


def make_folders(destination: Path, parts: tuple[str, ...]) -> None:
    """Makes the folders of a name below `destination`, where they are not there yet."""
    with ours():
        for i in range(1, len(parts) + 1):
            folder = destination.joinpath(*parts[:i])
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)


def write(path: Path, data: bytes) -> None:
    """Writes a file that is not there yet, never through a link."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with ours(), open(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        os.fchmod(file.fileno(), 0o644)  # whatever the umask


def is_taken(root: Path, name: str, files: set[str]) -> str:
    """What of a submission stands where the file `name` should go: its name as handed in, or an empty string.

    Args:
        files: Names of the submission's files, relative to root.
    """
    parts = name.split("/")
    above = ["/".join(parts[:i]) for i in range(1, len(parts))]
    blocking = next((a for a in above if a in files), "")
    return blocking or (name + "/" if name not in files and (root / name).is_dir() else "")
