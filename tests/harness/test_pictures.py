"""Pictures are legible PNGs of about 1000 pixels, whatever the data."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.image import imread

from harness.report import pictures

WORDS = {"title": "Loss", "xlabel": "step", "ylabel": "nats"}
NASTY = ["$\\frac{1$", "_hidden", "\x1b[31m", "漢字", "<b>", "\ud800"]


def pixels(png):
    """The decoded picture, shape (h, w, channels), in [0, 1]."""
    assert png.startswith(b"\x89PNG")
    return imread(io.BytesIO(png))


def words(place):
    """The texts that stand in a figure or in its axes."""
    return [text.get_text() for text in place.texts]


@pytest.fixture
def limits(monkeypatch):
    """The y range of the last curves, as drawn."""
    seen = {}
    savefig = pictures._png

    def look(figure):
        seen["y"] = figure.axes[0].get_ylim()
        seen["title"] = figure.axes[0].get_title(loc="left")
        seen["legend"] = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        seen["texts"] = words(figure.axes[0])
        seen["lines"] = [line.get_ydata() for line in figure.axes[0].get_lines()]
        return savefig(figure)

    monkeypatch.setattr(pictures, "_png", look)
    return seen


def test_curves_are_1000_pixels_wide():
    """Wide enough to read, small enough for a screen."""
    height, width = pixels(pictures.curves({"training": [3, 2, 1]}, **WORDS)).shape[:2]
    assert width == 1000
    assert 400 < height < 800


@pytest.mark.parametrize(
    "draw",
    [
        lambda: pictures.curves({"a": np.linspace(1, 0, 500), "b": [1.0, 2.0]}, **WORDS),
        lambda: pictures.contact_sheet(np.ones((3, 4, 4)), ["x", "y", "z"], title="t"),
    ],
)
def test_same_data_gives_the_same_bytes(draw):
    """A picture has no date and no chance in it."""
    assert draw() == draw()
    assert b"Software" not in draw()


def test_noisy_curve_gets_a_running_mean(limits):
    """Steps are drawn faint with their mean on top; short curves are left as they are."""
    noise = np.random.default_rng(0).standard_normal(1000)
    pictures.curves({"steps": noise, "epochs": [1.0, 0.5]}, **WORDS)
    assert limits["legend"] == ["steps (mean of 20)", "epochs"]
    raw, mean = limits["lines"][:2]
    assert np.std(mean) < 0.4 * np.std(raw)


def test_running_mean_is_the_mean_of_what_is_there():
    """Gaps are skipped, not counted as zeros."""
    y = np.array([1.0, np.nan, 3.0, 5.0, np.nan, np.nan, np.nan])
    mean = pictures._running_mean(y, 3)
    np.testing.assert_allclose(mean[:5], [1, 2, 4, 4, 5])
    assert np.isnan(mean[6])


def test_smoothing_can_be_turned_off(limits):
    """A window of one is none."""
    pictures.curves({"steps": np.arange(1000.0)}, smooth=1, **WORDS)
    assert limits["legend"] == ["steps"]
    assert len(limits["lines"]) == 1


def test_wild_values_do_not_flatten_the_rest(limits):
    """The axis is cut at what most values need, and the note says so."""
    pictures.curves({"training": [0.6, 0.5, 0.4, 0.4, 0.5, 0.6, 1e5, 1e30]}, **WORDS)
    assert limits["y"][1] < 10
    assert "values beyond the y axis: 2, as far as 1e+30" in limits["title"]


def test_wild_value_does_not_throw_off_the_running_mean(limits):
    """One value of a million moves the mean of its window a little, not off the page."""
    values = np.random.default_rng(0).standard_normal(1000)
    values[500] = 1e6
    pictures.curves({"steps": values}, **WORDS)
    low, high = limits["y"]
    assert low < limits["lines"][1].min()
    assert limits["lines"][1].max() < high


def test_ordinary_decay_is_shown_whole(limits):
    """A loss that falls fast at first is no reason to cut."""
    loss = 0.7 * np.exp(-np.arange(2000) / 100) + 0.05
    pictures.curves({"training": loss}, **WORDS)
    assert limits["y"][1] >= loss.max()
    assert limits["title"] == ""


def test_values_that_are_not_finite_are_counted(limits):
    """NaN and inf leave gaps; the note counts them."""
    pictures.curves({"training": [1.0, float("nan"), float("inf"), 1e200, 2.0]}, **WORDS)
    assert "values not finite in training: 3" in limits["title"]
    assert np.isnan(limits["lines"][0][1:4]).all()


@pytest.mark.parametrize("series", [{}, {"a": []}, {"a": [float("nan")] * 3}, {"a": ["x"]}, {"a": [10**400]}])
def test_nothing_to_draw_says_no_data(series, monkeypatch):
    """An empty picture explains itself."""
    seen = []
    monkeypatch.setattr(pictures, "_png", lambda figure: seen.extend(words(figure.axes[0])) or b"")
    pictures.curves(series, **WORDS)
    assert seen == ["no data"]


def test_one_empty_series_among_others_is_named(limits):
    """The legend says which curve is missing."""
    pictures.curves({"training": [1, 2], "validation": []}, **WORDS)
    assert limits["legend"] == ["training", "validation (no data)"]
    assert limits["texts"] == []


def test_long_series_are_thinned(limits):
    """Never more than 100,000 points, over the whole length."""
    png = pictures.curves({"steps": np.random.default_rng(0).standard_normal(350_000)}, smooth=1, **WORDS)
    assert 50_000 < len(limits["lines"][0]) <= 100_000
    assert pixels(png).shape[1] == 1000


@pytest.mark.parametrize("text", NASTY)
def test_odd_text_is_drawn_and_never_parsed(text):
    """Neither mathematics, missing glyphs nor control characters stop a picture."""
    pixels(pictures.curves({text: [1, 2]}, title=text, xlabel=text, ylabel=text))
    pixels(pictures.contact_sheet(np.zeros((1, 2, 2)), [text], title=text))


def test_leading_underscore_stays_in_the_legend(limits):
    """No curve is nameless."""
    pictures.curves({"_a": [1, 2]}, **WORDS)
    assert [text.strip() for text in limits["legend"]] == ["_a"]


def test_user_settings_do_not_change_a_picture():
    """A matplotlibrc of one's own has no say, and comes back as it was."""
    import matplotlib

    plain = pictures.curves({"a": [1, 2]}, **WORDS)
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        assert pictures.curves({"a": [1, 2]}, **WORDS) == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_sheet_shows_each_digit_in_its_place():
    """White squares appear where their pictures are, at a whole multiple of their size."""
    images = np.zeros((12, 4, 4))
    images[11] = 1
    page = pixels(pictures.contact_sheet(images, ["a"] * 12, title="t"))
    assert page.shape[1] == 1000
    dark = (page[:, :, 0] < 0.01).sum(axis=1)
    assert dark.max() >= 10 * 84
    second_row = page[page.shape[0] - 70, :, 0]
    assert second_row[40] < 0.01
    assert second_row[140] > 0.99


