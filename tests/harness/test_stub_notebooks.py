"""The students' notebooks and tables: what is taken out, what stays, which mistakes of an author are refused."""

import json
import shlex
import subprocess
import sys

import nbformat
import numpy as np
import pytest

from harness.errors import UsageError
from harness.stub_notebooks import stub_notebook
from harness.stubs import check, generate, header_line

TRAIN = (
    "def train(net, steps):\n"
    '    """Fit the net."""\n'
    "    # BEGIN SOLUTION 5.2\n"
    "    for _ in range(steps):\n"
    "        net.step()\n"
    "    # END SOLUTION\n"
    "\n"
    "net = train(net, 10)"
)
TRAIN_STUB = (
    "def train(net, steps):\n"
    '    """Fit the net."""\n'
    '    raise NotImplementedError("5.2: train is not written yet")\n'
    "\n"
    "net = train(net, 10)"
)


def _code(source, number=1, **more):
    cell = {"cell_type": "code", "id": f"cell-{number}", "metadata": {}, "source": source}
    return cell | {"outputs": [], "execution_count": None} | more


def _book(*cells, minor=5, **metadata):
    book = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}
    return json.dumps(book)


def _sources(stub):
    return [cell.source for cell in nbformat.reads(stub, as_version=4).cells]


def test_a_region_of_a_cell_becomes_one_line():
    """As in a .py file: what stands around it stays, and the line names question and function."""
    assert _sources(stub_notebook(_book(_code(TRAIN)), "nb.ipynb")) == [TRAIN_STUB]


def test_sources_may_be_lists_of_lines_with_any_line_ends():
    """Both are what editors write; the stub is the same."""
    lines = TRAIN.replace("\n", "\r\n").splitlines(keepends=True)
    assert stub_notebook(_book(_code(lines)), "a") == stub_notebook(_book(_code(TRAIN)), "a")


@pytest.mark.parametrize("magic", ["%matplotlib inline", "!pip install numpy", "files = !ls", "train?"])
def test_magics_stay_and_break_nothing(magic):
    """IPython's own lines are not shown to the parser, before and after a region."""
    (source,) = _sources(stub_notebook(_book(_code(f"{magic}\n{TRAIN}\n{magic}")), "nb.ipynb"))
    assert source == f"{magic}\n{TRAIN_STUB}\n{magic}"


def test_magics_inside_functions_and_regions():
    """Outside a region an indented magic stays, inside it goes."""
    source = "def f():\n    %time g()\n    # BEGIN SOLUTION 1\n    !ls\n    return 1\n    # END SOLUTION"
    (stub,) = _sources(stub_notebook(_book(_code(source)), "nb.ipynb"))
    assert stub == 'def f():\n    %time g()\n    raise NotImplementedError("1: f is not written yet")'


def test_a_percent_sign_that_is_python_is_not_a_magic():
    """A line that begins with % inside brackets is an operator."""
    source = "x = (7\n% 4)\n" + TRAIN
    assert _sources(stub_notebook(_book(_code(source)), "a")) == ["x = (7\n% 4)\n" + TRAIN_STUB]


@pytest.mark.parametrize("magic", ["%%time", "%%capture out"])
def test_a_cell_magic_that_runs_python_keeps_its_regions(magic):
    """%%time only wraps the cell."""
    assert _sources(stub_notebook(_book(_code(f"{magic}\n{TRAIN}")), "a")) == [f"{magic}\n{TRAIN_STUB}"]


def test_a_cell_of_another_language_stays_as_it_is():
    """%%bash takes its whole cell along."""
    source = "%%bash\nfor f in *; do echo $f; done\n"
    assert _sources(stub_notebook(_book(_code(source)), "a")) == [source]


def test_what_a_run_left_behind_is_removed():
    """Outputs, counts, timings, versions and unknown metadata go; ids, tags and the kernel stay."""
    ran = _code(
        TRAIN,
        execution_count=7,
        outputs=[{"output_type": "stream", "name": "stdout", "text": "the answer is 42"}],
        metadata={"execution": {"iopub.status.busy": "2026"}, "tags": ["graded"], "collapsed": True},
    )
    text = {"cell_type": "markdown", "id": "words", "metadata": {"scrolled": 1}, "source": "# Title"}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    source = _book(
        text, ran, kernelspec=kernel, language_info={"name": "python", "version": "3.11.1"}, widgets={}
    )
    stub = json.loads(stub_notebook(source, "nb.ipynb"))
    assert stub["metadata"] == {"kernelspec": kernel, "language_info": {"name": "python"}}
    words, code = stub["cells"]
    assert words == {"cell_type": "markdown", "id": "words", "metadata": {}, "source": ["# Title"]}
    assert code["outputs"] == []
    assert code["execution_count"] is None
    assert code["metadata"] == {"tags": ["graded"]}
    assert code["id"] == "cell-1"


