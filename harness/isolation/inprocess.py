"""A peer in this very process: no sandbox, but breakpoints, prints and tracebacks work. For a student's own tests.

Values are copied through the same codec as in the sandbox, so a test means the same in both.
"""

import importlib.util
import sys
import types
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

from harness.errors import TimedOut
from harness.isolation.proxy import Peer, student_error
from harness.isolation.untrusted.codec import copied
from harness.isolation.untrusted.determinism import seeded
from harness.isolation.untrusted.operations import Operations


def _load(path: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class InProcess(Peer):
    """Student code in the interpreter of the tests, imported afresh for each test."""

    def __init__(
        self, root: Path, seed: int, *, given: Path | None = None, probes: Path | None = None
    ) -> None:
        super().__init__()
        self.root, self.given = root.resolve(), given
        self.error: BaseException | None = None
        self.cpu_s, self.memory_mib = 0.0, 0
        self._undo = ExitStack()
        self._undo.enter_context(seeded(seed))
        self._path = list(sys.path)
        if given and given.is_dir():
            sys.path.insert(0, str(given))
        sys.path.append(str(self.root))
        self._forget()
        module = _load(probes) if probes and probes.exists() else None
        self.operations = Operations(str(self.root), module, self._call_back)
        self.operations.on_error = self._keep

    def _forget(self) -> None:
        """Drop the submission's modules, so that no state survives from one test to the next."""
        places = tuple(f"{p}/" for p in (self.root, self.given) if p)
        for name, module in list(sys.modules.items()):
            file = (getattr(module, "__file__", None) or "").replace("\\", "/")
            if file.startswith(tuple(p.replace("\\", "/") for p in places)):
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
        self._forget()
