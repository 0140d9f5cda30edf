"""The notebooks of cifar_mlp, run on the part of CIFAR-10 that comes along: what they check, train, draw and print."""

import base64
import io
import re
import shutil
import sys
import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("two_layer_nn", "FC_nets")
TIMEOUT_S = 900  # for one cell, on a machine that is busy with other things
ANSWERS = tomllib.loads((ROOT / "reference" / "cifar_mlp" / "answers.toml").read_text())

ONE_PIECE_CHECKS = ["scores", "loss", "W1", "b1", "W2", "b2"]
LAYER_CHECKS = [
    "affine_forward",
    *("affine dx", "affine dw", "affine db"),
    "relu_forward",
    "relu dx",
    *("affine_relu dx", "affine_relu dw", "affine_relu db"),
    "softmax_loss dx",
]
TWO_LAYER_CHECKS = [
    *("scale of W1", "scale of W2", "b1 at the start", "b2 at the start", "scores"),
    *("loss, reg 0.0", "loss, reg 1.0"),
    *(f"{name}, reg {reg}" for reg in (0.0, 0.7) for name in ("W1", "W2", "b1", "b2")),
]
DEEP_CHECKS = [f"{name}, reg {reg}" for reg in (0, 3.14) for name in ("W1", "W2", "W3", "b1", "b2", "b3")]

WRONG_LAYERS = """

_right_affine_backward = affine_backward


def affine_backward(dout, cache):
    dx, dw, db = _right_affine_backward(dout, cache)
    return dx, 1.001 * dw, db
"""


class ThisPython(AsyncKernelManager):
    """A kernel of the interpreter that runs the tests, whatever kernels are installed."""

    @property
    def kernel_spec(self):
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="the tests' own", language="python")


class Ran:
    """A notebook after it ran: its cells, the error that stopped it if any, and the files that were left behind."""

    def __init__(self, book, stopped, left_behind):
        self.book, self.stopped, self.left_behind = book, stopped, left_behind

    def outputs(self, cell_id=None):
        cells = [c for c in self.book.cells if c.cell_type == "code" and cell_id in (None, c.id)]
        return [output for cell in cells for output in cell.get("outputs", [])]

    def text(self, cell_id=None):
        return "".join(o.text for o in self.outputs(cell_id) if o.output_type == "stream")

    def pictures(self, cell_id=None):
        return [o.data["image/png"] for o in self.outputs(cell_id) if "image/png" in o.get("data", {})]

    def checks(self):
        """[(what, verdict)], in order."""
        found = re.findall(r"^(\S.*?) +(?:nan|\d\.\de[+-]\d+)  (fine|TOO LARGE)$", self.text(), re.MULTILINE)
        return [(what.strip(), verdict) for what, verdict in found]

    def number(self, cell_id, label):
        return float(re.search(rf"^{label}: (\S+)$", self.text(cell_id), re.MULTILINE)[1])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """`run(folder, name)` runs a notebook in a copy of the assignment's folder.

    `layers_end` is added to its layers.py; what comes after the cell `until` is left out.
    """
    home = tmp_path_factory.mktemp("jupyter")  # whatever Jupyter, IPython and Matplotlib write stays in here
    places = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR")
    (home / "fixtures").mkdir()
    (home / "fixtures" / "cifar_mlp").symlink_to(ROOT / "fixtures" / "cifar_mlp")
    done = {}

    def run_once(folder, name, layers_end="", until=None):
        key = (folder, name, layers_end, until)
        if key not in done:
            number = len(done)
            copy = shutil.copytree(
                ROOT / folder / "cifar_mlp", home / f"{number}", ignore=shutil.ignore_patterns("__pycache__")
            )
            with (copy / "nndl" / "layers.py").open("a") as file:
                file.write(layers_end)
            before = set(copy.rglob("*"))
            book = nbformat.read(copy / f"{name}.ipynb", as_version=4)
            if until:
                book.cells = book.cells[: [cell.id for cell in book.cells].index(until) + 1]
            # Sockets that are files, in a folder of our own: no ports that others may want, and a short path.
            connection = {"connection_file": str(home / f"k{number}.json"), "transport": "ipc"}
            client = NotebookClient(
                book,
                timeout=TIMEOUT_S,
                startup_timeout=TIMEOUT_S,
                kernel_manager_class=ThisPython,
                resources={"metadata": {"path": str(copy)}},
                config=Config({"KernelManager": connection}),
            )
            stopped = None
            try:
                client.execute()
            except CellExecutionError as error:
                stopped = error
            done[key] = Ran(book, stopped, set(copy.rglob("*")) - before)
        return done[key]

    with pytest.MonkeyPatch.context() as patch:
        for variable in places:
            patch.setenv(variable, str(home / variable))
        patch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        patch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        patch.setenv("OPENBLAS_NUM_THREADS", "1")  # of two the one would mostly wait for the other
        patch.delenv("MPLBACKEND", raising=False)  # the kernel's own: pictures go into the notebook
        patch.delenv("PYTHONPATH", raising=False)
        yield run_once


