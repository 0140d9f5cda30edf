"""Where in a submission the required files lie, and what to say when they do not."""

import difflib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from harness.errors import Refused
from harness.text import one_line


class MissingFiles(Refused):
    """Required files are nowhere in the submission."""


@dataclass
class Layout:
    """Where the submission's root is, and which files must move so that each has its proper name below it.

    Attributes:
        root: Relative to the folder that the files were unpacked to.
        moves: From the name as handed in to the proper one, both relative to that folder.
    """

    root: PurePosixPath
    moves: dict[str, str] = field(default_factory=dict)


def notebook_name(required: str) -> str:
    """The notebook that does for a required file: `hw2.ipynb` for `hw2.py`. Other files have none (empty)."""
    return required[: -len(".py")] + ".ipynb" if required.endswith(".py") else ""


def common_folder(required: Sequence[str]) -> str:
    """The one folder that all required files lie in, or an empty string."""
    folders = {str(PurePosixPath(r).parent) for r in required}
    return "" if len(folders) != 1 or folders == {"."} else folders.pop()


def find_layout(files: Sequence[str], required: Sequence[str], expected: Collection[str] = ()) -> Layout:
    """Where the required files lie as they should, or else all together without the folder that they belong in.

    Args:
        files: Names of the submission's files.
        required: Names below the root.
        expected: Further names that the assignment knows. Those of them that lie outside the required files'
            folder stay beside it when its files are put into it.

    Raises:
        MissingFiles: If required files are missing: the sentence names them.
        Refused: If they lie apart, or are there twice.
    """
    present = _present(files, required)
    if fit := _shallowest(present, required):
        return Layout(fit)
    if folder := common_folder(required):
        short = [PurePosixPath(r).name for r in required]
        flat = _shallowest(_present(files, short), short)
        if flat is not None:
            return _put_into(folder, flat, files, required, expected)
    if set().union(*present.values()) == set(required):
        raise Refused(f"{listed(required)} lie in different folders: put them in one")
    raise MissingFiles(_what_is_missing(files, required, present))


def fullest(files: Sequence[str], wanted: Iterable[str]) -> tuple[PurePosixPath, set[str]]:
    """The folder that holds most of some names, the shallowest of several, and which it holds."""
    present = _present(files, list(wanted))
    folder = max(present, key=lambda f: len(present[f]))
    return folder, present[folder]


def _present(files: Sequence[str], required: Sequence[str]) -> dict[PurePosixPath, set[str]]:
    """What each folder holds of the required files or of notebooks in their place; shallow folders first."""
    have = set(files)
    parents = {p for f in files for p in PurePosixPath(f).parents}
    return {
        folder: {r for r in required if {str(folder / r), str(folder / (notebook_name(r) or r))} & have}
        for folder in sorted(parents, key=lambda p: (len(p.parts), str(p)))
    }


def _shallowest(present: dict[PurePosixPath, set[str]], required: Sequence[str]) -> PurePosixPath | None:
    fit = [folder for folder in present if len(present[folder]) == len(set(required))]
    if len(fit) > 1 and len(fit[0].parts) == len(fit[1].parts):
        raise Refused(f"{listed([str(f) for f in fit[:2]])} both hold {listed(required)}: keep one folder")
    return fit[0] if fit else None


def _put_into(
    folder: str, flat: PurePosixPath, files: Sequence[str], required: Sequence[str], expected: Collection[str]
) -> Layout:
    """The files of `flat` as those of `folder`, but for what belongs beside it."""
    beside = {name for name in expected if PurePosixPath(folder) not in PurePosixPath(name).parents}
    have, root = set(files), flat
    if flat.parts and not any(str(flat / b) in have for b in beside):
        # Such as nn/layers.py beside answers.toml: then the folder only has another name.
        root = flat.parent if any(str(flat.parent / b) in have for b in beside) else flat
    moves = {}
    for name in files:
        if flat not in PurePosixPath(name).parents:
            continue
        inner = str(PurePosixPath(name).relative_to(flat))
        proper = str(root / folder / inner)
        if inner in beside or inner.startswith(f"{folder}/"):
            continue
        if proper in have:
            if f"{folder}/{inner}" in required or f"{folder}/{inner}" in map(notebook_name, required):
                raise Refused(f"{one_line(name)} and {one_line(proper)} are both there: keep one")
            continue
        moves[name] = proper
    return Layout(root, moves)


def _what_is_missing(
    files: Sequence[str], required: Sequence[str], present: dict[PurePosixPath, set[str]]
) -> str:
    most = max(present.values(), key=len)
    others = [PurePosixPath(f).name for f in files]
    others = sorted({n for n in others if n not in required and n not in map(notebook_name, required)})
    by_key = {n.casefold(): n for n in reversed(others)}
    said = []
    for name in dict.fromkeys(required):
        if name in most:
            continue
        similar = [by_key[k] for k in difflib.get_close_matches(name.casefold(), list(by_key), 3, 0.6)]
        if similar:
            one = "it" if len(similar) == 1 else "the right one"
            said.append(f"{name} is missing, but there is {listed(similar)}: rename {one} to {name}")
        else:
            said.append(f"{name} is missing: add it, or rename the file that holds your answer to {name}")
    return "; ".join(said)


def listed(names: Sequence[str]) -> str:
    """The names in one phrase: `a, b and c`."""
    shown = [one_line(n) for n in names]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
