"""From a test that did not pass to the place in the student's code that it speaks of."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.results import TestResult
from harness.site.code_view import Definition
from harness.text import one_line

MOST_PLACES = 3
_FRAME = re.compile(r"^(\S[^\n,]*), line (\d{1,6})(?:, in (\S+))?$", re.MULTILINE)
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class CodeFile:
    """A file of the student's: `anchor` begins the ids of its lines, and is ours."""

    name: str
    anchor: str
    lines: int
    functions: tuple[Definition, ...]


@dataclass(frozen=True)
class Place:
    """A line of the code. `function` is the function around it, None for a line outside of any."""

    file: CodeFile
    line: int
    function: Definition | None
    label: str

    @property
    def anchor(self) -> str:
        """The id of the line's element."""
        return f"{self.file.anchor}-{self.line}"


def places(test: TestResult, files: Sequence[CodeFile]) -> list[Place]:
    """Where to look: lines of the traceback first, then functions that the title, the hint or the test's name name.

    A plain name that many classes share says nothing, unless one of those classes is named, too; nor does a function
    inside another. Where Python could not read a file, the line that it stopped at is all that matters.
    """
    found: dict[str, Place] = {}
    frames = _FRAME.findall(test.trace)
    for file_name, line, _ in reversed(frames):
        for file in _named(file_name, files):
            if 1 <= int(line) <= file.lines:
                place = _place(file, int(line), _around(file, int(line)))
                found.setdefault(place.anchor, place)
    if any(not function for _, _, function in frames):
        return list(found.values())[:MOST_PLACES]
    seen = {(p.file.anchor, p.function) for p in found.values()}
    test_name = test.id.rsplit("::", 1)[-1]
    words = set(_WORD.findall(" ".join((test.title, test.hint, test_name))))
    by_name: dict[str, list[tuple[CodeFile, Definition]]] = {}
    for file in files:
        for function in file.functions:
            plain = function.plain
            if not (function.inner or plain.startswith("__")) and (
                plain in words or f"_{plain}_" in f"{test_name}_"
            ):
                by_name.setdefault(plain, []).append((file, function))
    for candidates in by_name.values():
        owned = [(f, d) for f, d in candidates if words.intersection(d.name.split(".")[:-1])]
        chosen = owned or candidates
        for file, function in chosen if len(chosen) <= 2 else ():
            if (file.anchor, function) not in seen:
                place = _place(file, function.first, function)
                found.setdefault(place.anchor, place)
    return list(found.values())[:MOST_PLACES]


def _named(name: str, files: Iterable[CodeFile]) -> list[CodeFile]:
    exact = [file for file in files if file.name == name]
    return exact or [file for file in files if file.name.rsplit("/", 1)[-1] == name.rsplit("/", 1)[-1]][:1]


def _around(file: CodeFile, line: int) -> Definition | None:
    inside = [d for d in file.functions if d.first <= line <= d.last]
    return max(inside, key=lambda d: d.first, default=None)


def _place(file: CodeFile, line: int, function: Definition | None) -> Place:
    name = f"{one_line(function.name, 60)} in " if function else ""
    return Place(file, line, function, f"{name}{one_line(file.name, 80)}, line {line}")
