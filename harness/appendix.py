"""`grader.py appendix`: the code that a student wrote, gathered for a write-up. Nothing of it is run.

What the student's part is follows from the solution regions of the reference: the functions and methods around them,
and further ones that the student added to the same files. A class of which all methods are the student's is one piece.
"""

import ast
import codecs
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from harness.assignment import Assignment
from harness.errors import Refused, UsageError
from harness.intake.notebook import MAX_BYTES as MAX_NOTEBOOK_BYTES
from harness.intake.notebook import _code_cells as code_cells
from harness.intake.notebook import _plain_python as plain_python
from harness.solution_regions import solution_functions
from harness.stubs import files_of
from harness.text import clean

MAX_SOURCE_BYTES = 1 << 20
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_BOM_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Piece(NamedTuple):
    """A function, method or class with its code, or with a sentence in the code's place.

    `questions` is empty for what the student added.
    """

    name: str
    questions: tuple[str, ...]
    code: str
    problem: str = ""


@dataclass
class FilePart:
    """What is the student's in one file, in the reference's order; `problems` are sentences about all of it."""

    name: str
    pieces: list[Piece] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class _Unit(NamedTuple):
    """A module, or one cell of a notebook: its lines as they stand there, and what they parse to."""

    lines: list[str]
    tree: ast.Module


def gather(assignment: Assignment, folder: Path) -> list[FilePart]:
    """The student's code in a folder, file by file, in the manifest's order.

    Raises:
        UsageError: If there is no such folder, or the reference is at fault or has no regions.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no such folder: {folder}")
    files = {n: p for n, p in files_of(assignment.reference).items() if p.suffix in (".py", ".ipynb")}
    order = [*assignment.required, *assignment.optional]
    parts = []
    for name in sorted(files, key=lambda n: (order.index(n) if n in order else len(order), n)):
        wanted, given = _wanted(files[name], name)
        if wanted:
            parts.append(_part(name, wanted, given, folder))
    if not parts:
        raise UsageError(f"reference/{assignment.name} marks no solution: there is nothing to gather")
    return parts


def _wanted(path: Path, name: str) -> tuple[dict[str, tuple[str, ...]], set[str]]:
    """The pieces to look for with their questions, and the names of everything in the reference's file."""
    try:
        sources = _sources(path)
    except Refused as error:
        raise UsageError(f"{name}: {error}") from error
    questions: dict[str, tuple[str, ...]] = {}
    given: dict[str, list[ast.stmt]] = {}
    for number, source in enumerate(sources, 1):
        where = name if path.suffix == ".py" else f"{name}, code cell {number}"
        plain, _ = plain_python(source) if path.suffix == ".ipynb" else (source, [])
        for found in solution_functions(plain, where):
            questions[found.name] = (*questions.get(found.name, ()), found.question)
        given |= _definitions(ast.parse(plain))
    wanted = dict(questions)
    for class_name, nodes in given.items():
        methods = [
            f"{class_name}.{n.name}"
            for node in nodes
            for n in ast.iter_child_nodes(node)
            if isinstance(n, _Function)
        ]
        if isinstance(nodes[0], ast.ClassDef) and methods and all(m in wanted for m in methods):
            all_questions = tuple(dict.fromkeys(q for m in methods for q in wanted[m]))
            renamed = {class_name if n in methods else n: q for n, q in wanted.items()}
            wanted = renamed | {class_name: all_questions}
    return wanted, set(given)


def _part(name: str, wanted: dict[str, tuple[str, ...]], given: set[str], folder: Path) -> FilePart:
    part, path = FilePart(name), folder / name
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        part.problems.append("This file is missing.")
        return part
    found: dict[str, list[str]] = {}
    added: list[str] = []
    for unit in _units(path, part.problems):
        for key, nodes in _definitions(unit.tree).items():
            found.setdefault(key, []).extend(_segment(unit.lines, node) for node in nodes)
            parent = key.rpartition(".")[0]
            new = key not in given and (not parent or parent in given)
            if new and not isinstance(nodes[0], ast.Assign) and not _is_inside(key, wanted):
                added.append(key)
    if part.problems and not found:
        return part
    for key, questions in wanted.items():
        code = "\n\n".join(found.get(key, []))
        part.pieces.append(Piece(key, questions, code, "" if code else "not found in this file."))
    part.pieces += [Piece(key, (), "\n\n".join(found[key])) for key in dict.fromkeys(added)]
    return part


