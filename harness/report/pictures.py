"""Pictures beside a report: training curves and sheets of digits, the same bytes for the same data."""

import io
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.text import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.run import Run

DPI = 100
WIDTH_PX = 1000
MOST_POINTS = 100_000
MOST_LABELS_INSIDE = 8
# Okabe and Ito's colours, which colour-blind readers can tell apart; their yellow is too pale for a line.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", "-.", ":")
_HUGE = 1e100
_EMPTY: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 18, "color": "0.5"}


def curves(
    series: Mapping[str, Sequence[float]],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    smooth: int | None = None,
    log: bool = False,
) -> bytes:
    """Labelled lines over 1, 2, 3, …: a PNG about 1000 pixels wide.

    Args:
        series: Values by label. Whatever isn't a finite number below 1e100 leaves a gap, and the note under
            the title counts it. More than 100,000 values are thinned out.
        title, xlabel, ylabel: Plain text.
        smooth: How many values a running mean spans, drawn over the faint raw line; 1 for none. By default
            lines of more than 200 values get one over a fiftieth of their length.
        log: Whether both axes are logarithmic: for losses that fall by orders of magnitude. Values that are not
            above 0 leave gaps.

    Returns:
        The same bytes for the same data and the same matplotlib.
    """
    lines = {label: _points(values) for label, values in series.items()}
    notes = [f"values not finite in {one_line(label, 40)}: {n}" for label, (_, _, n) in lines.items() if n]
    for _, y, _ in lines.values() if log else ():
        y[~(y > 0)] = np.nan
    low, high, outside = _limits([y for _, y, _ in lines.values() if np.isfinite(y).any() and not log])
    notes += outside
    with _figure(5.6) as figure:
        axes = figure.add_subplot()
        styles = zip(cycle(_COLOURS), (d for d in cycle(_DASHES) for _ in _COLOURS), strict=False)
        handles, labels = [], []
        for (label, (x, y, _)), (colour, dash) in zip(lines.items(), styles, strict=False):
            name = _label(label)
            if not np.isfinite(y).any():
                # A label without a line still belongs in the legend: it says what was not recorded.
                handles += axes.plot([], [], color=colour, linestyle=dash)
                labels.append(f"{name} (no data)")
                continue
            window = (len(y) // 50 if len(y) > 200 else 1) if smooth is None else min(smooth, len(y))
            if window > 1:
                axes.plot(x, y, color=colour, alpha=0.25, linewidth=0.8, zorder=1.5)
                # One wild value must not throw the mean off the page for a whole window.
                y = _running_mean(np.clip(y, low, high), window)
                name += f" (mean of {window})"
            dots = "o" if len(y) <= 30 else None
            handles += axes.plot(x, y, color=colour, linestyle=dash, linewidth=2, marker=dots, markersize=4)
            labels.append(name)
        if handles:
            # Many labels would hide the lines: then they stand beside the axes.
            aside: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5), "fontsize": 8}
            place = aside if len(handles) > MOST_LABELS_INSIDE else {}
            legend = axes.legend(handles, labels, edgecolor="none", framealpha=0.8, **place)
            for text in legend.get_texts():
                text.set_parse_math(False)
        if not any(np.isfinite(y).any() for _, y, _ in lines.values()):
            axes.text(0.5, 0.5, "no data", transform=axes.transAxes, **_EMPTY)
            axes.set(xticks=[], yticks=[])
        else:
            if log:
                axes.set(xscale="log", yscale="log")
            else:
                axes.locator_params(axis="x", integer=True)
            if outside:
                axes.set_ylim(low, high)
        axes.set_xlabel(_label(xlabel), parse_math=False)
        axes.set_ylabel(_label(ylabel), parse_math=False)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        _title(figure, axes, title, notes)
        return _png(figure)


