"""Notebooks become modules, without what only IPython understands."""

import ast
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import Refused
from harness.intake import notebook
from harness.intake.notebook import notebook_to_source


def book(*sources, **changes):
    """A notebook with code cells of these sources, or with cells given as dictionaries."""
    cells = [s if isinstance(s, dict) else {"cell_type": "code", "source": s} for s in sources]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": cells, **changes}).encode()


def test_code_cells_come_in_order_under_their_numbers():
    """Code cells follow each other under `# cell N`, counted among themselves; other cells are left out."""
    markdown = {"cell_type": "markdown", "source": "# %no"}
    data = book("x = 1", markdown, ["y = 2\n", "z = 3"], {"cell_type": "raw"}, "")
    made = notebook_to_source(data)
    assert made.source == "# cell 1\nx = 1\n\n# cell 2\ny = 2\nz = 3\n\n# cell 3\n\n"
    assert made.notes == []


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "%time f()",
        "!pip install numpy",
        "!!ls",
        "x = !ls",
        "a, b = %magic 1",
        "x.y[0]=!ls",
        "np.dot?",
        "np.dot??",
        "?np.dot",
        "np.*load*?",
        "pip install numpy",
        "%load_ext autoreload  # why",
        "!echo don't \"",
    ],
)
def test_lines_of_ipython_are_dropped_with_a_note(line):
    """A magic, shell or help line becomes a comment, the lines around it stay, and a note names its cell."""
    made = notebook_to_source(book("a = 1", f"b = 2\n{line}\nc = 3"))
    assert [ast.unparse(part) for part in ast.parse(made.source).body] == ["a = 1", "b = 2", "c = 3"]
    assert line.strip() not in made.source
    assert len(made.notes) == 1
    assert "Cell 2" in made.notes[0]
    assert line.split()[0] in made.notes[0]


def test_a_dropped_line_inside_a_block_leaves_the_block_valid():
    """Inside a block `pass` takes the place of a dropped line, at the same indentation."""
    made = notebook_to_source(book("if True:\n    %timeit 1\nfor i in x:\n\t!ls \\\n\t  -l\ny = 1\r\n"))
    assert "if True:\n    pass\nfor i in x:\n\tpass\n# (not Python)\ny = 1" in made.source
    ast.parse(made.source)
    assert len(made.notes) == 2


@pytest.mark.parametrize("name", ["bash", "html", "javascript", "writefile a.py", "python3", "unknown", ""])
def test_a_cell_magic_drops_its_cell(name):
    """%%bash and its like take the whole cell with them."""
    made = notebook_to_source(book(f"\n%%{name}\nrm -rf x", "y = 1"))
    assert "rm" not in made.source
    assert "y = 1" in made.source
    assert len(made.notes) == 1
    assert f"the whole cell (%%{name.split(' ')[0]})" in made.notes[0]


@pytest.mark.parametrize("name", ["time", "timeit -n 1", "capture out"])
def test_a_wrapping_cell_magic_drops_only_itself(name):
    """%%time and its like leave the rest of the cell, where further magics are dropped too."""
    made = notebook_to_source(book(f"%%{name}\ny = 1\n%cd"))
    assert made.source == "# cell 1\n# (not Python)\ny = 1\n# (not Python)\n"
    assert len(made.notes) == 2


PYTHON = [
    's = """\n%matplotlib\n!ls\nwhat?\n"""',
    "s = '''\n'\n%a\n'''",
    "x = (7\n     % 3)",
    "x = [\n  a\n  % b, # (\n]",
    "x = 7 \\\n  % 3",
    "x = 'why?'",
    "x = 1  # why?",
    "# %magic?",
    "print('a = %d' % 1)",
    "s = 'a \\\n%b ('\nx = 1",
    "x = a != b",
    "d = {\n'''\n'''\n: 1 % 2}",
    's = "\\\\"',
    "s = '\\''",
    "f'{x!r}'",
    "@a.b\ndef f(): pass",
    "s = \"'''\"",
    "x = '''a''' % 1",
    "s = '' # '''",
    'r"""\\\n%x\n"""',
    "pip = 1",
    "x %= 3",
    "print(f\"{d['a']}?\")",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PYTHON), min_size=1, max_size=5))
def test_what_is_python_already_stays_as_it_is(statements):
    """No line of a cell that Python can parse is changed, whatever its strings and brackets hold."""
    source = "\n".join(statements)
    ast.parse(source)
    made = notebook_to_source(book(source))
    assert made.source == f"# cell 1\n{source.rstrip()}\n"
    assert made.notes == []


def test_a_magic_after_strings_and_brackets_is_still_seen():
    """Following strings and brackets through valid code ends where it began: outside of both."""
    made = notebook_to_source(book("\n".join([*PYTHON, "%magic"])))
    assert len(made.notes) == 1


