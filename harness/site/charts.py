"""Where the parts of a chart lie: plain numbers, which templates draw as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

MOST_BINS = 24


@dataclass(frozen=True)
class Bin:
    """Totals from `low` up to, but not including, `high`; the last one includes it."""

    low: float
    high: float
    count: int
    last: bool = False


@dataclass(frozen=True)
class Bar:
    """A bin as drawn."""

    bin: Bin
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    value: float


@dataclass(frozen=True)
class Histogram:
    """Bars over an axis; all places in units of the view box."""

    width: float
    height: float
    left: float
    right: float
    base: float
    top: float
    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    mean: float | None
    median: float | None


@dataclass(frozen=True)
class Point:
    """One item in the plane of difficulty (across) and discrimination (up)."""

    x: float
    y: float
    label: str
    colour: str
    shape: str


def bins(values: Sequence[float], maximum: float) -> list[Bin]:
    """Equal bins of a round width from 0 to the maximum, or to the largest value if a bonus leads beyond it."""
    top = max([maximum, *values, 0.0]) or 1.0
    width = _round_step(top / MOST_BINS)
    count = max(1, math.ceil(top / width - 1e-9))
    counts = [0] * count
    for value in values:
        counts[min(count - 1, max(0, math.floor(value / width + 1e-9)))] += 1
    return [Bin(i * width, (i + 1) * width, n, i == count - 1) for i, n in enumerate(counts)]


def histogram(
    parts: Sequence[Bin], mean: float | None, median: float | None, width: float, height: float
) -> Histogram:
    """The bars in a view box of this size."""
    left, right, top, base = 34.0, width - 8.0, 26.0, height - 26.0
    highest = max((part.count for part in parts), default=0) or 1
    step = max(1.0, _round_step(highest / 4))
    ceiling = math.ceil(highest / step) * step
    end = parts[-1].high

    def across(value: float) -> float:
        return round(left + (right - left) * min(max(value, 0.0), end) / end, 2)

    def up(count: float) -> float:
        return round(base - (base - top) * count / ceiling, 2)

    bars = tuple(
        Bar(
            part,
            across(part.low) + 1,
            up(part.count),
            round(across(part.high) - across(part.low) - 2, 2),
            round(base - up(part.count), 2),
        )
        for part in parts
    )
    x_step = _round_step(end / (10 if width > 500 else 6))
    x_ticks = tuple(Tick(across(i * x_step), i * x_step) for i in range(math.floor(end / x_step + 1e-9) + 1))
    y_ticks = tuple(Tick(up(i * step), i * step) for i in range(round(ceiling / step) + 1))
    return Histogram(
        width,
        height,
        left,
        right,
        base,
        top,
        bars,
        x_ticks,
        y_ticks,
        None if mean is None else across(mean),
        None if median is None else across(median),
    )


def _round_step(least: float) -> float:
    """The smallest of 0.5, 1, 2, 2.5, 5, 10, 20, … that is not below `least`."""
    if least <= 0.5:
        return 0.5
    power = 10.0 ** math.floor(math.log10(least))
    for factor in (1, 2, 2.5, 5, 10):
        if factor * power >= least - 1e-9 and (factor != 2.5 or power >= 10):
            return factor * power
    return 10 * power
