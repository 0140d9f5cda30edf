"""Which pairs are worth comparing: an inverted index over fingerprints, so that no class is compared pair by pair."""

import heapq
from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse

from harness.similarity.fingerprints import Fingerprint

FEW = 10  # a stretch of code that no more than this many have is never taken for common knowledge
SHARE = 0.2  # nor one that no larger part of the class has
MANY = 500  # but one that more than this many have always is
_BLOCK = 256


def common_hashes(prints: Sequence[Fingerprint]) -> np.ndarray:
    """Hashes of what so many have that it says nothing of any two of them; sorted.

    Submissions that are the same once normalised count once: what forty copies share is not common knowledge.
    """
    distinct = list({p.same: p for p in prints}.values())
    limit = min(MANY, max(FEW, int(SHARE * len(distinct))))
    if not distinct:
        return np.empty(0, dtype=np.int64)
    values, counts = np.unique(np.concatenate([np.unique(p.hashes) for p in distinct]), return_counts=True)
    return values[counts > limit]


def candidates(
    prints: Sequence[Fingerprint],
    current: int,
    common: np.ndarray,
    least: float,
    most: int,
    apart: Callable[[int, int], bool] = lambda i, j: False,
) -> tuple[list[tuple[int, int]], bool]:
    """The pairs that share most, as far as the index can tell.

    Args:
        prints: The class, and behind it what it is compared with.
        current: How many of them are the class: at least one of a pair is.
        common: Hashes that do not count.
        least: The least share of the smaller one's fingerprints.
        most: How many pairs at most; the same pairs in every run.
        apart: True for a pair that is not to be looked at.

    Returns:
        The pairs (i, j), i < j, likeliest first; and whether there were more.
    """
    matrix = _matrix(prints, common)
    sizes = np.diff(matrix.indptr)
    names = [p.name for p in prints]
    best: list[tuple[float, int, tuple[int, int]]] = []
    more = False
    # Ties go by name: `order` is larger where the name comes first.
    order = np.empty(len(prints), dtype=np.int64)
    order[sorted(range(len(prints)), key=lambda i: names[i], reverse=True)] = np.arange(len(prints))
    transposed = matrix.T.tocsr()
    for begin in range(0, current, _BLOCK):
        shared = (matrix[begin : min(begin + _BLOCK, current)] @ transposed).tocoo()
        i, j, count = shared.row + begin, shared.col, shared.data
        keep = j > i
        i, j, count = i[keep], j[keep], count[keep]
        share = count / np.minimum(sizes[i], sizes[j])
        keep = share >= least
        high, low = np.maximum(order[i], order[j]), np.minimum(order[i], order[j])
        rank = np.lexsort((-low[keep], -high[keep], -count[keep], -share[keep]))
        for at in np.flatnonzero(keep)[rank]:
            pair = (int(i[at]), int(j[at]))
            entry = (float(share[at]), int(count[at]), (int(high[at]), int(low[at])))
            if len(best) >= most and entry <= best[0]:
                more = True
                break  # the rest of this block is ranked below
            if apart(*pair):
                continue
            if len(best) < most:
                heapq.heappush(best, entry)
            else:
                heapq.heapreplace(best, entry)
                more = True
    index = {int(rank): at for at, rank in enumerate(order)}
    found = [sorted((index[a], index[b])) for _, _, (a, b) in sorted(best, reverse=True)]
    return [(i, j) for i, j in found], more


def _matrix(prints: Sequence[Fingerprint], common: np.ndarray) -> sparse.csr_matrix:
    kept = [p.selected[~np.isin(p.selected, common, assume_unique=True)] for p in prints]
    lengths = [len(hashes) for hashes in kept]
    _, columns = np.unique(np.concatenate([*kept, np.empty(0, dtype=np.int64)]), return_inverse=True)
    pointers = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    shape = (len(prints), int(columns.max(initial=-1)) + 1)
    return sparse.csr_matrix((np.ones(len(columns), dtype=np.int32), columns, pointers), shape=shape)
