"""A notebook as the whole submission: the modules that it stands for become stubs that load it.

Nothing here looks into the notebook's code: what it defines is found on the student's side, by
`harness/isolation/untrusted/notebook_loader.py`.
"""

import json
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.errors import Refused, UsageError
from harness.intake.notebook import notebook_to_source
from harness.intake.roots import MissingFiles, fullest, listed, notebook_name
from harness.intake.writing import is_taken, make_folders, write
from harness.text import one_line

LOADER = "backmark_notebook"
_SOURCE = Path(__file__).resolve().parent.parent / "isolation" / "untrusted" / "notebook_loader.py"
_LAST_LINE = f'__import__("{LOADER}").completed(__name__, globals())\n'


@dataclass
class Book:
    """The notebook that stands for missing modules, and the root of its submission, as names of the submission."""

    name: str
    root: PurePosixPath


def find_book(
    files: Sequence[str], required: Sequence[str], expected: Collection[str], missing: MissingFiles
) -> Book:
    """The one notebook that can hold what is missing.

    Args:
        files: Names of the submission's files.
        required: Names below the root; not all are there.
        expected: Further names that the assignment knows, given notebooks among them.
        missing: What to raise where no notebook can help.

    Raises:
        MissingFiles: As `missing`, if there is no notebook, or a required file that lies elsewhere.
        Refused: If there are several notebooks and no required file.
    """
    known = {PurePosixPath(name).name for name in expected}
    books = [f for f in files if f.lower().endswith(".ipynb") and PurePosixPath(f).name not in known]
    root, there = fullest(files, required)
    proper = {str(root / r) for r in there} | {str(root / notebook_name(r)) for r in there}
    short = {PurePosixPath(r).name for r in required}
    stray = any(PurePosixPath(f).name in short for f in files if f not in proper)
    if not books or stray or (there and len(books) > 1):
        raise missing
    if len(books) > 1:
        raise Refused(
            f"there are several notebooks, {listed(books[:10])}: keep the one that holds your work, "
            f"or hand in {listed(required)}"
        )
    if not there:
        root, others = fullest(files, expected)
        root = root if others else PurePosixPath(books[0]).parent
    return Book(books[0], root)


def refuse_reserved_names(root: Path) -> None:
    """Refuses a staged submission that has the name of our loader at its top: it might be taken for ours."""
    if taken := [p.name for p in root.iterdir() if _folded(p.name.split(".")[0]) == LOADER]:
        raise Refused(f"{one_line(taken[0])} has a name that the grader needs: rename it")


def load_from_notebook(
    book: Path, root: Path, files: set[str], stubs: Mapping[str, Path], notes: list[str]
) -> set[str]:
    """Writes each missing module as its stub, and a loader that fills the stubs with what the notebook defines.

    Args:
        book: The staged notebook.
        root: The staged folder, which holds no link.
        files: Names of the submission's files, relative to root.
        stubs: The assignment's stubs of the modules that students write, by their names below root.
        notes: Gets a sentence on what was done, and those on what is not Python.

    Returns:
        The names that were added.

    Raises:
        Refused: If the notebook cannot be read, or a file stands where one of ours must go.
    """
    try:
        converted = notebook_to_source(book.read_bytes())
    except Refused as refusal:
        raise Refused(f"{one_line(book.name)}: {refusal}") from refusal
    missing = {name: path for name, path in stubs.items() if name not in files}
    cells = f"{book.name}.txt"
    if _folded(cells) in {_folded(p.name) for p in root.iterdir()}:
        cells = f"{LOADER}.txt"
    settings = {"cells": cells, "modules": [_dotted(name) for name in missing]}
    ours = {
        cells: converted.source.encode(),
        f"{LOADER}.json": json.dumps(settings).encode(),
        f"{LOADER}.py": _SOURCE.read_bytes(),
    }
    for name, path in missing.items():
        if stands := is_taken(root, name, files):
            raise Refused(f"{one_line(stands)} is in the way of {name}: rename it")
        if not path.is_file():
            raise UsageError(f"{path}: the stub of {name} is not there: run grader.py stubs")
        ours[name] = path.read_bytes().rstrip() + b"\n\n" + _LAST_LINE.encode()
    for name, data in ours.items():
        make_folders(root, tuple(name.split("/")[:-1]))
        write(root / name, data)
    notes.append(
        f"{listed(list(missing))} were not handed in: their classes and functions were looked for, by name, "
        f"in {one_line(book.name)}. Lines are those of its code cells, one below the other ({cells})."
    )
    notes += converted.notes
    return set(ours)


def _dotted(name: str) -> str:
    return name.removesuffix(".py").replace("/", ".")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
