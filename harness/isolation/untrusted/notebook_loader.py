"""Gives an assignment's modules what a notebook holds: its classes and functions, found by name.

Staging copies this file beside the notebook's code, under the name that `__name__` tells; it runs on the student's
side. A module that was not handed in is there as its stub, whose last line calls `completed`. Once no stub is half
imported any more, the notebook's definitions run, and take the place of the stubs' of the same names.
"""

import __future__

import ast
import contextlib
import importlib
import json
import os
import re
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

WAITING, LOADING, DONE, FAILED = "waiting", "loading", "done", "failed"
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)  # what Python's parser may raise
_DEFINED = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)


def has_call(node: ast.AST) -> bool:
    """Whether evaluating an expression would call something; the body of a lambda is not evaluated."""
    todo: list[ast.AST] = [node]
    while todo:
        found = todo.pop()
        if isinstance(found, (ast.Call, ast.Await)):
            return True
        todo += ast.iter_child_nodes(found.args if isinstance(found, ast.Lambda) else found)
    return False


def kept(statements: Iterable[ast.stmt]) -> list[ast.stmt]:
    """The statements that define something: imports, functions, classes, constants, also inside try and if.

    Training, plots, prints and whatever else calls something is left out.
    """
    out: list[ast.stmt] = []
    for node in statements:
        match node:
            case (
                ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef()
            ):
                out.append(node)
            case ast.Assign(targets=targets, value=value) if _plain(targets) and not has_call(value):
                out.append(node)
            case ast.AnnAssign(target=ast.Name(), value=ast.expr() as value) if not has_call(value):
                out.append(node)
            case ast.Try():
                inner: list[ast.Try | ast.ExceptHandler] = [node, *node.handlers]
                blocks = [kept(part.body) for part in inner]
                if any(blocks) or kept(node.orelse):
                    for part, block in zip(inner, blocks, strict=True):
                        part.body = block or [ast.copy_location(ast.Pass(), part)]
                    node.orelse, node.finalbody = kept(node.orelse), kept(node.finalbody)
                    if not node.handlers:
                        node.finalbody = node.finalbody or [ast.copy_location(ast.Pass(), node)]
                    out.append(node)
            case ast.If(test=test) if not has_call(test):
                node.body, node.orelse = kept(node.body), kept(node.orelse)
                if node.body or node.orelse:
                    node.body = node.body or [ast.copy_location(ast.Pass(), node)]
                    out.append(node)
            case ast.If():
                out += [n for n in kept(node.body) if isinstance(n, IMPORTS)]
    return out


def _plain(targets: Iterable[ast.expr]) -> bool:
    return all(
        isinstance(t, ast.Name)
        or (isinstance(t, ast.Attribute) and isinstance(t.value, ast.Name))
        or (isinstance(t, (ast.Tuple, ast.List)) and _plain(t.elts))
        for t in targets
    )


class Broken(NamedTuple):
    """A cell that is no Python: the names that it seems to define, and why."""

    names: list[str]
    error: BaseException