def source_of(folder, name, cell_id):
    book = nbformat.read(ROOT / folder / "cifar_mlp" / f"{name}.ipynb", as_version=4)
    (source,) = [cell.source for cell in book.cells if cell.id == cell_id]
    return source


def pixels(picture):
    """A picture of an output: float, (rows, columns, 4)."""
    import matplotlib.image

    return matplotlib.image.imread(io.BytesIO(base64.b64decode(picture)), format="png")


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_runs_through_and_leaves_nothing(run, name):
    """On the part that comes along, and it says so."""
    ran = run("reference", name)
    assert ran.stopped is None
    assert "Data: a part of CIFAR-10" in ran.text("data") and "6,000 for training" in ran.text("data")
    assert ran.left_behind == set()


# ---- two_layer_nn ----


def test_the_toy_network_is_right(run):
    """Scores, loss and gradients within the notebook's bars; the toy data are learned by heart."""
    ran = run("reference", "two_layer_nn")
    assert ran.checks() == [(name, "fine") for name in ONE_PIECE_CHECKS]
    assert 0.012 < ran.number("toy-training", "last loss") < 0.016


def test_the_first_network_is_poor_and_the_best_is_good(run):
    """Both ends of the ramp: below the lower end, and the full share of the points."""
    ran = run("reference", "two_layer_nn")
    losses = [
        float(x)
        for x in re.findall(r"^iteration \d+ / 1000: loss (\S+)$", ran.text("first-run"), re.MULTILINE)
    ]
    assert len(losses) == 10 and abs(losses[0] - np.log(10)) < 1e-3 and losses[-1] < losses[0]
    assert 0.17 < ran.number("first-run", "validation accuracy") < 0.23
    assert ran.number("best-run", "best validation accuracy") >= 0.42
    assert ran.number("best-run", "share of the points") == 1.0
    assert ran.number("test-accuracy", "test accuracy") >= 0.40


def test_weights_are_drawn_as_a_grid_of_images(run):
    """Fifty cells with something in them and fourteen that stay black; the two networks' pictures differ."""
    ran = run("reference", "two_layer_nn")
    counts = {"toy-training": 1, "histories": 1, "best-run": 1, "weight-images": 2}
    assert {cell: len(ran.pictures(cell)) for cell in counts} == counts
    assert len(ran.pictures()) == sum(counts.values())
    grids = [cells(pixels(picture)) for picture in ran.pictures("weight-images")]
    for grid in grids:
        assert [bool(cell.std() > 0.05) for cell in grid] == [True] * 50 + [False] * 14
        assert max(cell.max() for cell in grid[50:]) < 0.05
    assert min(np.abs(a - b).mean() for a, b in zip(*(grid[:50] for grid in grids), strict=True)) > 0.02


