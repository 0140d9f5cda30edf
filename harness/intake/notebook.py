"""Turns a notebook into a module: code cells in order, without what only IPython understands.

Nothing here compiles a cell: Python's own parser can be made to crash by hostile text.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from harness.errors import Refused
from harness.text import one_line

MAX_BYTES = 10 << 20
MAX_CELLS = 5000
MAX_NOTES = 20
_WRAPPERS = {"time", "timeit", "capture", "prun"}  # cell magics that run the rest of the cell as it is
# No Python statement begins like the first three, or ends like the last. The possessive `*+` keeps it linear.
_IPYTHON = re.compile(
    r"""\s*+(?: [%!?]                      # %matplotlib inline, !ls, ?np.dot
           | [\w.,\s*\[\]]++=\s*[!%]       # files = !ls, x = %magic
           | (?:pip3?|conda)\s+install\s   # IPython lets the % of these be left out
           | [^'"\#]*\?\s*$ )              # np.dot?, np.dot??
    """,
    re.VERBOSE,
)
_CODE = re.compile(r"""'''|\"{3}|['"\#(\[{)\]}]|\\$""")
_STRING = {quote: re.compile(r"\\.|\\$|" + quote) for quote in ("'''", '"""', "'", '"')}


@dataclass
class NotebookSource:
    """A module's source, and plain sentences on what was left out of it. Only code cells are counted."""

    source: str
    notes: list[str] = field(default_factory=list)


def notebook_to_source(data: bytes) -> NotebookSource:
    """The code cells of a notebook as one module.

    Magics, shell lines and help lines become comments (`pass` inside a block), each with a note; a cell magic
    such as %%bash takes its whole cell along, %%time only itself. Lines inside brackets and strings stay.

    Args:
        data: An .ipynb file of format 3 or 4, whose outputs and metadata are not looked at.

    Raises:
        Refused: If it is no notebook, too large, or nested too deeply.
    """
    if len(data) > MAX_BYTES:
        raise Refused(f"the notebook is over {MAX_BYTES >> 20} MiB: clear its outputs and save it again")
    parts, notes = [], []
    for number, source in enumerate(_code_cells(data), 1):
        text, dropped = _plain_python(source.replace("\r\n", "\n").replace("\r", "\n"))
        parts.append(f"# cell {number}\n{text.rstrip()}\n")
        notes += [f"Cell {number}: {what} was dropped, it is not Python." for what in dropped]
    joined = "\n".join(parts)
    try:
        joined.encode()
    except UnicodeEncodeError:
        raise Refused("the notebook holds characters that are no text: delete them and save it") from None
    if len(notes) >= MAX_NOTES:
        notes[MAX_NOTES - 1 :] = ["More lines that are not Python were dropped."]
    return NotebookSource(joined, notes)


def _code_cells(data: bytes) -> list[str]:
    import nbformat  # here, for it takes a third of a second and most submissions hold no notebook

    # nbformat gets only what was checked: its validation would print hostile text, and take its time.
    slim = json.dumps(_slim(_parse(data)))
    return [cell.source for cell in nbformat.reads(slim, as_version=4).cells]


def _parse(data: bytes) -> dict[str, Any]:
    try:
        book = json.loads(data)
    except RecursionError:
        raise Refused("the notebook is nested too deeply: save it again with Jupyter") from None
    except ValueError:  # a UnicodeDecodeError too
        raise Refused("the notebook is not JSON: save it again with Jupyter") from None
    if not isinstance(book, dict) or "nbformat" not in book:
        raise Refused("the file is JSON but no notebook: save it again with Jupyter")
    if type(book["nbformat"]) is not int or book["nbformat"] not in (3, 4):
        raise Refused("the notebook is in neither format 3 nor 4: save it again with a current Jupyter")
    return book


def _slim(book: dict[str, Any]) -> dict[str, Any]:
    """The same notebook with nothing but the sources of its code cells.

    Raises:
        Refused: If it has no list of cells, too many of them, or one whose source is no text.
    """
    old = book["nbformat"] == 3
    sheets = book.get("worksheets") if old else [book]
    cells: list[Any] = []
    for sheet in sheets if isinstance(sheets, list) else [None]:
        inner = sheet.get("cells") if isinstance(sheet, dict) else None
        if not isinstance(inner, list) or not all(isinstance(c, dict) for c in inner):
            raise Refused("the notebook has no list of cells: save it again with Jupyter")
        cells += inner
    if len(cells) > MAX_CELLS:
        raise Refused(f"the notebook has over {MAX_CELLS} cells: hand in only what is asked for")
    key = "input" if old else "source"
    code = [c.get(key) for c in cells if c.get("cell_type") == "code"]
    for source in code:
        if not all(isinstance(s, str) for s in (source if isinstance(source, list) else [source])):
            raise Refused("a code cell of the notebook holds no text: save it again with Jupyter")
    base = {"cell_type": "code", "metadata": {}, "outputs": []}
    extra = {"language": "python", "collapsed": False} if old else {"execution_count": None}
    slim_cells = [{**base, **extra, key: source} for source in code]
    where = {"worksheets": [{"metadata": {}, "cells": slim_cells}]} if old else {"cells": slim_cells}
    return {"nbformat": book["nbformat"], "nbformat_minor": 0, "metadata": {}, **where}


def _plain_python(source: str) -> tuple[str, list[str]]:
    """A cell without IPython's additions, line for line, and what was dropped."""
    lines, dropped = source.split("\n"), []
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        name = (lines[first][2:].split() or [""])[0]
        if name not in _WRAPPERS:
            return "# (not Python)", [f"the whole cell (%%{one_line(name, 40)})"]
        dropped.append(f"the line %%{name}")
        lines[first] = "# (not Python)"
    quote, depth, continued = "", 0, False  # what a line begins in: a string, brackets, after a backslash
    dropping = False
    for i, line in enumerate(lines):
        if dropping or (not (quote or depth or continued) and _IPYTHON.match(line)):
            if not dropping and len(dropped) < MAX_NOTES:
                dropped.append(f"the line {one_line(line, 80)}")
            indent = line[: len(line) - len(line.lstrip())]
            lines[i] = f"{indent}pass" if indent and not dropping else "# (not Python)"
            dropping = line.endswith("\\")
        else:
            quote, depth, continued = _state_after(line, quote, depth)
    return "\n".join(lines), dropped


def _state_after(line: str, quote: str, depth: int) -> tuple[str, int, bool]:
    """Follows strings and brackets through one line, in linear time whatever it holds."""
    at, last = 0, ""
    while match := (_STRING[quote] if quote else _CODE).search(line, at):
        at, last = match.end(), match[0]
        if quote:
            quote = "" if last == quote else quote
        elif last == "#":
            last = ""
            break
        elif last in _STRING:
            quote = last
        elif last in "([{":
            depth += 1
        elif last in ")]}":
            depth = max(depth - 1, 0)
    continued = last == "\\"
    # A string in single quotes ends with its line, unless a backslash carries it over.
    return quote if len(quote) == 3 or continued else "", depth, continued
