"""Lines of plain text for a terminal, a log or a pipe, whatever their encoding."""

from collections.abc import Sequence

from rich.console import Console

WIDTH = 120


def say(console: Console, text: str, *, cut: bool = False) -> None:
    """Write one line. What the stream cannot encode is spelled out; nothing in the text is markup.

    Args:
        cut: Lines of a table end at `WIDTH` columns.
    """
    text = shortened(text, WIDTH) if cut else text
    encoding = console.encoding or "utf-8"
    console.file.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def shortened(text: str, width: int) -> str:
    """The text, cut at its end where it is wider."""
    return text if len(text) <= width else text[: max(width, 4) - 3] + "..."


def aligned(rows: Sequence[Sequence[str]], right: Sequence[int] = (), widest: int = 36) -> list[str]:
    """The rows as lines with columns under each other.

    Args:
        rows: All of the same length; the last column is as wide as it needs.
        right: Columns that are set to the right.
        widest: Where a column is cut.
    """
    if not rows:
        return []
    widths = [min(widest, max(len(row[c]) for row in rows)) for c in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        cells = [shortened(text, w) for text, w in zip(row, widths, strict=False)]
        cells = [
            f"{text:>{w}}" if c in right else f"{text:<{w}}"
            for c, (text, w) in enumerate(zip(cells, widths, strict=True))
        ]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return lines
