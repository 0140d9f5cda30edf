"""A notebook as the whole submission: what it defines is found by name, and hostile ones gain nothing."""

import os

import numpy as np
import pytest

from harness.errors import (
    AnswerRefused,
    Crashed,
    NotWritten,
    OutOfMemory,
    Refused,
    StudentError,
    TimedOut,
    UsageError,
)
from harness.isolation.limits import Limits
from harness.isolation.remote import SandboxedWorker
from harness.isolation.sandbox import Sandbox
from harness.isolation.submission import Submission
from harness.isolation.untrusted import notebook_loader
from harness.isolation.untrusted.operations import NOTEBOOK_LOADER
from harness.student_test import run_tests
from tests.harness.conftest import kernel_tier, written
from tests.harness.package_assignment import ACTS, DERIVATIONS, LAYERS, STUBS, WHOLE, book, package, take

IMPORTS = "import numpy as np\nfrom net.base import Base\n"
RELU = "class ReLU(Base):\n    def forward(self, z):\n        return z * (z > 0)\n"
DENSE = "class Dense:\n    def forward(self, x):\n        return self.n * self.activation(x)\n"
TRAINING = "%matplotlib inline\nraise SystemExit\nprint('training')\nfor _ in range(10**9): pass"
X = np.array([-1.0, 2.0])


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return package(tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="module")
def box(pack):
    """A sandbox without bubblewrap, which every machine that grades has."""
    with Sandbox(kernel_tier(), preload=("numpy.random",), probes=pack.probes) as made:
        yield made


@pytest.fixture
def graded(box, pack, tmp_path):
    """Stages files and gives submissions of them, each in a worker of its own."""
    started = []

    def stage(files):
        files = {"book.ipynb": files} if isinstance(files, str) else files
        folder = box.staging / os.urandom(4).hex()
        folder.mkdir()
        staged = take(written(files, tmp_path / os.urandom(4).hex()), pack, folder)

        def fresh():
            started.append(
                Submission(
                    lambda: SandboxedWorker(box, staged.root, Limits(1, 256), 5), optional=pack.optional
                )
            )
            return started[-1]

        fresh.staged = staged
        return fresh

    yield stage
    for submission in started:
        submission.close()


def relu(submission):
    return submission.load("net.acts").ReLU().forward(X).tolist()


def dense(submission):
    return submission.load("net.layers").Dense(2).forward(X).tolist()


@pytest.mark.parametrize("first", ["net.acts", "net.layers", "derivations"])
def test_classes_and_functions_are_found_by_name(graded, first):
    """Whichever module is imported first, each gets what the notebook defines; cells that run something do not."""
    fresh = graded(book(TRAINING, IMPORTS, RELU, "plt.plot(1)", DENSE, DERIVATIONS))
    submission = fresh()
    submission.load(first)
    assert relu(submission) == [0.0, 2.0]
    assert dense(submission) == [0.0, 4.0]
    assert submission.load("derivations").twice(4) == 8
    assert submission.probe("both", X).tolist() == [0.0, 4.0]
    assert submission.peer.printed == ""
    notes = " ".join(fresh.staged.notes)
    assert "net/acts.py, net/layers.py and derivations.py were not handed in" in notes
    assert "book.ipynb" in notes and "%matplotlib" in notes


def test_given_methods_come_from_the_stub(graded):
    """A constructor that the notebook leaves out is the stub's; what the stub's factory makes is the notebook's."""
    submission = graded(book(IMPORTS, RELU))()
    assert submission.load("net.acts").ReLU(0.5).slope == 0.5
    assert submission.load("net.layers").same_class() is True
    assert submission.load("net.acts").initialize("relu").forward(X).tolist() == [0.0, 2.0]


def test_what_the_notebook_leaves_out_is_not_written(graded):
    """An unwritten name raises the stub's NotImplementedError, an optional module's too."""
    submission = graded(book(IMPORTS, RELU))()
    with pytest.raises(NotWritten, match=r"q1: Dense\.forward is not written yet"):
        dense(submission)
    with pytest.raises(NotWritten, match="q1: twice is not written yet"):
        submission.load("derivations").twice(1)


