"""report_figures.py measures what the report of regression_net asks for, and draws it, with the code beside it."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.report import pictures

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "reference" / "regression_net"
PNG = b"\x89PNG\r\n\x1a\n"


def run(folder, *arguments):
    """What report_figures.py prints in a folder."""
    command = [sys.executable, "report_figures.py", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The reference's folder, in a place that may be written to."""
    return shutil.copytree(REFERENCE, tmp_path_factory.mktemp("figures") / "work")


def powers(table):
    """The numbers of a printed table: first and last weight at low scales, then at high ones, by depth."""
    rows = [line.split() for line in table.splitlines() if line.strip()[:1].isdigit()]
    return {int(row[0]): [float(x) for x in row[1:]] for row in rows}


def test_powers_of_the_scale(copy):
    """Without sigma, d weights give the powers d - 1 and 2d - 1; with it, d - 1 for the first weight and 0 for the last."""
    printed = run(copy)
    without, with_sigma = (powers(part) for part in printed.split("with sigma. p of")[0:2])
    assert list(without) == list(with_sigma) == [5, 6, 7, 8, 9, 10]
    for depth, measured in without.items():
        assert measured == pytest.approx([depth - 1, depth - 1, 2 * depth - 1, 2 * depth - 1], abs=0.1)
        assert with_sigma[depth][:2] == pytest.approx([depth - 1, 0], abs=0.3)
    for name in ("gradients_without_sigma.png", "gradients_with_sigma.png"):
        assert (copy / "figures" / name).read_bytes().startswith(PNG)


def test_code_without_sigma_functions_is_measured_too(tmp_path):
    """Where forward does not call sigma_forward, linear_gradient gives the gradients without sigma."""
    inline = (REFERENCE / "my_hw5.py").read_text(encoding="utf-8")
    inline = inline.replace("act, _ = activation_pair(activation)", "act = lambda IN: 1 / (1 + np.exp(-IN))")
    (tmp_path / "my_hw5.py").write_text(inline, encoding="utf-8")
    shutil.copy(REFERENCE / "report_figures.py", tmp_path)
    assert powers(run(tmp_path).split("with sigma. p of")[0])[6][:2] == pytest.approx([5, 5], abs=0.1)


def test_eighteen_curves_and_the_constant_are_drawn(copy):
    """--extra draws extra_credit.png and constant.png."""
    run(copy, "--extra", "--out", "extra")
    assert {p.name for p in (copy / "extra").iterdir()} == {"extra_credit.png", "constant.png"}
    assert all(p.read_bytes().startswith(PNG) for p in (copy / "extra").iterdir())


def test_main_trains_all_four_models(copy):
    """my_hw5.py prints the losses of the three standard models and the best one, and draws them."""
    done = subprocess.run(
        [sys.executable, "my_hw5.py"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=True,
        env={"MPLBACKEND": "Agg"},
    )
    losses = {line.split(":")[0]: float(line.rsplit(" ", 1)[1]) for line in done.stdout.splitlines()}
    assert set(losses) == {"one-layer", "two-layer", "many-layer", "best"}
    assert losses["best"] < 300 < 2000 < losses["one-layer"]
    assert (copy / "learning_curve.png").read_bytes().startswith(PNG)


def test_logarithmic_curves_show_values_of_every_size():
    """A loss that falls by orders of magnitude is drawn whole, and what is not above 0 leaves a gap."""
    losses = {"loss": np.array([1e6, 0.0, 10.0, 1.0, -1.0, 0.1])}
    words = {"title": "loss", "xlabel": "step", "ylabel": "loss"}
    drawn = pictures.curves(losses, log=True, **words)
    assert drawn.startswith(PNG) and drawn == pictures.curves(losses, log=True, **words)
    assert drawn != pictures.curves(losses, **words)
    assert pictures.curves({"loss": np.zeros(3)}, log=True, **words).startswith(PNG)
