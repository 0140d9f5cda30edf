"""Gathered code as text for a write-up: Markdown for a notebook's cell, LaTeX to `\\input` into an article."""

import re
import unicodedata
from collections.abc import Sequence

from harness.appendix import FilePart, Piece

WIDTH = 100  # characters of a LaTeX line: what \footnotesize gets onto the page
TAB = 4
_GOES_ON = "... "  # begins a line that is the rest of the one above
_HEADINGS = {1: "section", 2: "subsection", 3: "subsubsection"}
_END = re.compile(r"\\end\s*\{\s*verbatim")  # also what packages that redefine verbatim take for its end
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
} | {c: f"\\{c}" for c in "{}$&#%_"}
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚′", "'"),
        **dict.fromkeys("“”„″", '"'),
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
        **{"…": "...", "×": "x", "·": "*", "≤": "<=", "≥": ">=", "≠": "!=", "→": "->", "←": "<-", "²": "^2"},
    }
)
_NOT_SET = "ªºÐðÞþĄąĐđĘęĦħĮįĸĿŀŉŊŋŦŧŲų"  # letters below U+017F that the article class has no glyph for


def to_markdown(parts: Sequence[FilePart], heading_level: int) -> str:
    """A heading for each file, a fenced block for each piece.

    Args:
        parts: As `appendix.gather` returns them.
        heading_level: The number of `#` before a file's name.
    """
    blocks = []
    for part in parts:
        blocks += [f"{'#' * heading_level} {_span(part.name)}", *part.problems]
        for piece in part.pieces:
            blocks.append(f"{_span(piece.name)}{_told(piece)}")
            if piece.code:
                fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", piece.code))])
                blocks.append(f"{fence}python\n{piece.code}\n{fence}")
    return "\n\n".join(blocks) + "\n"


def to_latex(parts: Sequence[FilePart], heading_level: int) -> str:
    r"""A heading for each file, a verbatim block for each piece; needs no package beyond the article class.

    Tabs become spaces, lines over 100 characters are broken, and characters that pdflatex cannot set are spelled
    out. A line that would end its verbatim block stands between two blocks.

    Args:
        parts: As `appendix.gather` returns them.
        heading_level: 1 for \section, 2 for \subsection, 3 for \subsubsection.
    """
    blocks = []
    for part in parts:
        blocks += [f"\\{_HEADINGS[heading_level]}{{{_escaped(part.name)}}}", *map(_escaped, part.problems)]
        for piece in part.pieces:
            title = f"\\noindent\\texttt{{{_escaped(piece.name)}}}{_escaped(_told(piece))}"
            blocks.append(f"{title}\\nopagebreak\n{_verbatim(piece.code)}" if piece.code else title)
    return "\n\n".join(blocks) + "\n"


def _told(piece: Piece) -> str:
    kind = "question" if len(piece.questions) == 1 else "questions"
    origin = f", {kind} {', '.join(piece.questions)}" if piece.questions else ", added"
    return f"{origin}: {piece.problem}" if piece.problem else f"{origin}:"


def _span(text: str) -> str:
    return "`" + text.replace("`", "'") + "`"


def _verbatim(code: str) -> str:
    out: list[str] = []
    inside = False
    for line in map(_settable, code.split("\n")):
        for piece in _broken(line.expandtabs(TAB).rstrip()):
            ends = _END.search(piece) is not None
            if inside == ends:
                out.append("\\end{verbatim}" if inside else "\\begin{verbatim}")
                inside = not inside
            out.append(
                f"\\noindent\\texttt{{{_escaped(piece).replace(' ', chr(92) + ' ')}}}" if ends else piece
            )
    if inside:
        out.append("\\end{verbatim}")
    return "{\\footnotesize\n" + "\n".join(out) + "\n\\par}"


def _broken(line: str) -> list[str]:
    first, rest, step = line[:WIDTH], line[WIDTH:], WIDTH - len(_GOES_ON)
    return [first, *(_GOES_ON + rest[i : i + step] for i in range(0, len(rest), step))]


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in _settable(text))


def _settable(text: str) -> str:
    """The text with what pdflatex has no glyph for spelled out: Greek letters by name, others by number."""
    return "".join(c if " " <= c <= "~" or c == "\t" else _spelled(c) for c in text.translate(_PLAIN))


def _spelled(character: str) -> str:
    if character < "\u017f" and character.isalpha() and character not in _NOT_SET and character != "µ":
        return character
    greek = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", unicodedata.name(character, ""))
    if greek:
        return f"<{greek[2].lower() if greek[1] == 'SMALL' else greek[2].capitalize()}>"
    return f"<U+{ord(character):04X}>"
