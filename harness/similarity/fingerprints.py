"""A submission's fingerprints: hashes of all stretches of K tokens of its own code, and the selection for the index.

Selection and regions are copydetect's (winnowing: Schleimer, Wilkerson, Aiken 2003). The hashes are ours: copydetect takes
Python's `hash`, which differs from process to process, so that the same class would give another table each time; and its
own filter for boilerplate takes repeated hashes for given ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from copydetect.utils import get_copied_slices, winnow

from harness.similarity.boilerplate import Boilerplate
from harness.similarity.tokens import code_of, logical_lines, normalised

K = 16  # tokens: a shorter stretch in common says nothing
WINDOW = 4  # of K + WINDOW - 1 tokens in common, the index sees at least K
MAX_TOKENS = 100_000  # of one submission
_BASE = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Source:
    """One file of a submission: hostile text with LF line ends. `cut` where the file was longer than what is read."""

    name: str
    text: str
    cut: bool = False


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """The own code of one submission, ready to be compared.

    Attributes:
        files: Index into `sources` for each own token; `starts` and `ends` are its characters there.
        positions, hashes: Where each stretch of K tokens begins, and its hash: 52 bits, so that floats hold them.
        selected: The winnowed hashes, each once, sorted.
    """

    name: str
    sources: tuple[Source, ...]
    files: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    positions: np.ndarray
    hashes: np.ndarray
    selected: np.ndarray
    codes: np.ndarray = field(repr=False)

    @property
    def same(self) -> bytes:
        """Equal for submissions that are the same once normalised."""
        return self.codes.tobytes()


def fingerprint(name: str, sources: Iterable[Source], given: Boilerplate) -> Fingerprint:
    """Read the sources, which are never run, and fingerprint what is the student's own."""
    kept = tuple(sources)
    rows: list[tuple[int, int, int, int, int]] = []  # code, stretch, file, start, end
    stretch_number = 0
    for number, source in enumerate(kept):
        for stretch in given.own(list(logical_lines(source.text))):
            stretch_number += 1
            rows += [
                (code_of(word), stretch_number, number, token.start, token.end)
                for line in stretch
                for word, token in normalised(line)
            ]
            if len(rows) > MAX_TOKENS:
                del rows[MAX_TOKENS:]
                break
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    codes, stretches = table[:, 0].astype(np.uint64), table[:, 1]
    count = max(0, len(codes) - K + 1)
    rolling = np.zeros(count, dtype=np.uint64)
    for offset in range(K):
        rolling = rolling * _BASE + codes[offset : offset + count]
    # The low bits of such a sum mix little: the high ones are folded in.
    rolling = (rolling ^ (rolling >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9) >> np.uint64(12)
    positions = np.flatnonzero(stretches[:count] == stretches[K - 1 : K - 1 + count])
    hashes = rolling[positions].astype(np.int64)
    return Fingerprint(
        name,
        kept,
        table[:, 2].astype(np.int32),
        table[:, 3].astype(np.int32),
        table[:, 4].astype(np.int32),
        positions,
        hashes,
        _selected(hashes),
        codes,
    )


def regions(positions: np.ndarray) -> np.ndarray:
    """The stretches that overlapping fingerprints at these positions cover: [begin, end) of tokens, shape (n, 2)."""
    if not len(positions):
        return np.empty((0, 2), dtype=np.int64)
    return get_copied_slices(positions, K).T.astype(np.int64)


def covered(positions: np.ndarray) -> int:
    """How many tokens those stretches hold."""
    found = regions(positions)
    return int((found[:, 1] - found[:, 0]).sum())


def _selected(hashes: np.ndarray) -> np.ndarray:
    if len(hashes) <= WINDOW:
        return np.unique(hashes)
    return np.unique(winnow(hashes, WINDOW, remove_duplicates=False)[0])