def test_notes_are_few_and_printable():
    """A flood of magics gives a bounded number of notes, without control or bidi characters."""
    made = notebook_to_source(book("%a\u202e\x1b[31m\n" * 1000, "!b\n" * 1000))
    assert len(made.notes) == notebook.MAX_NOTES
    assert all(note.isprintable() for note in made.notes)


@pytest.mark.parametrize("text", [["x = 1\n", "%cd"], "x = 1\n%cd"])
def test_format_3_is_upgraded(text):
    """Notebooks of 2014 keep their cells in worksheets, under another name."""
    code = {"cell_type": "code", "language": "python", "outputs": [], "input": text}
    cells = [code, {"cell_type": "heading"}]
    made = notebook_to_source(book(nbformat=3, nbformat_minor=0, worksheets=[{"cells": cells}] * 2))
    assert made.source.count("x = 1") == 2
    assert len(made.notes) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"x = 1", "not JSON"),
        (b"\xff\xfe\xfa", "not JSON"),
        (b"{" * 10, "not JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b"9" * 5000, "not JSON"),
        (b"[]", "no notebook"),
        (b"{}", "no notebook"),
        (b"NaN", "no notebook"),
        (book(nbformat=5), "format"),
        (book(nbformat=2), "format"),
        (book(nbformat="4"), "format"),
        (book(nbformat=True), "format"),
        (book(nbformat={}), "format"),
        (book(cells=None), "list of cells"),
        (book(cells={}), "list of cells"),
        (book(cells=[1]), "list of cells"),
        (book(nbformat=3), "list of cells"),
        (book(nbformat=3, worksheets=[1]), "list of cells"),
        (book({"cell_type": "code", "source": 5}), "no text"),
        (book({"cell_type": "code", "source": ["a", 5]}), "no text"),
        (book({"cell_type": "code"}), "no text"),
        (book({"cell_type": "code", "source": {"a": 1}}), "no text"),
        (book("s = '\ud800'"), "no text"),
    ],
)
def test_what_is_no_notebook_is_refused(data, words):
    """Not JSON, no notebook, of a strange format, or with sources that are no text: each has its sentence."""
    with pytest.raises(Refused, match=words):
        notebook_to_source(data)


def test_size_and_cells_are_bounded():
    """10 MiB and 5,000 cells are the most; both limits themselves are fine."""
    markdown = [{"cell_type": "markdown", "source": ""}] * 4999
    assert notebook_to_source(book("x = 1", *markdown)).source == "# cell 1\nx = 1\n"
    with pytest.raises(Refused, match="5000 cells"):
        notebook_to_source(book("x = 1", *markdown, "y = 1"))
    data = book("x = 1")
    assert notebook_to_source(data + b" " * ((10 << 20) - len(data))).source
    with pytest.raises(Refused, match="10 MiB"):
        notebook_to_source(data + b" " * ((10 << 20) - len(data) + 1))


def test_outputs_and_metadata_are_never_looked_at(capfd, caplog):
    """Malformed or hostile outputs and metadata neither matter nor get printed."""
    cell = {"cell_type": "code", "source": "x = 1", "outputs": "\x1b[31m", "metadata": 7, "id": ["\x1b"]}
    made = notebook_to_source(book(cell, metadata="\x1b[31m", nbformat_minor="x"))
    assert made.source == "# cell 1\nx = 1\n"
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


WORDS = st.text(max_size=5)
VALUES = st.none() | st.integers() | st.floats() | WORDS | st.lists(WORDS | st.none())
KIND = {"cell_type": st.just("code") | VALUES}
CELLS = st.lists(VALUES | st.fixed_dictionaries(KIND, optional={"source": VALUES, "input": VALUES}))
SHEETS = st.lists(st.fixed_dictionaries({"cells": CELLS}) | VALUES)
BOOKS = st.fixed_dictionaries(
    {"nbformat": st.sampled_from([3, 4]) | VALUES}, optional={"cells": CELLS | VALUES, "worksheets": SHEETS}
)
NASTY_CODE = st.text("%!?x='\"([{)]}#\\ \n\r\t\x0c\u2028", max_size=60)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200) | BOOKS.map(lambda b: json.dumps(b).encode()) | NASTY_CODE.map(book))
def test_hostile_notebooks_are_refused_or_converted(data):
    """Whatever the bytes, the outcome is a refusal in printable words, or a text that can be written."""

    def outcome():
        try:
            return notebook_to_source(data).source, ""
        except Refused as refusal:
            return "", str(refusal)

    source, refused = outcome()
    assert refused.isprintable()
    source.encode()