def test_the_last_definition_counts(graded):
    """A later cell replaces an earlier one's definition, as in Jupyter."""
    old = RELU.replace("z * (z > 0)", "7 * z")
    assert relu(graded(book(IMPORTS, old, RELU))()) == [0.0, 2.0]
    assert relu(graded(book(IMPORTS, RELU, old))()) == [-7.0, 14.0]


def test_imports_and_constants_are_kept(graded):
    """Imports inside try and if, constants, lambdas and methods that are set later; calls are not."""
    cells = (
        "try:\n    import torch\n    HAVE = True\nexcept ImportError:\n    HAVE = False\nfinally:\n    print(1)",
        "if not HAVE:\n    import numpy as npy\nif exit():\n    import math\nN = 0; M = exit()",
        "from __future__ import annotations\nkeep = lambda z: npy.maximum(z, N)",
        "def forward(self, z: nonsense):\n    return keep(z) + math.pi * 0\nclass ReLU(Base): pass\nReLU.forward = forward",
    )
    assert relu(graded(book(*cells))()) == [0.0, 2.0]


def test_a_notebook_may_use_what_the_stubs_import(graded):
    """A class that was copied out of its module needs no import of its own."""
    assert relu(graded(book(RELU))()) == [0.0, 2.0]
    assert dense(graded(book(RELU, DENSE.replace("self.activation(x)", "np.maximum(x, 0)")))()) == [0.0, 4.0]


def test_one_broken_cell_costs_its_own_names(graded):
    """A syntax error, or a definition that fails, is told to whoever uses that name, with the notebook's line."""
    submission = graded(
        book(IMPORTS, RELU, "x = 1\nclass Dense:\n    def forward(self x): pass", DERIVATIONS)
    )()
    assert relu(submission) == [0.0, 2.0]
    assert submission.load("derivations").twice(1) == 2
    with pytest.raises(SyntaxError) as caught:
        dense(submission)
    assert caught.value.trace.endswith("book.ipynb.txt, line 13\n    def forward(self x): pass")
    submission = graded(book(IMPORTS, RELU, "class Dense(nn.Module): pass"))()
    assert relu(submission) == [0.0, 2.0]
    with pytest.raises(NameError):
        dense(submission)


def test_tracebacks_and_line_counts_are_the_notebooks(graded):
    """A traceback shows the line of the cell, none of the loader's; loops in the notebook are counted."""
    failing = RELU.replace("return z * (z > 0)", "for _ in range(N):\n            pass\n        return 1 / 0")
    fresh = graded(book(IMPORTS, "N = 3", failing, DENSE))
    with pytest.raises(ZeroDivisionError) as caught:
        relu(fresh())
    assert "book.ipynb.txt, line 13, in forward\n    return 1 / 0" in caught.value.trace
    assert NOTEBOOK_LOADER not in caught.value.trace
    counts = []
    for n in (10, 510):
        loop = RELU.replace("return z * (z > 0)", f"for _ in range({n}):\n            pass\n        return z")
        counts.append(graded(book(IMPORTS, loop, DENSE))().count_lines("both", X))
    assert 1000 <= counts[1] - counts[0] <= 2100


def test_files_that_were_handed_in_win(graded):
    """A notebook stands only for the modules that are missing; a broken file costs the notebook nothing."""
    fresh = graded({"net/acts.py": ACTS, "book.ipynb": book(RELU.replace("z * (z > 0)", "7 * z"), DENSE)})
    assert relu(fresh()) == [0.0, 2.0]
    assert dense(fresh()) == [0.0, 4.0]
    fresh = graded({"net/layers.py": "def broken(:\n", "book.ipynb": book(IMPORTS, RELU)})
    assert relu(fresh()) == [0.0, 2.0]
    with pytest.raises(SyntaxError):
        fresh().load("net.layers")


