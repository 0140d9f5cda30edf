"""The notebooks of convnet: valid, and right when they are run, in the reference and in the students' folder."""

import ast
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

from tests.harness.conftest import children_of

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(p for top in ("reference", "student") for p in (ROOT / top).rglob("*.ipynb"))
TIMEOUT_S = 600  # for one cell, on a machine that is busy with other things

ACTIVATIONS = ["TanH", "ArcTan", "ReLU", "SoftMax", "Sigmoid (optional)"]
WITH_PARAMETERS = ["FullyConnected", "FullyConnected tanh", "Conv2D", "Conv2D 3x2 stride 2 tanh"]
CHECKED = [
    *ACTIVATIONS,
    *(f"{layer} {what}" for layer in WITH_PARAMETERS for what in ("W", "b", "X")),
    *("Pool2D max X", "Pool2D average X", "CrossEntropy"),
]

WRONG_CONVOLUTION = """

_right_backward = Conv2D.backward


def _wrong_backward(self, dLdY):
    dX = _right_backward(self, dLdY)
    self.gradients["W"] = 1.001 * self.gradients["W"]
    self.gradients["b"] = self.gradients["b"].reshape(-1)
    return dX


Conv2D.backward = _wrong_backward
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
        return [output for cell in cells for output in cell.outputs]

    def text(self, cell_id=None):
        return "".join(o.text for o in self.outputs(cell_id) if o.output_type == "stream")

    def pictures(self, cell_id=None):
        return [o.data["image/png"] for o in self.outputs(cell_id) if "image/png" in o.get("data", {})]

    def gradients(self):
        """{name: (relative error, what is said of it)} of check_gradients."""
        found = re.findall(r"^(\S.*?) +(nan|\d\.\de[+-]\d+)  (\w+(?: \w+)*)$", self.text(), re.MULTILINE)
        return {name: (float(error), said) for name, error, said in found}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """`run(folder, name)` runs a notebook in a copy of convnet's folder; `layers_end` is added to its layers.py."""
    home = tmp_path_factory.mktemp("jupyter")  # whatever Jupyter, IPython and Matplotlib write stays in here
    places = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR")
    done = {}

    def run_once(folder, name, layers_end=""):
        key = (folder, name, layers_end)
        if key not in done:
            number = len(done)
            copy = shutil.copytree(
                ROOT / folder / "convnet", home / f"{number}", ignore=shutil.ignore_patterns("__pycache__")
            )
            with (copy / "neural_networks" / "layers.py").open("a") as file:
                file.write(layers_end)
            before = set(copy.rglob("*"))
            book = nbformat.read(copy / f"{name}.ipynb", as_version=4)
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
        patch.delenv("MPLBACKEND", raising=False)  # the kernel's own: pictures go into the notebook
        patch.delenv("PYTHONPATH", raising=False)
        yield run_once


def source_of(path, cell_id):
    (source,) = [c.source for c in nbformat.read(path, as_version=4).cells if c.id == cell_id]
    return source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: str(p.relative_to(ROOT)))
def test_notebooks_are_valid_small_and_without_outputs(path):
    """Format 4.5, the plain Python kernel, readable ids, nothing of a run."""
    book = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(book)
    assert (book.nbformat, book.nbformat_minor) == (4, 5)
    assert book.metadata.kernelspec.name == "python3"
    assert path.stat().st_size < 20_000
    assert len({cell.id for cell in book.cells}) == len(book.cells)
    for cell in book.cells:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cell.id), cell.id
        assert cell.metadata == {}
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
            ast.parse(cell.source)
            assert "student" not in path.parts or "SOLUTION" not in cell.source


def test_both_notebooks_are_in_both_folders():
    """The students have what the reference has."""
    names = {path.relative_to(ROOT).as_posix() for path in NOTEBOOKS}
    both = ("check_gradients", "train_iris")
    assert names >= {f"{top}/convnet/{name}.ipynb" for top in ("reference", "student") for name in both}


# ---- check_gradients ----


def test_all_gradients_of_the_reference_are_fine(run):
    """Every activation, layer, parameter and loss once, each below 1e-7, and one picture of them."""
    ran = run("reference", "check_gradients")
    assert ran.stopped is None
    gradients = ran.gradients()
    assert list(gradients) == CHECKED and len(ran.text().splitlines()) == len(CHECKED) == 20
    assert all(error < 1e-7 and said == "fine" for error, said in gradients.values())
    assert not all(error == 0 for error, _ in gradients.values())
    assert len(ran.pictures()) == len(ran.pictures("chart")) == 1
    assert ran.left_behind == set()