def contact_sheet(
    images: np.ndarray, captions: Sequence[str], *, title: str, columns: int = 10, limit: int = 100
) -> bytes:
    """Grey or coloured pictures in rows, each with its caption: a PNG about 1000 pixels wide.

    Args:
        images: Numbers, shape (n, h, w); the smallest value is black and the largest white. Or red, green and blue,
            shape (n, h, w, 3); each picture is stretched on its own, so that weights of any size show. n may be 0.
        captions: n short texts, wrapped to at most three lines.
        title: Plain text. It also says how many pictures were left out.
        columns: Pictures in a row.
        limit: The most pictures to show.

    Returns:
        The same bytes for the same data and the same matplotlib.

    Raises:
        ValueError: If images is not (n, h, w) or (n, h, w, 3), or captions are not n.
    """
    if images.ndim != 3 and (images.ndim != 4 or images.shape[3] != 3):
        raise ValueError(f"images must have shape (n, h, w) or (n, h, w, 3), got {images.shape}")
    if len(captions) != len(images):
        raise ValueError(f"captions must be {len(images)}, one for each image, got {len(captions)}")
    shown = (
        _coloured(images[:limit]) if images.ndim == 4 else _grey(images[:limit])[..., None]
    )  # (n, h, w, 3 or 1)
    heading = one_line(title, 200)
    if len(images) > limit:
        heading += f" (the first {limit} of {len(images)})"
    heading_lines = textwrap.wrap(heading, 95)
    top = 16 + 20 * len(heading_lines)
    cell = min(WIDTH_PX // columns, 200)
    size = int(cell * 0.86)
    # DejaVu Sans at 7.5 points is about 5.8 pixels a character at 100 dpi.
    texts = [textwrap.wrap(one_line(c, 120), max(int(cell / 5.8), 4))[:3] for c in captions[:limit]]
    row_px = size + 12 * max((len(t) for t in texts), default=0) + 10
    height = top + (row_px * -(-len(shown) // columns) if shown.size else 120) + 6
    page = np.full((height, WIDTH_PX, 3), 255, np.uint8)
    with _figure(height / DPI, layout=None) as figure:
        for number, (image, lines) in enumerate(zip(shown, texts, strict=True) if shown.size else ()):
            row, column = divmod(number, columns)
            tile = _scaled(image, size)
            y, x = top + row * row_px, column * cell + (cell - tile.shape[1]) // 2
            page[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
            figure.text(
                (column + 0.5) * cell / WIDTH_PX,
                1 - (y + tile.shape[0] + 3) / height,
                "\n".join(lines),
                ha="center",
                va="top",
                fontsize=7.5,
                linespacing=1.1,
                parse_math=False,
            )
        # The page is drawn pixel by pixel: no resampling can blur a digit.
        figure.figimage(page, zorder=-1)
        figure.text(0.012, 1 - 10 / height, "\n".join(heading_lines), va="top", fontsize=12, parse_math=False)
        if not shown.size:
            figure.text(0.5, 0.35, "none", **_EMPTY)
        return _png(figure)


def add_curves(
    run: "Run", file: str, title: str, series: Mapping[str, Sequence[float]], *, xlabel: str, ylabel: str
) -> None:
    """Put `curves` beside a submission's report."""
    run.add_picture(file, title, curves(series, title=title, xlabel=xlabel, ylabel=ylabel))


def add_sheet(run: "Run", file: str, title: str, images: np.ndarray, captions: Sequence[str]) -> None:
    """Put a `contact_sheet` beside a submission's report."""
    run.add_picture(file, title, contact_sheet(images, captions, title=title))


@contextmanager
def _figure(height_in: float, layout: Any = "constrained") -> Iterator["Figure"]:
    # Imported here: matplotlib takes most of a second, and many commands draw nothing.
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # A user's own matplotlibrc must not change a report; a glyph that the font lacks is worth no warning.
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matplotlib.rcdefaults()
        figure = Figure(figsize=(WIDTH_PX / DPI, height_in), dpi=DPI, layout=layout)
        FigureCanvasAgg(figure)
        yield figure


def _png(figure: "Figure") -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def _points(values: Sequence[float]) -> tuple[np.ndarray, np.ndarray, int]:
    """x, y with gaps as NaN, and how many values were left out."""
    try:
        with np.errstate(all="ignore"):
            y = np.array(values, dtype=np.float64).ravel()
    except (TypeError, ValueError, OverflowError):
        return np.empty(0), np.empty(0), 0
    x = np.arange(1, len(y) + 1)
    fit = np.isfinite(y) & (np.abs(np.nan_to_num(y)) < _HUGE)
    y[~fit] = np.nan
    step = max(1, -(-len(y) // MOST_POINTS))
    return x[::step], y[::step], int((~fit).sum())


def _running_mean(y: np.ndarray, window: int) -> np.ndarray:
    """The mean over the finite values in a window around each place; NaN where there are none."""
    there = np.isfinite(y)
    ones = np.ones(window)
    sums = np.convolve(np.where(there, y, 0.0), ones, "same")
    counts = np.convolve(there.astype(float), ones, "same")
    return np.divide(sums, counts, out=np.full(len(y), np.nan), where=counts > 0.5)


def _limits(drawn: list[np.ndarray]) -> tuple[float, float, list[str]]:
    """The y range to show, and a note if a few wild values, which would flatten all others, lie beyond it."""
    if not drawn:
        return -_HUGE, _HUGE, []
    lows, highs = [], []
    for y in drawn:
        finite = y[np.isfinite(y)]
        # Rounded inwards, so that even among ten values the single wildest is no percentile.
        p5, q1 = np.percentile(finite, [5, 25], method="higher")
        q3, p95 = np.percentile(finite, [75, 95], method="lower")
        reach = 20 * max(q3 - q1, 0.05 * max(abs(q1), abs(q3)))
        lows.append(max(p5, q1 - reach))
        highs.append(min(p95, q3 + reach))
    low, high = min(lows), max(highs)
    span = max(high - low, 0.05 * max(abs(low), abs(high)))
    whole = np.concatenate(drawn)
    least, most = np.nanmin(whole), np.nanmax(whole)
    if span <= 0 or most - least <= 20 * span:
        return -_HUGE, _HUGE, []
    bottom, top = max(low - span, least - 0.1 * span), min(high + span, most + 0.1 * span)
    outside = int(((whole < bottom) | (whole > top)).sum())
    farthest = whole[np.nanargmax(np.abs(whole))]
    return bottom, top, [f"values beyond the y axis: {outside}, as far as {farthest:.3g}"]


def _title(figure: "Figure", axes: "Axes", title: str, notes: list[str]) -> None:
    heading = "\n".join(textwrap.wrap(one_line(title, 200), 80))
    figure.suptitle(heading, x=0.012, ha="left", fontsize=13, parse_math=False)
    if notes:
        text = "\n".join(textwrap.wrap("; ".join(notes), 125)[:3])
        axes.set_title(text, loc="left", fontsize=9, color="0.35", parse_math=False)


def _label(text: str) -> str:
    # A legend skips labels that begin with an underscore.
    plain = one_line(text, 60)
    return f" {plain}" if plain.startswith("_") else plain


def _grey(images: np.ndarray) -> np.ndarray:
    """The images as bytes from 0 (smallest value) to 255 (largest); what isn't finite is black."""
    with np.errstate(all="ignore"):
        values = np.clip(images.astype(np.float64), -_HUGE, _HUGE)
    fit = np.isfinite(values)
    low, high = (values[fit].min(), values[fit].max()) if fit.any() else (0.0, 0.0)
    scaled = np.zeros_like(values) if high <= low else (np.where(fit, values, low) - low) / (high - low)
    return np.round(255 * scaled).astype(np.uint8)


def _coloured(images: np.ndarray) -> np.ndarray:
    """Images (n, h, w, 3) as bytes: in each of them from 0 (smallest value) to 255 (largest)."""
    return np.stack([_grey(image) for image in images]) if len(images) else images.astype(np.uint8)


def _scaled(image: np.ndarray, size: int) -> np.ndarray:
    """The image (h, w, channels) enlarged by a whole factor, or thinned out, to fit a square of `size` pixels."""
    longest = max(image.shape[:2])
    if longest > size:
        step = -(-longest // size)
        return image[::step, ::step]
    factor = size // longest
    return image.repeat(factor, axis=0).repeat(factor, axis=1)