def test_the_identity_is_the_notebooks(tmp_path, pack):
    """Neither stubs nor loader are part of it, the notebook is, wherever it lies."""
    first = take(written({"work/book.ipynb": book(RELU)}, tmp_path / "a"), pack)
    second = take(written({"work/book.ipynb": book(RELU)}, tmp_path / "b"), pack)
    other = take(written({"work/book.ipynb": book(DENSE)}, tmp_path / "c"), pack)
    aside = take(written({"work/book.ipynb": book(DENSE), "derivations.py": ""}, tmp_path / "d"), pack)
    elsewhere = take(written({"work/book.ipynb": book(RELU), "derivations.py": ""}, tmp_path / "e"), pack)
    assert first.sha256 == second.sha256
    assert len({s.sha256 for s in (first, other, aside, elsewhere)}) == 4
    assert aside.root.name != "work"  # where the optional file is


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"a.ipynb": book(), "b/b.ipynb": book()}, "several notebooks, a.ipynb and b/b.ipynb: keep the one"),
        ({"check.ipynb": book()}, "net/acts.py is missing"),
        ({"book.ipynb": book(), "layers.py": LAYERS}, "net/acts.py is missing"),
        ({"a.ipynb": book(), "b.ipynb": book(), "net/acts.py": ACTS}, "net/layers.py is missing"),
        ({"book.ipynb": "{}"}, "book.ipynb: the file is JSON but no notebook"),
        (
            {"book.ipynb": book(), "backmark_notebook.py": ""},
            "backmark_notebook.py has a name that the grader",
        ),
        ({"book.ipynb": book(), "BackMark_Notebook/__init__.py": ""}, "BackMark_Notebook has a name"),
        ({**WHOLE, "backmark_notebook.json": ""}, "backmark_notebook.json has a name that the grader"),
        ({"book.ipynb": book(), "net": "x"}, "net is in the way of net/acts.py"),
        ({"book.ipynb": book(), "derivations.py/x": ""}, "derivations.py/ is in the way of derivations.py"),
        ({"book.ipynb": book("x" * (11 << 20))}, "over 10 MiB"),
    ],
)
def test_what_cannot_be_taken_is_refused(tmp_path, pack, files, sentence):
    """One sentence says why, and names the files."""
    with pytest.raises(Refused) as refused:
        take(written(files, tmp_path / "s"), pack)
    assert sentence in str(refused.value)


def test_a_given_notebook_is_not_the_submissions(tmp_path, pack):
    """A given notebook beside the student's own does not count."""
    staged = take(written({"check.ipynb": book(), "mine.ipynb": book(RELU)}, tmp_path / "s"), pack)
    assert "mine.ipynb.txt" in staged.files


def test_the_files_of_the_loader_do_not_overwrite_the_submissions(tmp_path, pack):
    """A file that has the name of the notebook's code stays as it is."""
    staged = take(written({"book.ipynb": book(RELU), "Book.ipynb.TXT": "mine"}, tmp_path / "s"), pack)
    assert (staged.root / "Book.ipynb.TXT").read_text() == "mine"
    assert "ReLU" in (staged.root / "backmark_notebook.txt").read_text()


# Hostile


