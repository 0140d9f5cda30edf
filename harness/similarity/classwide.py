"""The likenesses of a whole class, ranked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from harness.similarity.boilerplate import Boilerplate
from harness.similarity.candidates import candidates, common_hashes
from harness.similarity.fingerprints import Fingerprint, fingerprint
from harness.similarity.likeness import LEAST_TOKENS, Likeness, likeness
from harness.similarity.reading import Entry, sources_of

# The index counts selected fingerprints alone, so that its estimate may be lower than the share itself.
_SLACK = 0.6
_TRIED = 5  # pairs looked at for each one that is to be listed
_TOGETHER = 500


@dataclass(frozen=True)
class Similar:
    """What `grader.py similar` found.

    Attributes:
        title: The assignment's.
        entries, prints: The class, and behind it what it was compared with.
        current: How many of them are the class.
        pairs: At or above the threshold, most alike first.
        together: The pairs that share a person: a group's work, or the same student's in another year.
        more: Further pairs may be above the threshold, beyond what was asked for.
        threshold: The least share that is listed.
        empty: Names of those that have no code of their own long enough to compare.
        notes: What could not be read, one line for each.
    """

    title: str
    entries: tuple[Entry, ...]
    prints: tuple[Fingerprint, ...]
    current: int
    pairs: tuple[Likeness, ...]
    together: tuple[Likeness, ...]
    more: bool
    threshold: float
    empty: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def find_similar(
    entries: Sequence[Entry],
    given: Boilerplate,
    *,
    others: Sequence[Entry] = (),
    top: int = 100,
    threshold: float = 0.5,
    title: str = "",
    seen: Callable[[], object] = lambda: None,
) -> Similar:
    """Compare each submission of a class with all others, and with those of other classes.

    Args:
        entries: The class.
        given: What all students were given.
        others: Of another year, say: compared with the class, not among each other.
        top: How many pairs to list at most.
        threshold: The least share of the smaller one's own code, from 0 to 1.
        seen: Called once for each submission that was read.
    """
    everyone = (*entries, *others)
    prints: list[Fingerprint] = []
    notes: list[str] = []
    for entry in everyone:
        sources, said = sources_of(entry)
        prints.append(fingerprint(entry.name, sources, given))
        notes += said
        seen()
    common = common_hashes(prints)
    same_people = _same_people(everyone, len(entries))
    pairs, cut = candidates(
        prints, len(entries), common, threshold * _SLACK, _TRIED * top, lambda i, j: (i, j) in same_people
    )

    def compared(numbers: Sequence[tuple[int, int]]) -> list[Likeness]:
        found = [likeness((prints[i], prints[j]), (i, j), common) for i, j in numbers]
        alike = [f for f in found if f.share >= threshold and f.tokens >= LEAST_TOKENS]
        return sorted(
            alike, key=lambda f: (-f.share, -f.tokens, everyone[f.left].name, everyone[f.right].name)
        )

    listed = compared(pairs)
    return Similar(
        title,
        everyone,
        tuple(prints),
        len(entries),
        tuple(listed[:top]),
        tuple(compared(sorted(same_people)[:_TOGETHER])[:top]),
        cut or len(listed) > top,
        threshold,
        tuple(p.name for p in prints[: len(entries)] if not len(p.hashes)),
        tuple(notes),
    )


def _same_people(everyone: Sequence[Entry], current: int) -> set[tuple[int, int]]:
    """Pairs of which somebody handed in both, or is a member of both groups."""
    of_person: dict[str, list[int]] = {}
    for number, entry in enumerate(everyone):
        for person in entry.people:
            of_person.setdefault(person, []).append(number)
    return {(i, j) for numbers in of_person.values() for i, j in combinations(numbers, 2) if i < current}
