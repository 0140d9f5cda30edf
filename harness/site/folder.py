"""A folder that is replaced whole: built beside the old one, and put in its place when it is complete."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import UsageError
from harness.text import one_line

MARKER = ".backmark-site"
_NEW, _OLD = "new", "old"


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside `target`, which takes its place at the end, unless an exception was raised.

    A kill leaves the old site as it was, or, in the instant of the exchange, the old one under a hidden name. What
    earlier kills left behind is removed.

    Raises:
        UsageError: If there is something at `target` that this function did not make, or nothing can be written there.
    """
    refuse_strangers(target)
    new = old = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear(target)
        new = _beside(target, _NEW)
        new.mkdir()
        marker = (new / MARKER).open("xb")
    except OSError as error:
        raise UsageError(
            f"{target.parent} cannot be written ({error.strerror}): choose another --to"
        ) from None
    try:
        with marker:
            fcntl.flock(marker, fcntl.LOCK_EX)  # says that somebody still works here
            yield new
            refuse_strangers(target)
            if target.exists():
                old = _beside(target, _OLD)
                os.replace(target, old)
            os.replace(new, target)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        if old is not None and target.exists():
            shutil.rmtree(old, ignore_errors=True)


def refuse_strangers(target: Path) -> None:
    """Let nothing be deleted that is not ours.

    Raises:
        UsageError: If `target` is a file, a link, or a folder with something in it that is no site of ours.
    """
    shown = one_line(str(target))
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UsageError(f"{shown} must be a folder: name another with --to")
    if target.is_dir() and not (target / MARKER).is_file() and any(target.iterdir()):
        raise UsageError(
            f"{shown} holds files that this command did not write: name an empty folder with --to, or move them away"
        )


def _beside(target: Path, kind: str) -> Path:
    return target.parent / f".{target.name}.{kind}-{secrets.token_hex(4)}"


def _clear(target: Path) -> None:
    """Remove what a killed report left beside the target: folders of ours that nobody works in."""
    for kind in (_NEW, _OLD):
        for folder in target.parent.glob(f".{_literal(target.name)}.{kind}-????????"):
            marker = folder / MARKER
            if folder.is_symlink() or not marker.is_file():
                continue
            with marker.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    continue
                if kind == _OLD and not target.exists():
                    os.replace(folder, target)  # a kill came between the two renames
                else:
                    shutil.rmtree(folder, ignore_errors=True)


def _literal(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
