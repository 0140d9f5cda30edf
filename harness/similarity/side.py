"""One side of a side-by-side page: files, lines, and the parts of lines that also stand on the other side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from harness.similarity.fingerprints import Fingerprint
from harness.similarity.likeness import Region

COLOURS = 8
CONTEXT = 3  # lines around a match that are always shown
FOLDED = 6  # lines without a match, and more, are folded


@dataclass(frozen=True)
class Part:
    """A part of a line. `match` is 0 where it stands on this side alone.

    Attributes:
        anchor: True for the first part of a match's first region on this side: the place that links lead to.
        marked: True for the first part of a region, which shows the match's number.
    """

    text: str
    match: int = 0
    anchor: bool = False
    marked: bool = False

    @property
    def colour(self) -> int:
        return self.match % COLOURS


@dataclass(frozen=True)
class CodeLine:
    """A line of a file. `own` is false where it is given code, a comment or empty."""

    number: int
    parts: tuple[Part, ...]
    own: bool


@dataclass(frozen=True)
class Block:
    """Lines in a row. `folded` where they are many and none is near a match."""

    folded: bool
    lines: tuple[CodeLine, ...]


@dataclass(frozen=True)
class CodeFile:
    """A file with its lines; none where nothing in it stands on the other side."""

    name: str
    blocks: tuple[Block, ...]
    cut: bool


def side(print_: Fingerprint, regions: Sequence[Region]) -> list[CodeFile]:
    """The files of one submission, each line cut where a match begins or ends."""
    anchored = set[int]()
    files = []
    for number, source in enumerate(print_.sources):
        here = sorted((r for r in regions if r.file == number), key=lambda r: r.start)
        own = print_.starts[print_.files == number]
        lines = _lines(source.text, here, own, anchored) if here else []
        files.append(CodeFile(source.name, tuple(_blocks(lines)), source.cut))
    return files


def _blocks(lines: list[CodeLine]) -> Iterator[Block]:
    matched = [at for at, line in enumerate(lines) if any(part.match for part in line.parts)]
    near = {n for at in matched for n in range(at - CONTEXT, at + CONTEXT + 1)}
    for is_near, group in groupby(range(len(lines)), key=lambda at: at in near):
        members = tuple(lines[at] for at in group)
        yield Block(not is_near and len(members) >= FOLDED, members)


def _lines(text: str, regions: Sequence[Region], own: np.ndarray, anchored: set[int]) -> list[CodeLine]:
    lines = []
    begin, at = 0, 0  # of the line; the first region that is not over yet
    for number, line in enumerate(text.split("\n"), start=1):
        end = begin + len(line)
        parts = []
        position = begin
        while at < len(regions) and regions[at].start < end:
            region = regions[at]
            start, stop = max(region.start, begin), min(region.end, end)
            if region.start < begin:  # indentation is no part of what was found
                start += len(line) - len(line.lstrip())
            if position < start:
                parts.append(Part(text[position:start]))
            if start < stop:
                marked = region.start >= begin
                anchor = marked and region.number not in anchored
                if anchor:
                    anchored.add(region.number)
                parts.append(Part(text[start:stop], region.number, anchor, marked))
            position = max(position, start, stop)
            if region.end > end:
                break
            at += 1
        if position < end:
            parts.append(Part(text[position:end]))
        is_own = bool(np.searchsorted(own, end) > np.searchsorted(own, begin))
        lines.append(CodeLine(number, tuple(parts), is_own or any(part.match for part in parts)))
        begin = end + 1
    return lines
