"""Where in a submission the required files lie, and what to say when they do not."""

import difflib
from collections.abc import Sequence
from pathlib import PurePosixPath

from harness.errors import Refused
from harness.text import one_line


def notebook_name(required: str) -> str:
    """The notebook that does for a required file: `hw2.ipynb` for `hw2.py`. Other files have none (empty)."""
    return required[: -len(".py")] + ".ipynb" if required.endswith(".py") else ""


def find_root(files: Sequence[str], required: Sequence[str]) -> PurePosixPath:
    """The shallowest folder that holds all required files, or notebooks in their place."""
    have = set(files)
    parents = {p for f in files for p in PurePosixPath(f).parents}
    folders = sorted(parents, key=lambda p: (len(p.parts), str(p)))
    present = {
        folder: {r for r in required if {str(folder / r), str(folder / (notebook_name(r) or r))} & have}
        for folder in folders
    }
    fit = [folder for folder in folders if len(present[folder]) == len(set(required))]
    if not fit:
        raise Refused(_what_is_missing(files, required, present))
    if len(fit) > 1 and len(fit[0].parts) == len(fit[1].parts):
        raise Refused(f"{listed([str(f) for f in fit[:2]])} both hold {listed(required)}: keep one folder")
    return fit[0]


def _what_is_missing(
    files: Sequence[str], required: Sequence[str], present: dict[PurePosixPath, set[str]]
) -> str:
    if set().union(*present.values()) == set(required):
        return f"{listed(required)} lie in different folders: put them in one"
    fullest = max(present.values(), key=len)
    others = [PurePosixPath(f).name for f in files]
    others = sorted({n for n in others if n not in required and n not in map(notebook_name, required)})
    by_key = {n.casefold(): n for n in reversed(others)}
    said = []
    for name in dict.fromkeys(required):
        if name in fullest:
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