def cells(picture):
    """The middle parts of the 8 x 8 cells of a drawn grid, one row after the other."""
    image = picture[..., :3]
    drawn = image.min(axis=2) < 0.9  # the paper around it is white
    rows, columns = (np.flatnonzero(drawn.mean(axis=axis) > 0.4) for axis in (1, 0))
    image = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    high, wide = image.shape[0] / 8, image.shape[1] / 8
    return [
        image[int((r + 0.3) * high) :, int((c + 0.3) * wide) :][: int(0.4 * high), : int(0.4 * wide)]
        for r in range(8)
        for c in range(8)
    ]


# ---- FC_nets ----


def test_layers_and_networks_are_right(run):
    """Every check of the notebook, in order, within its bar."""
    checks = LAYER_CHECKS + TWO_LAYER_CHECKS + DEEP_CHECKS
    assert run("reference", "FC_nets").checks() == [(name, "fine") for name in checks]


def test_wrong_gradients_are_seen(run):
    """A weight gradient that is off by a thousandth is too large, everywhere that it is used."""
    ran = run("reference", "FC_nets", WRONG_LAYERS, until="two-layer-checks")
    assert ran.stopped is None
    wrong = [what for what, verdict in ran.checks() if verdict == "TOO LARGE"]
    assert wrong == [
        "affine dw",
        "affine_relu dw",
        *(f"{w}, reg {reg}" for reg in (0.0, 0.7) for w in ("W1", "W2")),
    ]


def test_the_solver_trains_a_good_network(run):
    """The accuracy on the part that comes along which stands for 0.50 on all of CIFAR-10."""
    ran = run("reference", "FC_nets")
    assert ran.number("solver-run", "best validation accuracy") >= 0.42
    assert ran.number("solver-run", "test accuracy") >= 0.40
    assert len(re.findall(r"^\(Epoch \d+ / 20\)", ran.text("solver-run"), re.MULTILINE)) == 21
    assert len(ran.pictures("solver-curves")) == 1


def test_fifty_images_are_learned_by_heart(run):
    """A training accuracy of exactly 1."""
    ran = run("reference", "FC_nets")
    assert ran.number("overfit", "training accuracy") == 1.0
    assert len(ran.pictures("overfit")) == 1 and len(ran.pictures()) == 2


# ---- both ----


@pytest.mark.parametrize(("name", "question"), [("two_layer_nn", "4"), ("FC_nets", "5")])
def test_what_it_prints_can_be_copied_into_the_answers(run, name, question):
    """It is TOML, and for the reference it is what its answers.toml holds."""
    assert tomllib.loads(run("reference", name).text("answers")) == {question: ANSWERS[question]}


@pytest.mark.parametrize(
    ("name", "said"), [("two_layer_nn", "4: TwoLayerNet.loss"), ("FC_nets", "5: affine_forward")]
)
def test_the_stubs_stop_where_the_first_piece_is_missing(run, name, said):
    """And name it, with its question."""
    ran = run("student", name)
    assert ran.stopped is not None
    assert (ran.stopped.ename, ran.stopped.evalue) == ("NotImplementedError", f"{said} is not written yet")


@pytest.mark.parametrize(
    ("name", "cell", "line"),
    [
        ("two_layer_nn", "histories", "4: draw_histories"),
        ("two_layer_nn", "settings", "4: best_settings"),
        ("FC_nets", "solver-settings", "5: solver_settings"),
        ("FC_nets", "overfit-settings", "5: overfit_settings"),
    ],
)
def test_the_students_parts_are_functions_of_their_own(name, cell, line):
    """Each keeps its docstring and says what is not written."""
    source = source_of("student", name, cell)
    assert f'    raise NotImplementedError("{line} is not written yet")' in source.split("\n")
    assert '"""' in source and "SOLUTION" not in source
    assert "BEGIN SOLUTION" in source_of("reference", name, cell)
