"""A small assignment whose submissions are a package, written into a folder, and the submissions of its tests."""

import json
import tempfile
from pathlib import Path

from harness import assignment as assignments
from harness.intake.staging import Staged, StagingLimits, stage
from tests.harness.conftest import written

MANIFEST = """
schema = 1
name = "pack"
title = "A package"
handout = "None: it exists to be attacked"
required = ["net/acts.py", "net/layers.py"]
optional = ["derivations.py", "predictions.csv"]
given = ["net/__init__.py", "net/base.py", "net/utils/pad.py", "check.ipynb"]
points = 5
packages = ["numpy"]
preload = ["numpy.random"]

[limits]
time_s = 1
memory_mib = 256

[[questions]]
id = "q1"
title = "All"
points = 5
public = 5
"""
TESTS = '''
import numpy as np
import pytest

from harness import expect

pytestmark = pytest.mark.question("q1")


@pytest.mark.points(1)
def test_relu(submission):
    """ReLU.forward is max(0, z)."""
    relu = submission.load("net.acts").ReLU()
    expect.close(relu.forward(np.array([-1.0, 2.0])), [0.0, 2.0], "relu", atol=0)


@pytest.mark.points(1)
def test_dense(submission):
    """Dense.forward doubles what the activation lets through."""
    layer = submission.load("net.layers").Dense(2)
    expect.close(layer.forward(np.array([-1.0, 2.0])), [0.0, 4.0], "dense", atol=0)


@pytest.mark.points(1)
def test_both(submission):
    """A probe uses both modules."""
    expect.close(submission.probe("both", np.array([-1.0, 2.0])), [0.0, 4.0], "both", atol=0)


@pytest.mark.points(1)
def test_derivation(submission):
    """twice(x) is 2x."""
    expect.close(submission.load("derivations").twice(np.array([1.0])), [2.0], "twice", atol=0)


@pytest.mark.points(1)
def test_predictions(submission):
    """predictions.csv begins with its header."""
    expect.true((submission.text("predictions.csv", 100) or "").startswith("Id,Category"), "a header", "Id", "")
'''
PROBES = """
import importlib


def both(modules, x):
    acts, layers = (importlib.import_module(f"net.{name}") for name in ("acts", "layers"))
    return layers.Dense(2).forward(acts.ReLU().forward(x))
"""
STUBS = {
    "net/__init__.py": "",
    "net/base.py": "class Base:\n    def __call__(self, z):\n        return self.forward(z)\n",
    "net/utils/pad.py": "def pad(x):\n    return x\n",
    "net/acts.py": """from net.base import Base


class ReLU(Base):
    def __init__(self, slope=0.0):
        self.slope = slope

    def forward(self, z):
        raise NotImplementedError("q1: ReLU.forward is not written yet")


def initialize(name):
    return {"relu": ReLU}[name]()
""",
    "net/layers.py": """import numpy as np
from net.acts import ReLU, initialize
from net.utils.pad import pad


class Dense:
    def __init__(self, n):
        self.n, self.activation = n, initialize("relu")

    def forward(self, x):
        raise NotImplementedError("q1: Dense.forward is not written yet")


def same_class():
    return type(initialize("relu")) is ReLU
""",
    "derivations.py": "def twice(x):\n    raise NotImplementedError('q1: twice is not written yet')\n",
    "check.ipynb": '{"nbformat": 4, "cells": []}',
}
ACTS = STUBS["net/acts.py"].replace(
    'raise NotImplementedError("q1: ReLU.forward is not written yet")', "return z * (z > 0)"
)
LAYERS = STUBS["net/layers.py"].replace(
    'raise NotImplementedError("q1: Dense.forward is not written yet")',
    "return pad(self.n * self.activation(x))",
)
DERIVATIONS = "def twice(x):\n    return 2 * x\n"
WHOLE = {"net/acts.py": ACTS, "net/layers.py": LAYERS, "derivations.py": DERIVATIONS}


def package_root(folder: Path) -> Path:
    """The assignment `pack` in a checkout of its own."""
    files = {
        "tests/pack/assignment.toml": MANIFEST,
        "tests/pack/test_public.py": TESTS,
        "tests/pack/probes.py": PROBES,
        **{f"student/pack/{name}": text for name, text in STUBS.items()},
    }
    return written(files, folder)


def package(folder: Path) -> assignments.Assignment:
    """The assignment `pack`, read from a checkout of its own."""
    return assignments.load("pack", package_root(folder))


def take(source: Path, pack: assignments.Assignment, folder: Path | None = None) -> Staged:
    """A submission as grading stages it."""
    destination = Path(tempfile.mkdtemp(dir=folder or source.parent))
    return stage(
        source,
        destination,
        required=pack.required,
        optional=pack.optional,
        given=pack.given_sources(),
        stubs=pack.stub_sources(),
        limits=StagingLimits(),
    )


def book(*cells: str) -> str:
    """A notebook of these code cells."""
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": c} for c in cells]})
