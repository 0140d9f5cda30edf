"""A CSV file of somebody else's, in which single cells are filled in and every other byte stays as it was."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UsageError
from harness.input_files import read_input

BOM = "\ufeff"
LARGEST_BYTES = 50 << 20


@dataclass
class Sheet:
    """The cells of a CSV file as they stand in it, quotes included.

    Attributes:
        path: What messages call it.
        rows: Raw cells, row by row; `ends` holds what ends each row.
        separator: A comma, a semicolon or a tab.
    """

    path: Path
    rows: list[list[str]]
    ends: list[str]
    separator: str = ","
    bom: str = ""
    lines: list[int] = field(default_factory=list)

    def value(self, row: int, column: int) -> str:
        """What a cell says, without quotes; an empty string where the row is shorter."""
        cells = self.rows[row]
        return unquoted(cells[column]).strip() if column < len(cells) else ""

    def fill(self, row: int, column: int, text: str) -> None:
        """Put text into a cell, in quotes where it needs them or the cell had them."""
        cells = self.rows[row]
        cells += [""] * (column + 1 - len(cells))
        if cells[column].startswith('"') or any(c in text for c in (self.separator, '"', "\n", "\r")):
            text = '"' + text.replace('"', '""') + '"'
        cells[column] = text

    def blank(self, row: int) -> bool:
        return not any(cell.strip() for cell in self.rows[row])

    def place(self, row: int) -> str:
        """The file and the line, for a sentence."""
        return f"{self.path}, line {self.lines[row]}"

    def encoded(self) -> bytes:
        """The whole file."""
        body = "".join(self.separator.join(cells) + end for cells, end in zip(self.rows, self.ends))
        return (self.bom + body).encode("utf-8")


def unquoted(raw: str) -> str:
    """The text of a raw cell."""
    if len(raw) >= 2 and raw.startswith('"') and raw.endswith('"'):
        return raw[1:-1].replace('""', '"')
    return raw


def read(path: Path) -> Sheet:
    """Take a CSV file apart without losing anything of it.

    Raises:
        UsageError: If it cannot be read, is not UTF-8, or a quote in it is never closed.
    """
    data = read_input(path, LARGEST_BYTES, "it is no sheet of grades")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8: export it again, or save it as CSV UTF-8") from None
    bom = BOM if text.startswith(BOM) else ""
    text = text.removeprefix(BOM)
    first = re.sub(r'"[^"]*"', "", text.splitlines()[0] if text.strip() else "")
    separator = max(",;\t", key=first.count)
    sheet = Sheet(path, [], [], separator, bom)
    _split(text, sheet)
    if not sheet.rows or sheet.blank(0):
        raise UsageError(f"{path} has no header in its first line: name the file as it was exported")
    return sheet


def _split(text: str, sheet: Sheet) -> None:
    """Fill in rows and ends: a quoted cell may hold separators and line breaks, a bare one neither."""
    cell = re.compile(rf'"(?:[^"]|"")*"[^{sheet.separator}\r\n]*|[^{sheet.separator}\r\n]*')
    at, line, start, cells = 0, 1, 1, []
    while at < len(text):
        found = cell.match(text, at)
        assert found  # the second form matches nothing at all, too
        raw, at = found.group(), found.end()
        if raw.startswith('"') and raw.count('"') % 2:
            raise UsageError(f"{sheet.path}, line {line}: a quote is never closed: export the sheet again")
        cells.append(raw)
        line += len(re.findall("\r\n|\r|\n", raw))
        if text.startswith(sheet.separator, at):
            at += 1
            if at < len(text):
                continue
            cells.append("")
        end = re.compile("\r\n|\r|\n|").match(text, at)
        assert end
        sheet.rows.append(cells)
        sheet.ends.append(end.group())
        sheet.lines.append(start)
        at, line, cells = end.end(), line + bool(end.group()), []
        start = line


_DECIMAL_COMMA = re.compile(r"\d+,\d{1,5}")
_DECIMAL_POINT = re.compile(r"\d+\.\d{1,5}")


def decimal_comma(sheet: Sheet, columns: list[int]) -> bool:
    """Whether figures in these columns are written with a comma, and none with a point."""
    cells = [sheet.value(row, column) for row in range(1, len(sheet.rows)) for column in columns]
    return any(map(_DECIMAL_COMMA.fullmatch, cells)) and not any(map(_DECIMAL_POINT.fullmatch, cells))


def figure(text: str) -> float | None:
    """The number that a cell holds, with a decimal point or a decimal comma, or None."""
    text = text.replace("\u00a0", "").strip()
    if not re.fullmatch(r"-?\d+([.,]\d+)?", text):
        return None
    return float(text.replace(",", "."))


def written(points: float, comma: bool) -> str:
    """A grade with two decimals, which is what platforms compare."""
    text = f"{round(points, 6):.2f}"
    return text.replace(".", ",") if comma else text