@pytest.mark.parametrize(
    ("cells", "kinds"),
    [
        (["def f(x=sum(iter(int, 1))): pass", RELU], TimedOut),
        (["import sys\ndef f(x=sys.exit(3)): pass", RELU], Crashed),
        (["import os\ndef f(x=os._exit(0)): pass", RELU], Crashed),
        (["x = 'a' * 10**12\ny = [0] * 10**12", RELU], ()),
        (["import sys\ndef f(x=sys.modules.clear()): pass", RELU], (StudentError,)),
        (["import sys\ndef f(x=sys.modules.update({'net.acts': 3, 'net': 4})): pass", RELU], (StudentError,)),
        (
            [
                "class Meta(type):\n    def __new__(m, n, b, d):\n        if len(b) > 1: raise OSError('no')\n"
                "        return super().__new__(m, n, b, d)\n",
                RELU.replace("(Base)", "(metaclass=Meta)"),
            ],
            (),
        ),
        (
            [
                "class Meta(type):\n    def __new__(*_): raise OSError('no')",
                RELU.replace("Base", "metaclass=Meta"),
            ],
            OSError,
        ),
        (
            [
                "class Meta(type):\n    def __new__(*_): raise SystemExit",
                RELU.replace("Base", "metaclass=Meta"),
            ],
            Crashed,
        ),
        (["# cell 99\n# cell\n'''\n# cell 3\n'''", RELU, "((((("], ()),
        (["(" * 100_000 + RELU], (StudentError,)),
        (["x = " + "-" * 200_000 + "1", RELU], (StudentError, type(None))),
        (["#" * (9 << 20), RELU], ()),
        (["\n".join(f"x{i} = {i}" for i in range(400_000)), RELU], (TimedOut, OutOfMemory, type(None))),
        (["ReLU = 3"], NotWritten),
        (["__name__ = '__main__'; __file__ = 3; __builtins__ = {}", RELU], (StudentError, type(None))),
    ],
)
def test_hostile_notebooks_end_like_any_hostile_module(graded, cells, kinds):
    """They fail, hang and crash in their own worker, with a plain status; or they do no harm."""
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    submission = graded(book(IMPORTS, *cells))()
    try:
        value, error = relu(submission), None
    except StudentError as e:
        value, error = None, e
    if not kinds:
        assert value == [0.0, 2.0]
    else:
        assert isinstance(error, kinds)


def test_modules_that_replace_themselves_gain_nothing(graded):
    """An object in the place of a module is refused, as it is for files."""
    cell = (
        "import sys\nclass Any:\n    def __getattr__(self, name): return lambda *a: 1\n"
        "def f(x=sys.modules.__setitem__('net.acts', 5)): pass"
    )
    with pytest.raises((AnswerRefused, StudentError)):
        relu(graded(book(IMPORTS, cell, RELU))())


def test_every_module_tells_why_a_notebook_ends_the_program(graded):
    """Not only the first import fails: all modules of the notebook do, in one worker and in fresh ones."""
    fresh = graded(book(IMPORTS, "import sys\ndef f(x=sys.exit(3)): pass", RELU))
    submission = fresh()
    for name in ("net.acts", "net.layers", "derivations", "net.acts"):
        with pytest.raises(Crashed, match="SystemExit: 3"):
            submission.load(name)


# The loader by itself


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("x = 1", True),
        ("x: int = 1", True),
        ("x: int", False),
        ("x = f()", False),
        ("x = lambda: f()", True),
        ("x = lambda y=f(): y", False),
        ("x[0] = 1", False),
        ("x, (y.z, w) = 1, (2, 3)", True),
        ("x += 1", False),
        ("print(1)", False),
        ("if x:\n  train()", False),
        ("if __name__ == '__main__':\n  train()", False),
        ("for i in x:\n  import os", False),
        ("try:\n  import os\nfinally:\n  f()", True),
        ("async def f(): pass", True),
    ],
)
def test_what_is_kept(source, left):
    """Definitions are, and what calls something is not; what is kept compiles."""
    import ast

    body = notebook_loader.kept(ast.parse(source).body)
    assert bool(body) == left
    compile(ast.Module(body, []), "x", "exec")


def test_in_process_a_notebook_is_refused_in_a_sentence(tmp_path, pack):
    """`make test` needs files, and says so."""
    source = written({"book.ipynb": book(RELU)}, tmp_path / "s") / "book.ipynb"
    with pytest.raises(UsageError, match=r"book\.ipynb: a notebook can be handed in, but.*net/acts\.py"):
        run_tests(pack, source)


def test_stubs_are_unchanged_but_for_the_last_line(tmp_path, pack):
    """Staging adds a line to a stub, and compiles nothing."""
    staged = take(written({"book.ipynb": book(RELU)}, tmp_path / "s"), pack)
    lines = (staged.root / "net/acts.py").read_text().splitlines()
    assert lines[:-2] == STUBS["net/acts.py"].splitlines()
    assert lines[-1].startswith("__import__")
    assert NOTEBOOK_LOADER in staged.files
