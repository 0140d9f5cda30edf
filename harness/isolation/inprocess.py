"""A peer in this very process: no sandbox, but breakpoints, prints and tracebacks work. For a student's own tests.

Values are copied through the same codec as in the sandbox, so a test means the same in both.
"""

import importlib.abc
import importlib.util
import os
import sys
import types
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from importlib.machinery import ModuleSpec
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from harness.errors import TimedOut
from harness.isolation.proxy import Peer, student_error
from harness.isolation.untrusted.codec import copied
from harness.isolation.untrusted.determinism import seeded
from harness.isolation.untrusted.operations import Operations

NONE: Mapping[str, Path] = types.MappingProxyType({})
STAND_INS = (
    Path(__file__).resolve().parent / "untrusted" / "stand_ins"
)  # where IPython or ipdb are not installed


def _load(path: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class GivenModules(importlib.abc.MetaPathFinder):
    """Finds given modules that a submission lacks, without touching its folder.

    It belongs at the end of `sys.meta_path`, so that whatever the submission itself has is found before.

    Args:
        files: Given files by their names, such as `package/module.py`.

    Attributes:
        folder: The one that holds the files, or an empty string.
        found: The names of the modules that were found here.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.modules: dict[str, Path] = {}
        self.packages: set[str] = set()
        self.found: set[str] = set()
        self.folder = ""
        for name, path in files.items():
            path = path.resolve()
            self.folder = str(path)[: -len(name)].rstrip(os.sep)
            if name.endswith(".py"):
                parts = PurePosixPath(name).with_suffix("").parts
                parts = parts[:-1] if parts[-1] == "__init__" else parts
                self.modules[".".join(parts)] = path
                folders = PurePosixPath(name).parts[:-1]
                self.packages |= {".".join(folders[:i]) for i in range(1, len(folders) + 1)}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        """The given module of that name, or the package that leads to one."""
        file = self.modules.get(fullname)
        if not file and fullname not in self.packages:
            return None
        self.found.add(fullname)
        # No folder to search in: what lies beside a given file need not be given.
        inside: list[str] | None = [] if fullname in self.packages else None
        if file:
            return importlib.util.spec_from_file_location(fullname, file, submodule_search_locations=inside)
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = inside
        return spec


def _lies_below(module: types.ModuleType, places: tuple[str, ...]) -> bool:
    """Whether a module's file, or the folders of a package without a file, lie in one of some places."""
    found = [getattr(module, "__file__", None)]
    if found == [None] and type(module) is types.ModuleType:
        with suppress(KeyError):  # of a namespace package whose parent is gone
            found = [f"{folder}/" for folder in vars(module).get("__path__", [])]
    return any((file or "").replace("\\", "/").startswith(places) for file in found)


class InProcess(Peer):
    """Student code in the interpreter of the tests, imported afresh for each test.

    Args:
        root: The submission's folder.
        given: Folder of the assignment's stand-in modules, which win over the submission's.
        probes: The assignment's probes.py.
        overlay: Given files by their names, for those that the submission lacks.
    """

    def __init__(
        self,
        root: Path,
        seed: int,
        *,
        given: Path | None = None,
        probes: Path | None = None,
        overlay: Mapping[str, Path] = NONE,
    ) -> None:
        super().__init__()
        self.root, self.given = root.resolve(), given
        self.finder = GivenModules(overlay)
        self.error: BaseException | None = None
        self.cpu_s, self.memory_mib = 0.0, 0
        self._undo = ExitStack()
        self._undo.enter_context(seeded(seed))
        self._path = list(sys.path)
        if given and given.is_dir():
            sys.path.insert(0, str(given))
        sys.path.append(str(self.root))
        sys.path.append(str(STAND_INS))
        sys.meta_path.append(self.finder)  # the last to be asked
        self._forget()
        module = _load(probes) if probes and probes.exists() else None
        self.operations = Operations(str(self.root), module, self._call_back, self.finder.folder)
        self.operations.on_error = self._keep

    def _forget(self) -> None:
        """Drop the submission's modules, so that no state survives from one test to the next."""
        places = tuple(f"{p}/".replace("\\", "/") for p in (self.root, self.given) if p)
        gone = [n for n, m in list(sys.modules.items()) if n in self.finder.found or _lies_below(m, places)]
        for name in gone:
            del sys.modules[name]
        importlib.invalidate_caches()

    def _keep(self, error: BaseException) -> None:
        self.error = error

    def _call_back(self, number: int, args: tuple, kwargs: dict) -> Any:
        args, kwargs = copied([args, kwargs], self.operations.reference, self.dereference)
        tag, value = self.called_back(number, args, kwargs)
        if tag == "called back":
            return copied(value, self.reference, self.operations.dereference)
        raise RuntimeError(f"the function that the test passed in raised {value}")

    def exchange(self, request: list[Any]) -> Any:
        __tracebackhide__ = True
        self.error = None
        _, operation, args, kwargs, errstate = copied(request, self.reference, self.operations.dereference)
        reply = self.operations.run(operation, args, kwargs, errstate)
        if isinstance(self.error, KeyboardInterrupt):
            raise self.error  # the person at the keyboard
        return copied(reply, self.operations.reference, self.dereference)

    def raise_error(self, names: list[str], text: str, trace: str) -> NoReturn:
        error = student_error(names, text, trace)
        if names[:1] == ["Failed"] and text.startswith("Timeout"):  # pytest-timeout, from inside student code
            error = TimedOut(text, trace)
        # With the student's own traceback, so that a debugger stops in their code.
        raise error.with_traceback(self.error.__traceback__ if self.error else None)

    def close(self) -> None:
        self._undo.close()
        sys.path[:] = self._path
        if self.finder in sys.meta_path:
            sys.meta_path.remove(self.finder)
        self._forget()
