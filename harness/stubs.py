"""The students' files, made out of the reference: solution regions and answers taken out, all else copied.

A region of a `.py` file or of a notebook's code cell becomes one `raise NotImplementedError(...)`. In a `.toml` file,
a line that ends in `# ANSWER` keeps its key and gets the value `""`. Of `predictions.csv` only the header stays. A
new kind of file needs one more entry in `HANDLERS`.
"""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

from harness.errors import UsageError
from harness.solution_regions import stub_source
from harness.stub_notebooks import stub_notebook

_ANSWER = re.compile(r"(?P<key>[^#=]+=).*#\s*ANSWER\s*")


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


def header_line(source: str, filename: str) -> str:
    """The first line of a table, and nothing of what it holds.

    Raises:
        UsageError: If it is empty.
    """
    if not (header := source.split("\n")[0]).strip():
        raise UsageError(f"{filename}:1: has no header line")
    return f"{header}\n"


HANDLERS: dict[str, Callable[[str, str], str]] = {  # by a file's name, then by its suffix
    "predictions.csv": header_line,
    ".py": stub_source,
    ".toml": stub_answers,
    ".ipynb": stub_notebook,
}


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
    extra = sorted(files_of(student_dir).keys() - stubs.keys())
    return found + [f"student/{student_dir.name}/{name} has no reference: remove it" for name in extra]


def files_of(folder: Path) -> dict[str, Path]:
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
    for name, path in files_of(reference_dir).items():
        content = path.read_bytes()
        if handler := HANDLERS.get(path.name) or HANDLERS.get(path.suffix):
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


def _parse_toml(source: str, filename: str, problem: str) -> None:
    try:
        tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{filename}: {problem} ({error})") from error
