"""Points in time as people and platforms write them; each must have a time zone."""

import re
from datetime import datetime

from harness.text import one_line

TIME_EXAMPLE = "2026-11-20T23:59:00+01:00"
_YEARS = range(1970, 2200)  # others would overflow where zones are converted


def parse_time(text: str) -> datetime:
    """A point in time in ISO 8601, or as Gradescope and GitHub write it (`2026-11-20 22:59:00 UTC`).

    Raises:
        ValueError: A sentence that says what is wrong, without the place.
    """
    text = text.strip()
    plain = re.sub(r"\s*\b(?:UTC|GMT|Z)$", "+00:00", text, flags=re.IGNORECASE)
    plain = re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", plain)
    shown = one_line(text, 40)
    try:
        if re.fullmatch(r"[\d-]+", plain):  # a day alone is no point in time
            raise ValueError
        time = datetime.fromisoformat(plain)
    except ValueError:
        raise ValueError(f"{shown!r} is no point in time: write it as {TIME_EXAMPLE}") from None
    return aware(time, shown)


def aware(time: datetime, shown: str = "") -> datetime:
    """The time itself, once it is known to have a zone.

    Raises:
        ValueError: If it has none, or lies in no year that we reckon with.
    """
    shown = shown or time.isoformat(" ")
    if time.utcoffset() is None:
        raise ValueError(f"{shown!r} has no time zone: write it as {TIME_EXAMPLE}")
    if time.year not in _YEARS:
        raise ValueError(f"{shown!r} is in the year {time.year}: correct it")
    return time