class Loader:
    """Runs the notebook's definitions once, when all stubs are there, and puts them into those.

    Attributes:
        modules: The names (`globals()`) of each stub that has run to its last line.
        failed: What the last definition of a name raised, where it did not succeed.
    """

    def __init__(self, here: str, settings: dict[str, Any]) -> None:
        self.here, self.cells = os.path.join(here, ""), os.path.join(here, settings["cells"])
        self.wanted: list[str] = settings["modules"]
        self.modules: dict[str, dict[str, Any]] = {}
        self.notebook = types.ModuleType(f"{__name__}_cells")
        self.names = vars(self.notebook)
        self.failed: dict[str, BaseException] = {}
        self.state = WAITING
        self.error: BaseException | None = None
        self.replaced: dict[int, tuple[Any, Any]] = {}  # by id: the old object, kept alive, and the new one

    def completed(self, name: str, names: dict[str, Any]) -> None:
        """A stub has run to its last line."""
        self.modules[name] = names
        if self.state == FAILED and self.error:
            self._forget()
            raise self.error
        if self.state == DONE:  # a stub that was imported again
            self.install([name])
        half = any(m in sys.modules and m not in self.modules for m in self.wanted)
        if self.state != WAITING or half:  # the one that is half imported will come by, too
            return
        self.state = LOADING
        try:
            self._import_stubs()
            self.run()
            self.install(list(self.modules))
        except BaseException as error:
            self.state, self.error = FAILED, error
            self._forget()
            raise
        self.state = DONE

    def _import_stubs(self) -> None:
        for name in self.wanted:
            if name not in self.modules:
                # What fails, such as for want of a handed-in module, fails again for whoever imports it.
                with contextlib.suppress(BaseException):
                    importlib.import_module(name)

    def _forget(self) -> None:
        for name in self.wanted:  # so that each import of a stub tells the error, not only the first
            sys.modules.pop(name, None)

    def run(self) -> None:
        """Run the notebook's definitions, one after the other; one that fails costs its own name only."""
        sys.modules[self.notebook.__name__] = self.notebook
        for names in self.modules.values():  # cells may use what the stubs import, without importing it
            for key, value in names.items():
                if not key.startswith("__"):
                    self.names.setdefault(key, value)
        with open(self.cells, encoding="utf-8") as file:
            parts = self.parsed(file.read())
        flags = 0
        stubs = {id(value) for module in self.modules for value in self.own(module).values()}
        mine: dict[str, Any] = {}
        for part in parts:
            if isinstance(part, Broken):
                self.failed |= dict.fromkeys(part.names, part.error)
                continue
            if isinstance(part, ast.ImportFrom) and part.module == "__future__":
                for alias in part.names:
                    flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
            name = part.name if isinstance(part, DEFINITIONS) else ""
            try:
                code = compile(ast.Module([part], []), self.cells, "exec", flags, dont_inherit=True)
                exec(code, self.names)  # noqa: S102  (this is the student's side)
            except Exception as error:
                self.failed[name] = error
            else:
                self.failed.pop(name, None)
            if name:
                mine[name] = self.names.get(name)
            # A file's text in a cell imports from the other stubs what the notebook has defined itself.
            for key in mine:
                if id(self.names.get(key)) in stubs:
                    self.names[key] = mine[key]

    def own(self, module: str) -> dict[str, Any]:
        """The functions and classes that a stub defines, not those that it imports."""
        kinds = (type, types.FunctionType)
        items = list(self.modules[module].items())
        return {k: v for k, v in items if isinstance(v, kinds) and getattr(v, "__module__", None) == module}

    def parsed(self, source: str) -> list[ast.stmt | Broken]:
        """What the notebook defines, in order. A cell that cannot be read costs the names that it defines."""
        try:
            return [*kept(ast.parse(source, self.cells).body)]
        except UNREADABLE:
            pass
        parts: list[ast.stmt | Broken] = []
        line = 0
        for cell in re.split(r"^(?=# cell \d)", source, flags=re.MULTILINE):
            try:
                parts += kept(ast.increment_lineno(ast.parse(cell, self.cells), line).body)
            except UNREADABLE as error:
                if isinstance(error, SyntaxError) and error.lineno:
                    error.text = "".join(cell.split("\n")[error.lineno - 1 : error.lineno])
                    error.lineno += line
                parts.append(Broken(re.findall(_DEFINED, cell), error))
            line += cell.count("\n")
        return parts

    def install(self, modules: Iterable[str]) -> None:
        """Put the notebook's definitions in the place of the stubs' of the same names, wherever those are used."""
        for module in modules:
            for key, stub in self.own(module).items():
                self._replace(module, key, stub)
        loaded = [m for m in list(sys.modules.values()) if type(m) is types.ModuleType]
        ours = [vars(m) for m in loaded if str(vars(m).get("__file__", "")).startswith(self.here)]
        for names in (*self.modules.values(), self.names, *ours):
            for key, value in list(names.items()):
                if id(value) in self.replaced:
                    names[key] = self.replaced[id(value)][1]

    def _replace(self, module: str, key: str, stub: Any) -> None:
        mine = self.names.get(key)
        if key in self.failed:
            new: Any = raising(self.failed[key])
        elif mine is stub or isinstance(mine, type) != isinstance(stub, type) or not callable(mine):
            return
        else:
            new = merged(mine, stub, module) if isinstance(stub, type) else mine
            self.replaced[id(mine)] = (mine, new)
        self.replaced[id(stub)] = (stub, new)


def merged(mine: type, stub: type, module: str) -> type:
    """The notebook's class, with what it leaves out from the stub; the notebook's alone where that cannot be."""
    try:
        names = {"__module__": module, "__qualname__": stub.__qualname__, "__doc__": mine.__doc__}
        return types.new_class(stub.__name__, (mine, stub), {}, lambda body: body.update(names))
    except Exception:
        return mine


def raising(error: BaseException) -> Callable[..., Any]:
    """What stands for a definition that failed: whoever uses it is told why."""

    def failed(*_: Any, **__: Any) -> Any:
        raise error

    return failed


_loader: list[Loader] = []


def completed(name: str, names: dict[str, Any]) -> None:
    """What the last line of a stub calls, with its name and its `globals()`."""
    if not _loader:
        here = os.path.dirname(__file__)
        with open(os.path.join(here, f"{__name__}.json"), encoding="utf-8") as file:
            _loader.append(Loader(here, json.load(file)))
    _loader[0].completed(name, names)