def _is_inside(name: str, wanted: dict[str, tuple[str, ...]]) -> bool:
    steps = name.split(".")
    return any(".".join(steps[:i]) in wanted for i in range(1, len(steps)))


def _units(path: Path, problems: list[str]) -> Iterator[_Unit]:
    """What parses of a student's file; a sentence to `problems` for what does not."""
    try:
        sources = _sources(path)
    except Refused as error:
        problems.append(f"This file cannot be read: {error}.")
        return
    for number, source in enumerate(sources, 1):
        cell = path.suffix == ".ipynb"
        plain = plain_python(source)[0] if cell else source
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the student's, of escapes in strings: not of interest here
                yield _Unit(source.split("\n"), ast.parse(plain))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            what = f"Code cell {number} of this file" if cell else "This file"
            line = getattr(error, "lineno", None)
            problems.append(
                f"{what} does not parse{f' (line {line})' if line else ''}: its code is left out."
            )


def _sources(path: Path) -> list[str]:
    """The source of a module, or those of a notebook's code cells, with plain line ends and no form feeds.

    Raises:
        Refused: If it is too large, or no notebook.
    """
    limit = MAX_SOURCE_BYTES if path.suffix == ".py" else MAX_NOTEBOOK_BYTES
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise Refused(f"{error.strerror}") from error
    if len(data) > limit:
        raise Refused(f"it is over {limit >> 20} MiB")
    texts = [_decoded(data)] if path.suffix == ".py" else code_cells(data)
    return [t.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "") for t in texts]


def _decoded(data: bytes) -> str:
    if data.startswith(_BOM_UTF16):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _definitions(tree: ast.Module) -> dict[str, list[ast.stmt]]:
    """All that binds a name in a module or its classes, by dotted names: functions and classes, else assignments."""
    bound: dict[str, list[ast.stmt]] = {}
    assigned: dict[str, list[ast.stmt]] = {}
    stack: list[tuple[str, ast.AST]] = [("", tree)]
    while stack:  # no recursion, for a student's file may be nested deeply
        prefix, node = stack.pop()
        if isinstance(node, _Function | ast.ClassDef):
            bound.setdefault(f"{prefix}{node.name}", []).append(node)
            if isinstance(node, _Function):
                continue
            prefix = f"{prefix}{node.name}."
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    assigned.setdefault(f"{prefix}{target.id}", []).append(node)
        blocks = (ast.stmt, ast.ExceptHandler, ast.match_case)
        inner = [(prefix, child) for child in ast.iter_child_nodes(node) if isinstance(child, blocks)]
        stack += reversed(inner)
    return assigned | bound


def _segment(lines: list[str], node: ast.stmt) -> str:
    """The node's lines as they stand there, less its own indentation.

    Decorators, comment lines directly above, and comments that end the body are part of it.
    """
    decorators = getattr(node, "decorator_list", [])
    start = min([node.lineno, *(d.lineno for d in decorators)]) - 1
    end = node.end_lineno or node.lineno
    indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
    while start and lines[start - 1].startswith(f"{indent}#"):
        start -= 1
    for i in range(end, len(lines)):
        text = lines[i].lstrip()
        deeper = lines[i].startswith(indent) and len(lines[i]) - len(text) > len(indent)
        if text.startswith("#") and deeper:
            end = i + 1
        elif text:
            break
    code = "\n".join(line.removeprefix(indent) for line in lines[start:end])
    return clean(code, len(code))