def test_wrong_gradients_are_seen(run):
    """A weight gradient that is off by a thousandth is too large; a bias gradient of another shape is told of."""
    ran = run("reference", "check_gradients", WRONG_CONVOLUTION)
    assert ran.stopped is None
    wrong = {name: error for name, (error, said) in ran.gradients().items() if said == "TOO LARGE"}
    assert list(wrong) == ["Conv2D W", "Conv2D 3x2 stride 2 tanh W"]
    assert all(error == pytest.approx(0.0005, rel=0.1) for error in wrong.values())
    told = "The next gradient has shape (4,), what it belongs to has (1, 4).\nConv2D b  "
    assert told in ran.text("convolution")
    assert len(ran.pictures()) == 1


def test_what_is_not_written_is_named_and_passed_over(run):
    """The stubs run through: TanH and ArcTan are fine, one plain line for each of the others, with its question."""
    ran = run("student", "check_gradients")
    assert ran.stopped is None
    assert [output for output in ran.outputs() if output.output_type == "error"] == []
    assert list(ran.gradients()) == ["TanH", "ArcTan"]
    unwritten = re.findall(
        r"^(\S.*?) +not written \((\S+): .+ is not written yet\)$", ran.text(), re.MULTILINE
    )
    assert [name for name, _ in unwritten] == CHECKED[2:]
    assert len(ran.text().splitlines()) == len(CHECKED)
    questions = {"ReLU": "4.1", "SoftMax": "4.3", "Sigmoid": "opt", "CrossEntropy": "4.4"}
    questions |= {"FullyConnected": "4.2", "Conv2D": "6.2", "Pool2D": "6.3"}
    assert all(questions[name.split()[0]] == question for name, question in unwritten)
    assert len(ran.pictures()) == 1


# ---- train_iris ----


def test_the_reference_learns_the_irises(run):
    """At least three configurations; the best names 85% of the test flowers; loss and accuracy are drawn."""
    ran = run("reference", "train_iris")
    assert ran.stopped is None
    results = re.findall(
        r"^(rate \S+, \d+ units): test accuracy (\d+)/30 = (\S+)$", ran.text("training"), re.MULTILINE
    )
    assert len(results) == len(set(results)) >= 3
    assert all(float(share) == pytest.approx(int(right) / 30, abs=6e-4) for _, right, share in results)
    best = max(int(right) for _, right, _ in results) / 30
    assert best >= 0.85
    (row,) = [line.split() for line in ran.text("table").splitlines() if line.endswith("best")]
    assert float(row[-2]) == pytest.approx(best, abs=6e-4)
    assert [len(ran.pictures(cell)) for cell in ("comparison", "best")] == [2, 1]
    assert len(ran.pictures()) == 3
    assert ran.left_behind == set()


def test_what_it_prints_can_be_copied_into_the_answers(run):
    """It is TOML, and for the reference it is what its answers.toml holds."""
    told = tomllib.loads(run("reference", "train_iris").text("answers"))
    assert told == tomllib.loads((ROOT / "reference" / "convnet" / "answers.toml").read_text())


def test_accuracy_counts_flowers_and_not_batches():
    """One mistake in the short last batch is one of thirty."""
    scope = {"np": np}
    exec(source_of(ROOT / "reference" / "convnet" / "train_iris.ipynb", "accuracy"), scope)
    labels = np.eye(3)[np.arange(30) % 3]
    said = labels.copy()
    said[29] = np.roll(said[29], 1)
    model = SimpleNamespace(forward=lambda X: said[: len(X)])
    dataset = SimpleNamespace(test=SimpleNamespace(data_=np.zeros((30, 4)), labels=labels, batch_size=25))
    assert scope["test_accuracy"](model, dataset) == pytest.approx(29 / 30)


def test_the_students_part_of_question_5_2_is_asked_for(run):
    """The stub stops where the first of its functions is called, and names it."""
    ran = run("student", "train_iris")
    assert ran.stopped is not None
    assert (ran.stopped.ename, ran.stopped.evalue) == (
        "NotImplementedError",
        "5.2: configurations is not written yet",
    )
    path = ROOT / "student" / "convnet" / "train_iris.ipynb"
    for cell, function in (
        ("configurations", "configurations"),
        ("build", "build"),
        ("accuracy", "test_accuracy"),
    ):
        line = f'    raise NotImplementedError("5.2: {function} is not written yet")'
        assert source_of(path, cell).split("\n")[-1] == line


def test_nothing_is_left_running(run):
    """Kernels end with their notebooks."""
    run("student", "check_gradients")
    commands = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children_of(os.getpid())]
    assert any(b"pytest" in command for command in commands)
    assert not any(b"ipykernel" in command for command in commands)