def test_sheet_says_how_many_it_left_out(monkeypatch):
    """A limit is never silent."""
    seen = []
    monkeypatch.setattr(pictures, "_png", lambda figure: seen.extend(words(figure)) or b"")
    pictures.contact_sheet(np.ones((130, 2, 2)), [f"c{i}" for i in range(130)], title="Wrong", limit=100)
    assert "Wrong (the first 100 of 130)" in seen
    assert "c99" in seen
    assert "c100" not in seen


def test_empty_sheet_says_none(monkeypatch):
    """No misclassified digits is a result, not an error."""
    seen = []
    monkeypatch.setattr(pictures, "_png", lambda figure: seen.extend(words(figure)) or b"")
    pictures.contact_sheet(np.empty((0, 28, 28)), [], title="Wrong")
    assert seen == ["Wrong", "none"]


def test_caption_is_wrapped_to_its_cell(monkeypatch):
    """The score goes to a second line rather than into the neighbour."""
    seen = []
    monkeypatch.setattr(pictures, "_png", lambda figure: seen.extend(words(figure)) or b"")
    pictures.contact_sheet(np.ones((1, 28, 28)), ["is 3, taken for 9 (0.93)"], title="t")
    assert "is 3, taken for 9\n(0.93)" in seen


@pytest.mark.parametrize(
    "images",
    [
        np.full((2, 3, 3), np.nan),
        np.array([[[np.inf, -np.inf], [0, 1]]] * 2),
        np.zeros((2, 500, 300)),
        np.full((2, 1, 7), 255, np.uint8),
        np.array([[[1e308, -1e308]]] * 2),
        np.zeros((2, 3, 3), bool),
    ],
)
def test_sheet_takes_any_numbers(images):
    """Not finite, huge, constant, large or of another dtype: still a picture."""
    assert pixels(pictures.contact_sheet(images, ["a", "b"], title="t")).shape[1] == 1000


