"""How alike two submissions are, and where."""

from dataclasses import dataclass

import numpy as np

from harness.similarity.fingerprints import Fingerprint, K, covered, regions

LEAST_TOKENS = 3 * K  # in common; less is chance


@dataclass(frozen=True)
class Region:
    """A stretch of one file that also stands in the other submission.

    Attributes:
        number: Of the match, from 1; regions of both sides with the same number belong together.
        file: Index of the file.
        start, end: Characters of its text.
        line: Of the first character, from 1.
    """

    number: int
    file: int
    start: int
    end: int
    line: int


@dataclass(frozen=True)
class Likeness:
    """Two submissions and what stands in both.

    Attributes:
        left, right: Their numbers in the class.
        share: The part of the smaller one's own code that also stands in the other, from 0 to 1.
        left_share, right_share: The same for either.
        tokens: How many tokens that is, in the smaller one.
        left_lines, right_lines: In how many lines they stand.
    """

    left: int
    right: int
    share: float
    left_share: float
    right_share: float
    tokens: int
    left_lines: int
    right_lines: int
    left_regions: tuple[Region, ...] = ()
    right_regions: tuple[Region, ...] = ()


def likeness(
    prints: tuple[Fingerprint, Fingerprint], numbers: tuple[int, int], common: np.ndarray
) -> Likeness:
    """Compare two submissions stretch by stretch; what many of the class have is left out on both sides."""
    own, shared = [], []
    rare = [~np.isin(p.hashes, common) for p in prints]
    both = np.intersect1d(prints[0].hashes[rare[0]], prints[1].hashes[rare[1]])
    for p, mask in zip(prints, rare, strict=True):
        own.append(covered(p.positions[mask]))
        shared.append(mask & np.isin(p.hashes, both))
    matched = [covered(p.positions[mask]) for p, mask in zip(prints, shared, strict=True)]
    shares = [m / o if o else 0.0 for m, o in zip(matched, own, strict=True)]
    smaller = 0 if own[0] <= own[1] else 1
    left, right = _paired(prints, shared)
    return Likeness(
        *numbers, shares[smaller], shares[0], shares[1], matched[smaller], _lines(prints[0], left),
        _lines(prints[1], right), left, right,
    )  # fmt: skip


def _paired(
    prints: tuple[Fingerprint, Fingerprint], shared: list[np.ndarray]
) -> tuple[tuple[Region, ...], tuple[Region, ...]]:
    """The regions of both sides. Each goes with the one on the other side with which it shares most."""
    spans = [regions(p.positions[mask]) for p, mask in zip(prints, shared, strict=True)]
    if not len(spans[0]):
        return (), ()
    members = []
    for p, mask, span in zip(prints, shared, spans, strict=True):
        members.append((p.hashes[mask], np.searchsorted(span[:, 0], p.positions[mask], side="right") - 1))
    right_of_left = _partners(members[0], members[1], len(spans[0]))
    left_of_right = _partners(members[1], members[0], len(spans[1]))
    numbers: dict[int, int] = {}
    for right in right_of_left.tolist():
        numbers.setdefault(right, len(numbers) + 1)
    left_numbers = [numbers[right] for right in right_of_left.tolist()]
    right_numbers = [
        numbers.get(right, left_numbers[left]) for right, left in enumerate(left_of_right.tolist())
    ]
    return _located(prints[0], spans[0], left_numbers), _located(prints[1], spans[1], right_numbers)


def _partners(
    mine: tuple[np.ndarray, np.ndarray], others: tuple[np.ndarray, np.ndarray], count: int
) -> np.ndarray:
    """For each of my `count` regions, the other's region that has most of its hashes, each counted where it is first."""
    hashes, first = np.unique(others[0], return_index=True)
    votes = others[1][first][np.searchsorted(hashes, mine[0])]
    pairs, how_often = np.unique(np.stack([mine[1], votes], axis=1), axis=0, return_counts=True)
    partners = np.zeros(count, dtype=np.int64)
    # The most frequent is written last; of equals, the one that stands first.
    for at in np.lexsort((-pairs[:, 1], how_often)):
        partners[pairs[at, 0]] = pairs[at, 1]
    return partners


def _located(p: Fingerprint, spans: np.ndarray, numbers: list[int]) -> tuple[Region, ...]:
    found = []
    for (begin, end), number in zip(spans, numbers, strict=True):
        file, start = int(p.files[begin]), int(p.starts[begin])
        line = p.sources[file].text.count("\n", 0, start) + 1
        found.append(Region(number, file, start, int(p.ends[end - 1]), line))
    return tuple(found)


def _lines(p: Fingerprint, found: tuple[Region, ...]) -> int:
    lines = set[tuple[int, int]]()
    for region in found:
        inside = p.sources[region.file].text.count("\n", region.start, region.end)
        lines |= {(region.file, line) for line in range(region.line, region.line + inside + 1)}
    return len(lines)
