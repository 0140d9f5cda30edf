"""The students' notebooks, made out of the reference's: each code cell is treated like a `.py` file.

What running a notebook leaves behind is taken out, so that the same reference always gives the same bytes, and no
output shows a solution's results.
"""

import json
import re
from typing import Any

from harness.errors import UsageError
from harness.intake.notebook import _plain_python as plain_python
from harness.solution_regions import stub_source
from harness.text import one_line

_MARKER = re.compile(r"#\s*(BEGIN|END)\s+SOLUTION\b", re.IGNORECASE)
_KEPT_OF_A_CELL = ("deletable", "editable", "tags")
_KEPT_OF_THE_NOTEBOOK = ("accelerator", "kernelspec")  # and the language's name, without its version
_MEND = 'python -c "import nbformat as n; b = n.v4.upgrade(n.read({0!r}, 4)); n.write(b, {0!r})"'


def stub_notebook(source: str, filename: str) -> str:
    """A notebook without its solution regions, outputs, execution counts and volatile metadata.

    Lines that only IPython understands stay; the parser does not see them. Cells are counted as code cells only.

    Args:
        source: The reference's .ipynb file, format 4.5 or later.
        filename: The name that error messages begin with.

    Returns:
        The stub, laid out as nbformat does it (indent 1, keys sorted), with a newline at its end.

    Raises:
        UsageError: As `stub_source` with the cell in front of the line, or if it is no valid notebook, has a cell
            without an id of its own, or a marker where no region can be.
    """
    import nbformat  # here, for it takes a third of a second

    book = _parse(source, filename)
    number = 0
    for cell in book["cells"]:
        text = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        cell["source"] = text = text.replace("\r\n", "\n").replace("\r", "\n")
        cell["metadata"] = _only(cell["metadata"], _KEPT_OF_A_CELL)
        if cell["cell_type"] == "code":
            number += 1
            cell |= {"source": _stub_cell(text, f"{filename}, code cell {number}")}
            cell |= {"outputs": [], "execution_count": None}
        elif match := _MARKER.search(text):
            line = text[: match.start()].count("\n") + 1
            raise UsageError(
                f"{filename}, {cell['cell_type']} cell {cell['id']!r}:{line}: {match[1]} SOLUTION "
                "outside a code cell"
            )
    metadata = book["metadata"]
    language = _only(metadata.get("language_info", {}), ("name",))
    book["metadata"] = _only(metadata, _KEPT_OF_THE_NOTEBOOK) | (
        {"language_info": language} if language else {}
    )
    stub = nbformat.from_dict(book)
    _validate(stub, filename)
    return nbformat.writes(stub).rstrip("\n") + "\n"


def _stub_cell(source: str, where: str) -> str:
    plain, _ = plain_python(source)
    if plain.count("\n") != source.count(
        "\n"
    ):  # a cell magic that takes its whole cell along, such as %%bash
        if match := _MARKER.search(source):
            line = source[: match.start()].count("\n") + 1
            raise UsageError(f"{where}:{line}: {match[1]} SOLUTION in a cell that is not Python")
        return source
    return stub_source(source, where, parsed=plain)


def _only(metadata: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: metadata[key] for key in keys if key in metadata}


def _parse(source: str, filename: str) -> dict[str, Any]:
    """The notebook, valid and with ids of its own: nbformat would mend a missing or repeated one by chance."""
    try:
        book = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{filename}:{getattr(error, 'lineno', 1)}: is not JSON ({error.args[0]})"
        ) from error
    if not isinstance(book, dict) or book.get("nbformat") != 4:
        raise UsageError(f"{filename}: is no notebook of format 4: save it with a current Jupyter")
    cells = book.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise UsageError(f"{filename}: is no valid notebook (`cells` must be a list of cells)")
    for i, cell in enumerate(cells, 1):
        if "id" not in cell:
            raise UsageError(f"{filename}: cell {i} of all has no id; run: {_MEND.format(filename)}")
    ids = [cell["id"] for cell in cells]
    if repeated := next((one for i, one in enumerate(ids) if one in ids[:i]), None):
        raise UsageError(f"{filename}: the id {repeated!r} stands at two cells: change one")
    _validate(book, filename)
    return book


def _validate(book: dict[str, Any], filename: str) -> None:
    import nbformat

    try:
        nbformat.validate(book)
    except nbformat.ValidationError as error:
        raise UsageError(f"{filename}: is no valid notebook ({one_line(error.message, 200)})") from error
