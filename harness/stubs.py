"""The students' files, made out of the reference: solution regions and answers taken out, all else copied.

In a `.py` file a region is everything between two comment lines of their own, inside one function:

    # BEGIN SOLUTION <question id>
    # END SOLUTION

It becomes one `raise NotImplementedError(...)`. In a `.toml` file, a line that ends in `# ANSWER` keeps its
key and gets the value `""`. A new kind of file needs one more entry in `HANDLERS`.
"""

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from harness.errors import UsageError

_MARKER = re.compile(r"#\s*(BEGIN|END)\s+SOLUTION\b\s*(.*)", re.IGNORECASE)
_ANSWER = re.compile(r"(?P<key>[^#=]+=).*#\s*ANSWER\s*")
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


def stub_source(source: str, filename: str) -> str:
    """Python source with every solution region replaced by a NotImplementedError that names its question.

    Args:
        source: The reference's source.
        filename: The name that error messages begin with.

    Returns:
        The stub's source. Imports and everything else outside the regions stay as they are.

    Raises:
        UsageError: If the source or the stub does not parse, or a region is nested, not closed, not opened,
            without a question id, empty, or not inside one function.
    """
    tree = _parse(source, filename, "does not parse")
    lines = source.split("\n")
    for region in reversed(_regions(source, filename)):
        name = _function_around(tree, region, filename)
        indent, message = " " * region.column, f"{region.question}: {name} is not written yet"
        lines[region.begin - 1 : region.end] = [f'{indent}raise NotImplementedError("{message}")']
    stub = "\n".join(lines)
    _parse(stub, filename, "does not parse any more once its solution regions are taken out")
    return stub


def stub_answers(source: str, filename: str) -> str:
    """TOML with the value of every line that ends in `# ANSWER` replaced by an empty string.

    Raises:
        UsageError: If such a line holds no `key = value`, or the file does not parse before or after.
    """
    _parse_toml(source, filename, "does not parse")
    lines = source.split("\n")
    for i, line in enumerate(lines):
        if not re.search(r"#\s*ANSWER\s*$", line) or line.lstrip().startswith("#"):
            continue
        match = _ANSWER.fullmatch(line)
        if match is None:
            raise UsageError(f"{filename}:{i + 1}: # ANSWER must end a line with a key and its whole value")
        lines[i] = f'{match["key"]} ""'
    stub = "\n".join(lines)
    _parse_toml(stub, filename, "does not parse any more once its answers are taken out")
    return stub


HANDLERS: dict[str, Callable[[str, str], str]] = {".py": stub_source, ".toml": stub_answers}


def generate(reference_dir: Path, student_dir: Path) -> None:
    """Write the stub of every file below `reference_dir`; all are made before the first is written.

    Files in `student_dir` that have no source any more are left alone: `check` tells of them.

    Raises:
        UsageError: As the handlers, or if `reference_dir` is not a folder.
    """
    for name, content in _stubs(reference_dir).items():
        path = student_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def check(reference_dir: Path, student_dir: Path) -> list[str]:
    """One sentence per file of `student_dir` that is not what `generate` would write; empty when all is well.

    Raises:
        UsageError: As `generate`.
    """
    stubs = _stubs(reference_dir)
    mend = f"run: python grader.py stubs {student_dir.name}"
    found = []
    for name, content in stubs.items():
        path = student_dir / name
        where = f"student/{student_dir.name}/{name}"
        if not path.is_file():
            found.append(f"{where} is missing; {mend}")
        elif (line := _first_differing_line(path.read_bytes(), content)) is not None:
            found.append(f"{where}:{line}: differs from the stub of its reference; {mend}")
    extra = sorted(_files(student_dir).keys() - stubs.keys())
    return found + [f"student/{student_dir.name}/{name} has no reference: remove it" for name in extra]


def _files(folder: Path) -> dict[str, Path]:
    """The files below a folder by their relative names with slashes; no caches and no hidden files."""
    paths = {p.relative_to(folder): p for p in sorted(folder.rglob("*")) if p.is_file()}
    return {
        name.as_posix(): path
        for name, path in paths.items()
        if not any(part.startswith(".") or part == "__pycache__" for part in name.parts)
    }


def _stubs(reference_dir: Path) -> dict[str, bytes]:
    if not reference_dir.is_dir():
        raise UsageError(f"no reference to make stubs of: {reference_dir} is not a folder")
    stubs = {}
    for name, path in _files(reference_dir).items():
        content = path.read_bytes()
        if handler := HANDLERS.get(path.suffix):
            try:
                text = content.decode("utf-8").replace("\r\n", "\n")
            except UnicodeDecodeError as error:
                raise UsageError(f"{name}: is not UTF-8 text") from error
            stubs[name] = handler(text, name).encode("utf-8")
        elif b"BEGIN SOLUTION" in content:
            known = ", ".join(HANDLERS)
            raise UsageError(f"{name}: BEGIN SOLUTION in a kind of file without regions (known: {known})")
        else:
            stubs[name] = content
    return stubs


def _first_differing_line(old: bytes, new: bytes) -> int | None:
    if old == new:
        return None
    old_lines, new_lines = old.split(b"\n"), new.split(b"\n")
    pairs = zip(old_lines, new_lines, strict=False)
    return next((i for i, (a, b) in enumerate(pairs, 1) if a != b), min(len(old_lines), len(new_lines)) + 1)


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


def _function_around(tree: ast.Module, region: _Region, filename: str) -> str:
    """The name, with its classes, of the innermost function whose body holds all of the region's code."""
    name, node = [], None
    children: list[ast.AST] = [tree]
    while children:
        parent = children.pop()
        for child in ast.iter_child_nodes(parent):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                holds = child.body[0].lineno <= region.code[0] and region.code[-1] <= (child.end_lineno or 0)
                if holds and child.lineno < region.begin:
                    name.append(child.name)
                    node, children = child, [child]
                    break
            else:
                children.append(child)
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        raise UsageError(f"{filename}:{region.begin}: a solution region must lie inside one function")
    return ".".join(name)


def _parse(source: str, filename: str, problem: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UsageError(f"{filename}:{line}: {problem} ({error.args[0]})") from error


def _parse_toml(source: str, filename: str, problem: str) -> None:
    try:
        tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{filename}: {problem} ({error})") from error
