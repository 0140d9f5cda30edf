"""Reads a file that the person who ran a command named: all of it, or one sentence that says why not."""

from pathlib import Path

from harness.errors import UsageError


def read_input(path: Path, limit_bytes: int, too_large: str) -> bytes:
    """The bytes of a file.

    Args:
        too_large: What to say of a file of more than `limit_bytes`, after its name and the limit.

    Raises:
        UsageError: If it cannot be read, or is too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): check its name and rights") from None
    if len(data) > limit_bytes:
        raise UsageError(f"{path} is over {limit_bytes >> 20} MiB: {too_large}")
    return data
