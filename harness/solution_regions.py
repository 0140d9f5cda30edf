"""The regions of the reference's sources that hold solutions: where they are, and sources without them.

A region is everything between two comment lines of their own, inside one function:

    # BEGIN SOLUTION <question id>
    # END SOLUTION
"""

import ast
import io
import re
import tokenize
from typing import NamedTuple

from harness.errors import UsageError

_MARKER = re.compile(r"#\s*(BEGIN|END)\s+SOLUTION\b\s*(.*)", re.IGNORECASE)
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_WITHOUT_MEANING = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


class _Region(NamedTuple):
    """Lines of the two markers, counted from 1; column of the first; the lines of code between them."""

    begin: int
    end: int
    column: int
    question: str
    code: range


class SolutionFunction(NamedTuple):
    """A function or method of which a region holds the body: its name with its classes, and the question."""

    name: str
    question: str


def stub_source(source: str, filename: str, parsed: str | None = None) -> str:
    """Python source with every solution region replaced by a NotImplementedError that names its question.

    Args:
        source: The reference's source.
        filename: The name that error messages begin with.
        parsed: What the parser sees of it, line for line, where `source` holds lines that are not Python.

    Returns:
        The stub's source. Imports and everything else outside the regions stay as they are.

    Raises:
        UsageError: If the source or the stub does not parse, or a region is nested, not closed, not opened,
            without a question id, empty, or not inside one function.
    """
    parsed = source if parsed is None else parsed
    tree = _parse(parsed, filename, "does not parse")
    lines, seen = source.split("\n"), parsed.split("\n")
    for region in reversed(_regions(parsed, filename)):
        name = ".".join(node.name for node in _definitions_around(tree, region, filename))
        indent, message = " " * region.column, f"{region.question}: {name} is not written yet"
        for text in (lines, seen):
            text[region.begin - 1 : region.end] = [f'{indent}raise NotImplementedError("{message}")']
    _parse("\n".join(seen), filename, "does not parse any more once its solution regions are taken out")
    return "\n".join(lines)


def solution_functions(source: str, filename: str) -> list[SolutionFunction]:
    """The functions and methods around the regions of a source, in its order, once for each question.

    Of functions inside functions the outermost is meant: it holds all of them.

    Raises:
        UsageError: As `stub_source`, but for what concerns the stub.
    """
    tree = _parse(source, filename, "does not parse")
    found = []
    for region in _regions(source, filename):
        chain = _definitions_around(tree, region, filename)
        outermost = next(i for i, node in enumerate(chain) if not isinstance(node, ast.ClassDef))
        found.append(
            SolutionFunction(".".join(node.name for node in chain[: outermost + 1]), region.question)
        )
    return list(dict.fromkeys(found))


def _regions(source: str, filename: str) -> list[_Region]:
    regions: list[_Region] = []
    opened: tuple[int, int, str] | None = None  # line, column, question
    code: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        line, column = token.start
        marker = _MARKER.match(token.string) if token.type == tokenize.COMMENT else None
        if marker is None:
            if token.type not in _WITHOUT_MEANING:
                code += [line, token.end[0]]
            continue
        here, (kind, rest) = f"{filename}:{line}", marker.groups()
        if token.line[:column].strip():
            raise UsageError(f"{here}: {kind} SOLUTION must be a comment line of its own")
        if kind not in ("BEGIN", "END") or (kind == "END" and rest.strip()):
            raise UsageError(f"{here}: write '# BEGIN SOLUTION <question id>' or '# END SOLUTION'")
        if kind == "BEGIN":
            if opened:
                raise UsageError(f"{here}: BEGIN SOLUTION inside the region that line {opened[0]} begins")
            if not re.fullmatch(r"[\w.\-]+", rest.strip()):
                raise UsageError(f"{here}: BEGIN SOLUTION needs a question id, got {rest.strip()!r}")
            opened, code = (line, column, rest.strip()), []
            continue
        if not opened:
            raise UsageError(f"{here}: END SOLUTION without a BEGIN SOLUTION")
        if not code:
            raise UsageError(f"{filename}:{opened[0]}: the solution region is empty")
        regions.append(_Region(opened[0], line, opened[1], opened[2], range(min(code), max(code) + 1)))
        opened = None
    if opened:
        raise UsageError(f"{filename}:{opened[0]}: BEGIN SOLUTION is never closed")
    return regions


def _definitions_around(tree: ast.Module, region: _Region, filename: str) -> list[_Definition]:
    """The classes and functions, outermost first, whose bodies hold all of the region's code."""
    chain: list[_Definition] = []
    children: list[ast.AST] = [tree]
    while children:
        parent = children.pop()
        for child in ast.iter_child_nodes(parent):
            if isinstance(child, _Definition):
                holds = child.body[0].lineno <= region.code[0] and region.code[-1] <= (child.end_lineno or 0)
                if holds and child.lineno < region.begin:
                    chain.append(child)
                    children = [child]
                    break
            else:
                children.append(child)
    if not chain or isinstance(chain[-1], ast.ClassDef):
        raise UsageError(f"{filename}:{region.begin}: a solution region must lie inside one function")
    return chain


def _parse(source: str, filename: str, problem: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UsageError(f"{filename}:{line}: {problem} ({error.args[0]})") from error
