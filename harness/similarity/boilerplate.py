"""What all students were given: the stubs, the given files and the reference's signatures, which count as nobody's own."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from harness.assignment import Assignment
from harness.similarity.tokens import Line, logical_lines

# A shorter line, such as `return out`, is anybody's: it counts as given only beside a neighbour of the given code.
LONG = 10
_IMPORTS = frozenset({"import", "from", "@"})


@dataclass(frozen=True)
class Boilerplate:
    """Lines that students did not write.

    Attributes:
        lines: Long given lines, imports and decorators, as `Line.key` spells them.
        neighbours: Pairs of lines that follow each other in the given code.
        headers: `def NAME` and `class NAME`: whoever adds types or parameters to a given signature did not write it.
    """

    lines: frozenset[str] = frozenset()
    neighbours: frozenset[tuple[str, str]] = frozenset()
    headers: frozenset[str] = frozenset()

    def own(self, lines: list[Line]) -> Iterator[list[Line]]:
        """The lines that are the student's own, in stretches between given ones."""
        keys = [line.key for line in lines]
        stretch: list[Line] = []
        for at, line in enumerate(lines):
            if self._given(keys, at, line):
                if stretch:
                    yield stretch
                stretch = []
            else:
                stretch.append(line)
        if stretch:
            yield stretch

    def _given(self, keys: list[str], at: int, line: Line) -> bool:
        before = at > 0 and (keys[at - 1], keys[at]) in self.neighbours
        after = at + 1 < len(keys) and (keys[at], keys[at + 1]) in self.neighbours
        return keys[at] in self.lines or line.header in self.headers or before or after


def boilerplate(given: Iterable[str], signatures: Iterable[str] = ()) -> Boilerplate:
    """What counts as given.

    Args:
        given: Source texts that students were given: all their lines count.
        signatures: Source texts of which only the heads of functions and classes do.
    """
    lines, neighbours, headers = set[str](), set[tuple[str, str]](), set[str]()
    for text in given:
        parsed = list(logical_lines(text))
        keys = [line.key for line in parsed]
        lines |= {
            key
            for key, line in zip(keys, parsed, strict=True)
            if len(line.tokens) >= LONG or line.tokens[0].text in _IMPORTS
        }
        neighbours |= set(pairwise(keys))
        headers |= {line.header for line in parsed}
    for text in signatures:
        headers |= {line.header for line in logical_lines(text)}
    return Boilerplate(frozenset(lines), frozenset(neighbours), frozenset(headers - {""}))


def of_assignment(assignment: Assignment) -> Boilerplate:
    """What students of an assignment are given: all Python in `student/NAME` and `tests/NAME/given`, notebooks too."""
    given = [text for folder in (assignment.student, assignment.given) for text in _sources(folder)]
    return boilerplate(given, _sources(assignment.reference))


def _sources(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py" and path.is_file():
            yield path.read_text(encoding="utf-8", errors="replace")
        elif path.suffix == ".ipynb" and path.is_file():
            cells = json.loads(path.read_bytes()).get("cells", [])
            yield "\n".join("".join(c["source"]) for c in cells if c.get("cell_type") == "code")
