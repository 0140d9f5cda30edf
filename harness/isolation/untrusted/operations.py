"""What may be asked of a submission: import, call, read, change. Runs on the student's side of the boundary.

The same table serves the jailed worker and the in-process mode, so that a test means the same in both.
"""

import importlib
import itertools
import linecache
import marshal
import operator
import os
import sys
import tomllib
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .codec import CodecError, dumps

MAX_ITEMS = 100_000  # of an iterable that a test walks through: a generator may never end
MAX_WARNINGS = 50
MAX_ANSWERS = 1 << 16  # bytes of answers.toml
NOTEBOOK_LOADER = "backmark_notebook.py"  # a file of ours among the submission's


class Modules:
    """The submission's modules by name, for probes: `modules.hw2` imports on first use."""

    def __getattr__(self, name: str) -> types.ModuleType:
        return importlib.import_module(name)


class LineCounter:
    """Counts executed lines and calls in files below some folders, deterministically: no clock is involved."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        self.roots, self.loader, self.count = roots, roots[0] + NOTEBOOK_LOADER, 0

    def __call__(self, frame: types.FrameType, event: str, _arg: Any) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(self.roots) or file == self.loader:
            return None
        if event in ("call", "line"):
            self.count += 1
        return self

    def run(self, function: Callable[..., Any], *args: Any) -> int:
        before = sys.gettrace()
        sys.settrace(self)
        try:
            function(*args)
        finally:
            sys.settrace(before)
        return self.count


def below(roots: tuple[str, ...], file: str) -> str:
    """The name of a submission's file relative to the first of the folders that holds it, else an empty string."""
    root = next((r for r in roots if file.startswith(r)), None)
    return "" if root is None or file == root + NOTEBOOK_LOADER else file[len(root) :]


class Operations:
    """Answers requests about one submission, and keeps the objects that answers refer to.

    Args:
        root: The submission's folder, absolute.
        probes: The assignment's probes module, or None.
        call_back: Called as `call_back(number, args, kwargs)` when the submission calls a function of the test's.
        given: Another folder whose files stand in for some of the submission's, or an empty string.
    """

    def __init__(
        self, root: str, probes: types.ModuleType | None, call_back: Callable[..., Any], given: str = ""
    ) -> None:
        self.root = os.path.join(root, "")
        self.roots = (self.root, os.path.join(given, "")) if given else (self.root,)
        self.probes, self.call_back = probes, call_back
        self.modules = Modules()
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.on_error: Callable[[BaseException], None] = lambda error: None
        self.table: dict[str, Callable[..., Any]] = {
            "import": importlib.import_module,
            "get": getattr,
            "set": setattr,
            "delete": delattr,
            "has": hasattr,
            "call": lambda f, *args, **kwargs: f(*args, **kwargs),
            "item": operator.getitem,
            "set item": operator.setitem,
            "length": len,
            "contains": operator.contains,
            "is instance": isinstance,
            "items": lambda o: list(itertools.islice(iter(o), MAX_ITEMS)),
            "probe": self.probe,
            "count lines": lambda name, *args: LineCounter(self.roots).run(self.probe, name, *args),
            "answers": self.answers,
            "read": self.read,
            "compile": self.compiled,
        }

    def reference(self, obj: Any) -> list[Any]:
        """What crosses for an object that stays here: its number, its type's name, whether it can be called."""
        if id(obj) not in self.numbers:
            self.numbers[id(obj)] = len(self.objects)
            self.objects.append(obj)  # kept alive, so that ids stay unique
        return [self.numbers[id(obj)], type.__dict__["__name__"].__get__(type(obj))[:80], callable(obj)]

    def dereference(self, kind: str, value: Any) -> Any:
        """The object behind a number, or a stand-in for a function of the test's."""
        what, number = value
        if what == "function":
            return lambda *args, **kwargs: self.call_back(number, args, kwargs)
        return self.objects[number]

    def probe(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.probes, name)(self.modules, *args, **kwargs)

    def compiled(self, files: list[str]) -> dict[str, bytes]:
        """The code of source files, marshalled, by name; a file that does not compile is left out."""
        out = {}
        for name in files:
            path = os.path.join(self.root, name)
            try:
                with open(path, "rb") as file:
                    out[name] = marshal.dumps(compile(file.read(), path, "exec", dont_inherit=True))
            except (SyntaxError, ValueError):
                continue
        return out

    def answers(self) -> dict[str, Any]:
        with open(os.path.join(self.root, "answers.toml"), "rb") as file:
            return tomllib.loads(file.read(MAX_ANSWERS).decode())

    def read(self, name: str, max_bytes: int) -> bytes | None:
        """The beginning of a file of the submission's, or None if there is no such file."""
        path = os.path.join(self.root, name)
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            return file.read(max_bytes)

    def run(self, name: str, args: tuple, kwargs: dict, errstate: dict[str, str]) -> list[Any]:
        """Answer one request; whatever the submission raises is part of the answer.

        Returns:
            `["ok", value, warnings]` or `["error", [names of the exception's classes, text, trace], warnings]`.
        """
        caught: list[warnings.WarningMessage] = []
        try:
            with warnings.catch_warnings(record=True) as log, np.errstate(**errstate):  # type: ignore[arg-type]
                caught = log
                warnings.simplefilter("always")
                reply = ["ok", self.table[name](*args, **kwargs)]
        except BaseException as e:  # SystemExit and KeyboardInterrupt are the submission's too
            self.on_error(e)
            reply = ["error", self.described(e)]
        notes = [[class_names(w.category), str(w.message)[:500], w.lineno] for w in caught[:MAX_WARNINGS]]
        try:
            dumps(reply, self.reference)
        except CodecError as e:
            reply = ["refused", str(e)]
        return [*reply, notes]

    def described(self, error: BaseException) -> list[Any]:
        try:
            text = str(error)
        except BaseException:
            text = "(its text cannot be printed)"
        try:
            trace = self.own_frames(error)
        except BaseException:
            trace = ""
        return [class_names(type(error)), text[:2000], trace[:4000]]

    def own_frames(self, error: BaseException) -> str:
        """The frames of the traceback that lie in the submission's own files, innermost last."""
        lines, tb = [], error.__traceback__
        while tb is not None:
            name, number = tb.tb_frame.f_code.co_filename, tb.tb_lineno
            if short := below(self.roots, name):
                lines.append(f"{short}, line {number}, in {tb.tb_frame.f_code.co_name}")
                lines.append(f"    {linecache.getline(name, number).strip()}")
            tb = tb.tb_next
        if isinstance(error, SyntaxError) and (short := below(self.roots, error.filename or "")):
            lines.append(f"{short}, line {error.lineno}")
            lines.append(f"    {(error.text or '').strip()}")
        return "\n".join(lines[-16:])


def class_names(cls: type) -> list[str]:
    """The names of a class and its bases, read past any metaclass that might lie or raise."""
    mro = type.__dict__["__mro__"].__get__(cls)
    return [type.__dict__["__name__"].__get__(c)[:80] for c in mro][:20]