def test_smallest_is_black_and_largest_white():
    """Grey levels are shared by all pictures of a sheet."""
    grey = pictures._grey(np.array([[[-1.0, 0.0]], [[1.0, np.nan]]]))
    np.testing.assert_array_equal(grey, [[[0, 128]], [[255, 0]]])


def test_sheet_refuses_what_does_not_fit():
    """Shapes and counts are named."""
    with pytest.raises(ValueError, match=r"\(n, h, w\) or \(n, h, w, 3\), got \(2, 2\)"):
        pictures.contact_sheet(np.ones((2, 2)), ["a", "b"], title="t")
    with pytest.raises(ValueError, match="captions must be 2, one for each image, got 1"):
        pictures.contact_sheet(np.ones((2, 2, 2)), ["a"], title="t")


def test_matplotlib_is_loaded_late_and_without_pyplot():
    """Commands that draw nothing don't pay for it, and no global figure manager is started."""
    code = (
        "import sys; from harness.report import pictures; assert 'matplotlib' not in sys.modules; "
        "pictures.curves({'a': [1, 2]}, title='t', xlabel='x', ylabel='y'); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": path})


def test_coloured_pictures_keep_their_colours():
    """Red, green and blue are drawn as such, each picture stretched on its own: weights are small and large."""
    images = np.zeros((3, 2, 2, 3))
    for i, scale in enumerate((1e-4, 1.0, 1e4)):
        images[i, ..., i] = scale
    page = pixels(pictures.contact_sheet(images, ["a", "b", "c"], title="t"))
    middle = page[60, [50, 150, 250], :3]
    np.testing.assert_allclose(middle, np.eye(3), atol=0.01)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e300])
def test_coloured_pictures_of_nothing_are_drawn(value):
    """Weights that are all alike, or not finite, and a sheet without pictures, stop no report."""
    assert (
        pixels(pictures.contact_sheet(np.full((2, 4, 4, 3), value), ["a", "b"], title="t")).shape[1] == 1000
    )
    assert pixels(pictures.contact_sheet(np.empty((0, 4, 4, 3)), [], title="t")).shape[1] == 1000


def test_pictures_need_three_colours_or_none():
    """An array of other axes is refused with its shape."""
    with pytest.raises(ValueError, match=r"\(n, h, w, 3\), got \(2, 3, 3, 4\)"):
        pictures.contact_sheet(np.ones((2, 3, 3, 4)), ["a", "b"], title="t")


@pytest.mark.parametrize(("count", "beside"), [(8, False), (9, True), (18, True)])
def test_many_labels_stand_beside_the_lines(count, beside, monkeypatch):
    """A few labels fit among the lines; from nine on their box begins where the axes end."""
    boxes = []
    legend = Axes.legend

    def recorded(axes, *args, **kwargs):
        made = legend(axes, *args, **kwargs)
        axes.figure.canvas.draw()
        boxes.append((made.get_window_extent().x0, axes.get_window_extent().x1))
        return made

    monkeypatch.setattr(Axes, "legend", recorded)
    pictures.curves({f"a label of some length {i}": [float(i)] * 30 for i in range(count)}, **WORDS)
    ((left_of_labels, right_of_axes),) = boxes
    assert bool(left_of_labels >= right_of_axes) is beside
