"""Fixture files of an assignment, made out of its reference: write them, and tell when they have drifted.

`tests/<name>/make_fixtures.py` declares `REFERENCE_MODULE` (a module below `reference/<name>/`) and
`build(reference) -> dict[str, bytes]`, names with contents. A plain name is a file of `fixtures/<name>/`; a name
such as `reference/<name>/data/x.npz` is a file of the reference, from where `grader.py stubs` copies it to the
students. Both modules run as trusted code: they are ours.
"""

import importlib
import importlib.util
import io
import json
import math
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

import numpy as np

from harness.errors import UsageError

RTOL = 1e-9
ATOL = 1e-15  # for entries that are 0
ROUNDINGS = 8  # of the last digit, which short floats may differ by: float32 has no 1e-9


def write_fixtures(assignment_name: str, root: Path) -> None:
    """Write what `build` gives, below `fixtures/<name>/` and `reference/<name>/`; other files there stay.

    Raises:
        UsageError: If there is no such assignment, or its reference or `make_fixtures.py` is at fault.
    """
    for name, content in _build(assignment_name, root).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def check_fixtures(assignment_name: str, root: Path) -> list[str]:
    """One sentence per built file that is not what the reference gives; empty when all is well.

    JSON, .npy and .npz are compared by value (relative tolerance 1e-9, or what the dtype can hold), pickles by
    content, anything else byte by byte.

    Raises:
        UsageError: As `write_fixtures`.
    """
    found = []
    for name, content in _build(assignment_name, root).items():
        path = root / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif difference := _difference(name, path.read_bytes(), content):
            found.append(f"{name}: {difference}")
    return [f"{sentence}; run: python grader.py fixtures {assignment_name}" for sentence in found]


def _build(assignment_name: str, root: Path) -> dict[str, bytes]:
    """What is to be written, by paths relative to `root`, all of them checked."""
    known = sorted(p.parent.name for p in (root / "tests").glob("*/assignment.toml"))
    if assignment_name not in known:
        raise UsageError(f"unknown assignment {assignment_name!r}: tests/ has {', '.join(known) or 'none'}")
    path = root / "tests" / assignment_name / "make_fixtures.py"
    if not path.is_file():
        return {}
    where = f"tests/{assignment_name}/make_fixtures.py"
    maker = _load(path)
    for needed in ("REFERENCE_MODULE", "build"):
        if not hasattr(maker, needed):
            raise UsageError(f"{where} does not define {needed}")
    reference_dir = root / "reference" / assignment_name
    try:
        with _importable(reference_dir):
            files: dict[str, bytes] = maker.build(importlib.import_module(maker.REFERENCE_MODULE))
    except ImportError as error:
        raise UsageError(f"reference/{assignment_name} cannot be imported: {error}") from error
    except AssertionError as error:
        raise UsageError(f"{where} refuses the reference: {error}") from error
    return {_place(name, assignment_name, root, where): content for name, content in files.items()}


def _place(name: str, assignment_name: str, root: Path, where: str) -> str:
    """Where a built file goes, relative to `root`; never outside the assignment's two folders."""
    pure = PurePosixPath(name)
    folder, place = f"fixtures/{assignment_name}", f"fixtures/{assignment_name}/{name}"
    plain = len(pure.parts) == 1
    if not plain:
        folder, place = f"reference/{assignment_name}", name
    right = name == pure.as_posix() and not {"..", "/"} & set(pure.parts) and "\\" not in name
    if not right or not name.startswith("" if plain else f"{folder}/"):
        raise UsageError(
            f"{where}: a fixture's name must be a plain file name or a path below "
            f"reference/{assignment_name}/, got {name!r}"
        )
    if not (root / place).resolve().is_relative_to((root / folder).resolve()):  # a link leads away
        raise UsageError(f"{where}: {place} is a link that leads out of {folder}")
    return place


def _load(path: Path) -> ModuleType:
    """The module at `path`, loaded under a name of its own so that two of the same name never meet."""
    spec = importlib.util.spec_from_file_location(f"_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Modules in `folder` win any import, and leave no trace: two assignments may both have a `layers.py`."""
    own = {p.stem for p in folder.glob("*.py")} | {p.name for p in folder.glob("*") if p.is_dir()}

    def take_out() -> dict[str, ModuleType]:
        return {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in own}

    hidden = take_out()
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        take_out()
        sys.modules.update(hidden)


def _difference(name: str, old: bytes, new: bytes) -> str:
    """Where two contents of the file differ, in half a sentence; empty when they agree."""
    try:
        if name.endswith(".json"):
            return _first_difference(json.loads(old), json.loads(new), "")
        if name.endswith((".npy", ".npz")):
            return _first_difference(_arrays(old), _arrays(new), "")
        if name.endswith(".pkl"):
            return _first_difference(pickle.loads(old), pickle.loads(new), "")  # noqa: S301 - our own files
    except Exception as error:  # a damaged pickle may raise anything
        return f"cannot be read ({type(error).__name__})"
    return "" if old == new else "differs from what the reference gives"


def _arrays(content: bytes) -> Any:
    """The array of an .npy file, or the arrays of an .npz file by their names."""
    loaded = np.load(io.BytesIO(content), allow_pickle=False)
    return loaded if isinstance(loaded, np.ndarray) else dict(loaded)


def _first_array_difference(old: np.ndarray, new: np.ndarray, place: str) -> str:
    if old.dtype.kind in "fc":
        rtol = max(RTOL, ROUNDINGS * float(np.finfo(old.dtype).eps))
        same = np.isclose(old, new, rtol=rtol, atol=ATOL, equal_nan=True)
    else:
        same = old == new
    if same.all():
        return ""
    index = tuple(int(i) for i in np.argwhere(~same)[0])
    here = place + "".join(f"[{i}]" for i in index)
    return f"{here or 'the whole'} is {old[index].item()!r}, the reference gives {new[index].item()!r}"


def _first_difference(old: Any, new: Any, place: str) -> str:
    here = place or "the whole"
    if isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
        if (old.dtype, old.shape) != (new.dtype, new.shape):
            return f"{here} is {old.dtype} {old.shape}, the reference gives {new.dtype} {new.shape}"
        if old.dtype.kind in "biufc":
            return _first_array_difference(old, new, place)
        return _first_difference(old.tolist(), new.tolist(), place)
    if isinstance(old, float) and isinstance(new, float):
        same = math.isclose(old, new, rel_tol=RTOL, abs_tol=ATOL)
        return "" if same else f"{here} is {old!r}, the reference gives {new!r}"
    if type(old) is not type(new):
        return f"{here} is of type {type(old).__name__}, the reference gives {type(new).__name__}"
    if isinstance(old, dict):
        if old.keys() != new.keys():
            return f"{here} has the keys {list(old)}, the reference gives {list(new)}"
        pairs = [(f"{place}.{key}".lstrip("."), old[key], new[key]) for key in new]
    elif isinstance(old, (list, tuple)):
        if len(old) != len(new):
            return f"{here} has length {len(old)}, the reference gives {len(new)}"
        pairs = [(f"{place}[{i}]", a, b) for i, (a, b) in enumerate(zip(old, new, strict=True))]
    else:
        return "" if old == new else f"{here} is {old!r}, the reference gives {new!r}"
    return next((text for where, a, b in pairs if (text := _first_difference(a, b, where))), "")
