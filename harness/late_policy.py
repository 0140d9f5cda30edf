"""The `[late]` table of a manifest."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from harness.errors import UsageError
from harness.report.text_report import number
from harness.times import aware

STEPS = {"day": timedelta(hours=24), "hour": timedelta(hours=1)}
ATTEMPTS = ("latest", "best")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*%", re.ASCII)
_MOST_DAYS = 3660  # ten years: more is a slip of the pen, and would overflow


class Table(Protocol):
    """The little that is needed of a table of the manifest."""

    data: dict[str, Any]

    def error(self, sentence: str) -> UsageError: ...
    def get(self, key: str, kind: type | tuple[type, ...], default: Any = ...) -> Any: ...
    def done(self) -> None: ...


@dataclass(frozen=True)
class Amount:
    """Points, or a share of the assignment's points in percent."""

    value: float
    percent: bool = False

    def points(self, max_points: float) -> float:
        return self.value * max_points / 100 if self.percent else self.value

    def __str__(self) -> str:
        if self.percent:
            return f"{number(self.value)}%"
        return f"{number(self.value)} point" + ("" if self.value == 1 else "s")


@dataclass(frozen=True)
class LatePolicy:
    """What being late costs.

    Attributes:
        due: With a time zone.
        deduction: Taken off for each step of `per` that has begun after `due`, once the grace is over.
        per: "day" (24 hours, whatever the clocks do) or "hour".
        grace: So much later than `due` costs nothing. Beyond it, lateness counts from `due`.
        cap: The most that being late may take off, as long as the assignment is open.
        closes_after: Later than this after `due`, nothing counts.
        attempt: Which attempt counts, "latest" or "best".
    """

    due: datetime
    deduction: Amount
    per: str = "day"
    grace: timedelta = timedelta(0)
    cap: Amount | None = None
    closes_after: timedelta | None = None
    attempt: str = "latest"

    @property
    def step(self) -> timedelta:
        return STEPS[self.per]

    @classmethod
    def from_table(cls, table: Table) -> "LatePolicy":
        """The policy that a manifest's `[late]` declares.

        Raises:
            UsageError: One sentence with the file, the key and the rule.
        """
        due = table.get("due", datetime)
        try:
            aware(due)
        except ValueError as error:
            raise table.error(f"`due`: {error}") from None
        policy = cls(
            due,
            _amount(table, "deduction"),
            _word(table, "per", tuple(STEPS)),
            timedelta(minutes=_count(table, "grace_minutes", _MOST_DAYS * 24 * 60)),
            _amount(table, "cap") if table.get("cap", (str, int, float), None) is not None else None,
            _closing(table),
            _word(table, "attempt", ATTEMPTS),
        )
        table.done()
        if policy.closes_after is not None and policy.closes_after < policy.grace:
            raise table.error(
                "`closes_after_days` is shorter than `grace_minutes`: nothing would ever be late"
            )
        return policy


def _closing(table: Table) -> timedelta | None:
    days = _count(table, "closes_after_days", _MOST_DAYS)
    return timedelta(days=days) if "closes_after_days" in table.data else None


def _word(table: Table, key: str, words: tuple[str, ...]) -> str:
    word = table.get(key, str, words[0])
    if word not in words:
        raise table.error(f"`{key}` must be {' or '.join(repr(w) for w in words)}, got {word!r}")
    return str(word)


def _count(table: Table, key: str, most: float) -> float:
    value = float(table.get(key, (int, float), 0))
    if not 0 <= value <= most:  # NaN is neither
        raise table.error(f"`{key}` must be a number from 0 to {most:g}, got {value:g}")
    return value


def _amount(table: Table, key: str) -> Amount:
    value = table.get(key, (str, int, float))
    rule = f'`{key}` must be a share such as "10%", at most "100%", or a number of points, 0 or more, got {value!r}'
    if isinstance(value, str):
        found = _PERCENT.fullmatch(value.strip())
        if not found or float(found[1]) > 100:
            raise table.error(rule)
        return Amount(float(found[1]), percent=True)
    if not (math.isfinite(value) and 0 <= value < 1e6):
        raise table.error(rule)
    return Amount(float(value))
