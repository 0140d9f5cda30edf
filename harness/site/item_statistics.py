"""What the points of a class say of its questions and tests: difficulty, discrimination, reliability.

Source: Crocker and Algina, Introduction to Classical and Modern Test Theory, chapters 5, 7 and 14; the interval for
alpha is Feldt's (1965).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_STUDENTS = 10
ROUGH_BELOW = 30
NEGLIGIBLE = 1e-12  # a variance below this is rounding, not spread

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Item:
    """One question or test. A figure that the class cannot give is None.

    Attributes:
        difficulty: Mean share of its points, 0 (nobody has any) to 1 (everybody has all).
        discrimination: Correlation of its points with the points of all the other items.
        alpha_without: Cronbach's alpha of the other items.
    """

    difficulty: float
    discrimination: float | None
    alpha_without: float | None


@dataclass(frozen=True)
class Analysis:
    """The items of one class, all from the same students.

    Attributes:
        students: How many there are.
        items: In the order of the columns.
        alpha: None where it cannot be told.
        interval: Between which figures alpha lies with 95% confidence.
        why_not: One sentence, where alpha or discrimination cannot be told; empty otherwise.
    """

    students: int
    items: tuple[Item, ...]
    alpha: float | None
    interval: tuple[float, float] | None
    why_not: str

    @property
    def rough(self) -> bool:
        """Whether the figures would be quite different in another class of this size."""
        return self.students < ROUGH_BELOW


def analyse(points: Floats, maxima: Floats) -> Analysis:
    """Difficulty, discrimination and reliability, with nothing claimed that so few students cannot show.

    Args:
        points: Float, shape (students, items), without NaN.
        maxima: Float, shape (items,), each above 0.
    """
    students, count = points.shape
    difficulties = points.mean(axis=0) / maxima if students else np.zeros(count)
    alpha, interval = None, None
    discriminations: list[float | None] = [None] * count
    without: list[float | None] = [None] * count
    why_not = _too_little(points)
    if students >= LEAST_STUDENTS:
        discriminations = _known(discrimination(points))
    if not why_not:
        alpha = float(cronbach_alpha(points))
        interval = alpha_interval(alpha, students, count)
        without = _known(alpha_if_deleted(points))
    items = (Item(float(p), d, a) for p, d, a in zip(difficulties, discriminations, without, strict=True))
    return Analysis(students, tuple(items), alpha, interval, why_not)


def discrimination(points: Floats) -> Floats:
    """Corrected item-total correlation: of each column with the sum of the others; NaN where either never varies.

    Args:
        points: Float, shape (students, items).

    Returns:
        Float in [-1, 1], shape (items,).
    """
    rest = points.sum(axis=1, keepdims=True) - points
    x = points - points.mean(axis=0)
    y = rest - rest.mean(axis=0)
    spread = (x * x).sum(axis=0) * (y * y).sum(axis=0)
    enough = (x.var(axis=0) > NEGLIGIBLE) & (y.var(axis=0) > NEGLIGIBLE)
    out = np.full(points.shape[1], np.nan)
    np.divide((x * y).sum(axis=0), np.sqrt(spread), out=out, where=enough)
    return np.clip(out, -1, 1)


def cronbach_alpha(points: Floats) -> float:
    """Cronbach's alpha, k/(k-1) (1 - sum of the items' variances / variance of the total); NaN where it has no value.

    Args:
        points: Float, shape (students, items).
    """
    students, count = points.shape
    if students < 2 or count < 2:
        return np.nan
    total = points.sum(axis=1).var(ddof=1)
    if total <= NEGLIGIBLE:
        return np.nan
    return float(count / (count - 1) * (1 - points.var(axis=0, ddof=1).sum() / total))


def alpha_if_deleted(points: Floats) -> Floats:
    """Cronbach's alpha of the other items, for each item; NaN where it has no value.

    Args:
        points: Float, shape (students, items).

    Returns:
        Float, shape (items,).
    """
    students, count = points.shape
    out = np.full(count, np.nan)
    if students < 2 or count < 3:
        return out
    x = points - points.mean(axis=0)
    total = x.sum(axis=1)
    variances = (x * x).sum(axis=0) / (students - 1)
    # var(total - x) = var(total) + var(x) - 2 cov(total, x)
    rest = total @ total / (students - 1) + variances - 2 * (total @ x) / (students - 1)
    shares = np.full(count, np.nan)
    np.divide(variances.sum() - variances, rest, out=shares, where=rest > NEGLIGIBLE)
    return (count - 1) / (count - 2) * (1 - shares)


def alpha_interval(alpha: float, students: int, count: int) -> tuple[float, float]:
    """Feldt's 95% confidence interval for Cronbach's alpha."""
    from scipy.special import fdtri  # half a second that only a report needs

    first, second = students - 1, (students - 1) * (count - 1)
    low, high = (1 - (1 - alpha) * float(fdtri(first, second, p)) for p in (0.975, 0.025))
    return low, high


def _too_little(points: Floats) -> str:
    students, count = points.shape
    if students < LEAST_STUDENTS:
        return f"Not enough students: these figures need {LEAST_STUDENTS} with complete results, and there are {students}."
    if count < 2:
        return "Reliability needs at least two items that all students have."
    if points.sum(axis=1).var() <= NEGLIGIBLE:
        return "Everybody has the same total, so that nothing tells students apart."
    return ""


def _known(values: Floats) -> list[float | None]:
    return [float(v) if np.isfinite(v) else None for v in values]