def test_the_layout_is_stable():
    """However the reference is laid out, the stub has an indent of 1, sorted keys and one newline at its end."""
    source = _book(_code(TRAIN), _code("é = 1", 2))
    stub = stub_notebook(source, "nb.ipynb")
    assert stub == json.dumps(json.loads(stub), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert stub_notebook(json.dumps(json.loads(source), indent=4), "nb.ipynb") == stub
    assert stub_notebook(stub, "nb.ipynb") == stub
    nbformat.validate(nbformat.reads(stub, as_version=4))


def _no_id(cell):
    return {key: value for key, value in cell.items() if key != "id"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (_book(_code("x = 1"), _code("def f(:\n", 2)), "nb.ipynb, code cell 2:1: does not parse"),
        (_book(_code("\n# END SOLUTION")), "nb.ipynb, code cell 1:2: END SOLUTION without a BEGIN SOLUTION"),
        (
            _book(_code("def f():\n    # BEGIN SOLUTION q\n    return 1"), _code("# END SOLUTION", 2)),
            "nb.ipynb, code cell 1:2: BEGIN SOLUTION is never closed",
        ),
        (
            _book(_code("%pylab\n# BEGIN SOLUTION q\nx = 1\n# END SOLUTION")),
            "nb.ipynb, code cell 1:2: a solution region must lie inside one function",
        ),
        (
            _book(_code("%%bash\n# BEGIN SOLUTION q")),
            "nb.ipynb, code cell 1:2: BEGIN SOLUTION in a cell that is not Python",
        ),
        (
            _book({"cell_type": "markdown", "id": "t", "metadata": {}, "source": "a\n# BEGIN SOLUTION q"}),
            "nb.ipynb, markdown cell 't':2: BEGIN SOLUTION outside a code cell",
        ),
        (_book(_code("x"), _code("y")), "nb.ipynb: the id 'cell-1' stands at two cells"),
        (_book(_code("x"), _no_id(_code("y"))), "nb.ipynb: cell 2 of all has no id; run: python -c "),
        (_book(_no_id(_code("x")), minor=4), "nb.ipynb: cell 1 of all has no id; run: python -c "),
        (_book(_code("x", outputs=3)), "nb.ipynb: is no valid notebook ("),
        (_book("text"), "nb.ipynb: is no valid notebook ("),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "nb.ipynb: is no valid notebook ("),
        ('{"nbformat": 3}', "nb.ipynb: is no notebook of format 4"),
        ("[]", "nb.ipynb: is no notebook of format 4"),
        ('{\n"nbformat": }', "nb.ipynb:2: is not JSON"),
        ("[" * 100_000, "nb.ipynb:1: is not JSON"),
    ],
)
def test_a_mistake_of_the_author_is_refused_with_its_place(source, message):
    """File, cell and line; never a leaked solution, and never an id that changes from run to run."""
    with pytest.raises(UsageError) as caught:
        stub_notebook(source, "nb.ipynb")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_mend_for_missing_ids_works(tmp_path):
    """The command in the message gives each cell an id, and then the stub can be made."""
    path = tmp_path / "nb.ipynb"
    path.write_text(_book(_no_id(_code(TRAIN)), minor=4))
    with pytest.raises(UsageError) as caught:
        stub_notebook(path.read_text(), "nb.ipynb")
    command = shlex.split(str(caught.value).split("run: ")[1])
    subprocess.run([sys.executable, *command[1:]], cwd=tmp_path, check=True)
    assert _sources(stub_notebook(path.read_text(), "nb.ipynb")) == [TRAIN_STUB]


def test_a_table_of_predictions_keeps_its_header_only():
    """The reference's predictions are answers."""
    assert header_line("Id,Category\n0,3\n1,9\n", "predictions.csv") == "Id,Category\n"
    assert header_line("Id,Category", "predictions.csv") == "Id,Category\n"


@pytest.mark.parametrize("source", ["", "\n0,3\n"])
def test_a_table_without_a_header_is_refused(source):
    """Students must see the columns."""
    with pytest.raises(UsageError, match=r"predictions\.csv:1: has no header line"):
        header_line(source, "predictions.csv")


def test_generate_knows_files_by_name_before_suffix_and_copies_binary_ones(tmp_path):
    """predictions.csv is a stub wherever it lies, other tables and arrays are copied byte by byte."""
    reference, student = tmp_path / "reference" / "tiny", tmp_path / "student" / "tiny"
    (reference / "data").mkdir(parents=True)
    (reference / "data" / "predictions.csv").write_bytes(b"Id,Category\r\n0,1\r\n")
    (reference / "data" / "given.csv").write_text("a\n1\n")
    (reference / "nb.ipynb").write_text(_book(_code(TRAIN)))
    np.save(reference / "data" / "x.npy", np.arange(3.0))
    np.savez(reference / "data" / "y.npz", x=np.arange(3))
    generate(reference, student)
    assert (student / "data" / "predictions.csv").read_bytes() == b"Id,Category\n"
    for name in ("given.csv", "x.npy", "y.npz"):
        assert (student / "data" / name).read_bytes() == (reference / "data" / name).read_bytes()
    assert _sources((student / "nb.ipynb").read_text()) == [TRAIN_STUB]
    assert check(reference, student) == []
    (student / "nb.ipynb").write_text(_book(_code(TRAIN)))
    assert check(reference, student)[0].startswith("student/tiny/nb.ipynb:1: differs")
