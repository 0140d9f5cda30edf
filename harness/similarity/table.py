"""The ranked table of likenesses: on the terminal, and as similarity.csv."""

from collections.abc import Iterator

from rich.console import Console

from harness.gradebook.plain_lines import aligned, say
from harness.report.grades_csv import line
from harness.similarity.classwide import Similar
from harness.similarity.likeness import Likeness
from harness.site.pages import plural
from harness.text import one_line

ROWS = 20
_NOTES = 10
COLUMNS = [
    "rank",
    "left",
    "right",
    "share",
    "left_share",
    "right_share",
    "tokens",
    "left_lines",
    "right_lines",
    "people",
    "page",
]


def percent(share: float) -> str:
    """A share as a person reads it, rounded down, so that only what is whole is 100%."""
    return f"{int(share * 100 + 1e-9)}%"


def pages_of(found: Similar) -> Iterator[tuple[Likeness, bool, str]]:
    """Each listed pair, whether it shares a person, and the name of its page."""
    for rank, pair in enumerate(found.pairs, start=1):
        yield pair, False, f"pair-{rank:04}.html"
    for rank, pair in enumerate(found.together, start=1):
        yield pair, True, f"together-{rank:04}.html"


def csv(found: Similar) -> str:
    """similarity.csv: all listed pairs, most alike first; those that share a person behind them."""
    lines = [line(COLUMNS)]
    ranks = [*range(1, len(found.pairs) + 1), *range(1, len(found.together) + 1)]
    for rank, (pair, together, page) in zip(ranks, pages_of(found), strict=True):
        left, right = found.entries[pair.left], found.entries[pair.right]
        shares = (pair.share, pair.left_share, pair.right_share)
        counts = (pair.tokens, pair.left_lines, pair.right_lines)
        who = "together" if together else ""
        lines.append(line([rank, left.name, right.name, *shares, *counts, who, page]))
    return "".join(lines)


def show(found: Similar, written: str, console: Console | None = None) -> None:
    """Print the first pairs and where all of them are."""
    console = console or Console()
    if found.title:
        say(console, one_line(found.title))
    if found.pairs:
        rows = [("share", "lines", "submission", "submission")]
        rows += [
            (
                percent(pair.share),
                f"{min(pair.left_lines, pair.right_lines)}",
                one_line(found.entries[pair.left].name, 120),
                one_line(found.entries[pair.right].name, 120),
            )
            for pair in found.pairs[:ROWS]
        ]
        for text in aligned(rows, right=(0, 1)):
            say(console, text, cut=True)
        say(console, "")
    for sentence in _legend(found) + summary(found):
        say(console, sentence)
    say(console, f"Side by side: {one_line(written)}")


def _legend(found: Similar) -> list[str]:
    if not found.pairs:
        return []
    lines = [
        "share: how much of the smaller submission's own code also stands in the other. It says that two are alike, "
        "not why."
    ]
    if len(found.pairs) > ROWS:
        lines.append(f"{plural(len(found.pairs) - ROWS, 'more pair')} in similarity.csv and on the pages")
    return lines


def summary(found: Similar) -> list[str]:
    """What was compared and what was left out, in sentences."""
    others = len(found.entries) - found.current
    compared = f"Compared: {plural(found.current, 'submission')}"
    compared += f" with each other and with {plural(others, 'other')}" if others else ""
    pairs = f"{plural(len(found.pairs), 'pair')} at or above {percent(found.threshold)}"
    sentences = [f"{compared}; {pairs}"]
    if found.more:
        sentences.append("There may be more pairs above the threshold: raise --top to list them")
    if found.together:
        sentences.append(
            f"Listed apart, since somebody belongs to both: {plural(len(found.together), 'pair')}"
        )
    if found.empty:
        names = ", ".join(one_line(name, 40) for name in found.empty[:5])
        more = ", ..." if len(found.empty) > 5 else ""
        sentences.append(f"Too little own code to compare: {len(found.empty):,} ({names}{more})")
    sentences += found.notes[:_NOTES]
    if len(found.notes) > _NOTES:
        sentences.append(f"... and {plural(len(found.notes) - _NOTES, 'more such note')}")
    return sentences
