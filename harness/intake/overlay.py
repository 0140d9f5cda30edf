"""Puts the assignment's own files in the place of given ones that a submission leaves out."""

from collections.abc import Mapping
from pathlib import Path

from harness.errors import Refused
from harness.intake.writing import is_taken, make_folders, ours, write
from harness.text import one_line


def put_given(root: Path, files: set[str], given: Mapping[str, Path], notes: list[str]) -> set[str]:
    """Copies given files that were not handed in; a submission's own copies stay as they are.

    Args:
        root: The staged folder, which holds no link.
        files: Names of the submission's files, relative to root.
        given: The assignment's own files by the names that they have below root.
        notes: Gets one sentence for all of them.

    Returns:
        The names that were added.

    Raises:
        Refused: If the submission has a file where a given one needs a folder, or the other way round.
    """
    added = []
    for name, source in given.items():
        if name in files:
            continue
        if stands := is_taken(root, name, files):
            raise Refused(
                f"{one_line(stands)} is in the way of the given file {name}: rename it, or hand in the given "
                "files as you got them"
            )
        *folders, _ = name.split("/")
        make_folders(root, tuple(folders))
        with ours():
            if (root / name).exists():  # on a disk that takes Utils/ for utils/
                continue
            data = source.read_bytes()
        write(root / name, data)
        added.append(name)
    if added:
        what, own = ("file was", "own was") if len(added) == 1 else ("files were", "own were")
        notes.append(
            f"{len(added)} given {what} not handed in; the assignment's {own} used: {', '.join(added)}."
        )
    return set(added)
