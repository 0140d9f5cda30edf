"""Untrusted text made safe to print: in a terminal, a file, or a report."""

import unicodedata

_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def clean(text: str, limit: int = 4000) -> str:
    """The text with control, format, bidi and surrogate characters spelled out, and cut at `limit` characters."""
    cut = text[:limit]
    out = "".join(
        c if c in "\n\t" or unicodedata.category(c) not in _UNPRINTABLE else f"\\u{ord(c):04x}" for c in cut
    )
    return out + (f" … [{len(text) - limit} more characters]" if len(text) > limit else "")


def one_line(text: str, limit: int = 300) -> str:
    """The cleaned text with every run of white space folded into one blank."""
    return " ".join(clean(text, limit).split())
