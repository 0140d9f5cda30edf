"""Where the parts of a chart lie: plain numbers, which templates draw as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.text_report import number

MOST_BINS = 24
LETTER = 7.0  # width of one letter of a label, on the safe side
_GAP = 5.0  # between a mark and its label


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
class Label:
    """Words beside a mark; `x` is where they begin (`anchor` start) or end."""

    x: float
    anchor: str
    text: str

    @property
    def span(self) -> tuple[float, float]:
        """From where to where they reach."""
        wide = len(self.text) * LETTER
        return (self.x, self.x + wide) if self.anchor == "start" else (self.x - wide, self.x)


@dataclass(frozen=True)
class Histogram:
    """Bars over an axis; all places in units of the view box. `labels` name the mean and the median."""

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
    labels: tuple[Label, ...] = ()


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
    known = [(name, value) for name, value in (("median", median), ("mean", mean)) if value is not None]
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
        _labels([(across(v), f"{n} {number(v, 1)}") for n, v in known], width),
    )


def _labels(marks: Sequence[tuple[float, str]], width: float) -> tuple[Label, ...]:
    """The words for the marks on one line: on the outer sides where there is room, one label where there is none."""
    marks = sorted(marks)
    if len(marks) < 2:
        return tuple(_inside(at, text, width) for at, text in marks)
    (low, first), (high, second) = marks
    left, right = Label(low - _GAP, "end", first), Label(high + _GAP, "start", second)
    if left.span[0] < 0:
        left = Label(low + _GAP, "start", first)
    if right.span[1] > width:
        right = Label(high - _GAP, "end", second)
    if left.span[1] + _GAP <= right.span[0] and left.span[1] < high and right.span[0] > low:
        return left, right
    return (_inside((low + high) / 2, f"{first}, {second}", width),)


def _inside(middle: float, text: str, width: float) -> Label:
    wide = len(text) * LETTER
    return Label(round(min(max(middle - wide / 2, 0.0), width - wide), 2), "start", text)


def _round_step(least: float) -> float:
    """The smallest of 0.5, 1, 2, 2.5, 5, 10, 20, … that is not below `least`."""
    if least <= 0.5:
        return 0.5
    power = 10.0 ** math.floor(math.log10(least))
    for factor in (1, 2, 2.5, 5, 10):
        if factor * power >= least - 1e-9 and (factor != 2.5 or power >= 10):
            return factor * power
    return 10 * power
