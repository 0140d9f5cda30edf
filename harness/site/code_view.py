"""A student's code as coloured lines, and where its functions begin and end.

Read by one regular expression, not by a parser: the code may not parse, and Pygments takes 20 ms for a file of 400
lines, which is two minutes for a class of 5,000.
"""

import builtins
import keyword
import re
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import escape

from harness.text import clean

MOST_LINES = 4000
LONGEST_LINE = 2000
_OPEN, _CLOSE = "\x01", "\x02"
# Split, not matched piece by piece: a call for each word would take most of the time of a page.
_PIECES = re.compile(
    r"""(
    \#[^\n]*
  | [rRbBuUfF]{0,2}(?:\"\"\"(?:\\.|[^\\])*?(?:\"\"\"|\Z)|'''(?:\\.|[^\\])*?(?:'''|\Z)
        |"(?:\\.|[^"\\\n])*+"?|'(?:\\.|[^'\\\n])*+'?)
  | \w++
    )""",
    re.VERBOSE | re.DOTALL,
)
_DEFINITION = re.compile(r"([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+([^\W\d]\w*)")
_WORDS = {name: f"{_OPEN}b{name}{_CLOSE}" for name in dir(builtins) if not name.startswith("_")}
_WORDS |= {name: f"{_OPEN}k{name}{_CLOSE}" for name in keyword.kwlist}
_DEFINING = (_WORDS["def"], _WORDS["class"])


@dataclass(frozen=True)
class Definition:
    """A function or method: `first` and `last` are line numbers from 1, `name` is like `Linear.forward`.

    `inner` says that it is defined inside another function.
    """

    name: str
    first: int
    last: int
    inner: bool = False

    @property
    def plain(self) -> str:
        """The name without its class."""
        return self.name.rpartition(".")[2]


def readable(text: str) -> tuple[str, int]:
    """The text as it can be shown, line ends made alike, and how many lines are left out at its end."""
    lines = re.split(r"\r\n|\r|\n|\f|\v", text)
    if lines and not lines[-1]:
        lines.pop()
    shown = [_line(line) for line in lines[:MOST_LINES]]
    return "\n".join(shown), len(lines) - len(shown)


@lru_cache(maxsize=64)  # files that were given to the students are the same for most
def coloured(text: str) -> list[str]:
    """The lines of Python code as safe markup: escaped, in spans that a style sheet can colour.

    Args:
        text: As `readable` gives it: without control characters, so that the two which stand for our own spans
            until everything is escaped cannot come from the code.
    """
    if _OPEN in text or _CLOSE in text:
        raise ValueError("code must be made readable before it is coloured")
    pieces = _PIECES.split(text)
    known = _WORDS.get
    pieces[1::2] = [known(p, p) if p.isidentifier() else _marked(p) for p in pieces[1::2]]
    for at in [n for n, p in enumerate(pieces) if p in _DEFINING]:
        if pieces[at + 2 : at + 3] and pieces[at + 2].isidentifier():
            pieces[at + 2] = f"{_OPEN}f{pieces[at + 2]}{_CLOSE}"
    safe = str(escape("".join(pieces)))
    for kind in "csfkbn":
        safe = safe.replace(_OPEN + kind, f'<span class="{kind}">')
    return safe.replace(_CLOSE, "</span>").split("\n")


def definitions(text: str) -> list[Definition]:
    """Functions and methods by their indentation, in the order of their first lines; classes are only in names."""
    found: list[Definition] = []
    open_blocks: list[tuple[int, str, str, int]] = []  # indentation, kind, name, first line
    last_code, in_string = 0, False

    def close(indentation: int) -> None:
        while open_blocks and open_blocks[-1][0] >= indentation:
            _, kind, name, first = open_blocks.pop()
            if kind == "def":
                path = ".".join([n for _, k, n, _ in open_blocks if k == "class"] + [name])
                inner = any(k == "def" for _, k, _, _ in open_blocks)
                found.append(Definition(path, first, last_code, inner))

    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.lstrip()
        if not bare:
            continue
        if not in_string and bare[0] not in "#)]}":
            match = _DEFINITION.match(line)
            close(len(line) - len(bare))
            if match:
                open_blocks.append((len(line) - len(bare), match[2], match[3], number))
        if bare[0] != "#" or in_string:
            last_code = number
            in_string ^= (bare.count('"""') + bare.count("'''")) % 2 == 1
    close(-1)
    return sorted(found, key=lambda d: (d.first, -d.last))


def _marked(piece: str) -> str:
    kind = "c" if piece[0] == "#" else "n" if piece[0].isdigit() else "s"
    if "\n" in piece:  # a string over several lines: a span in each
        piece = piece.replace("\n", f"{_CLOSE}\n{_OPEN}{kind}")
    return f"{_OPEN}{kind}{piece}{_CLOSE}"


def _line(line: str) -> str:
    line = line.expandtabs(4)
    if len(line) > LONGEST_LINE or not line.isprintable():
        return clean(line, LONGEST_LINE).replace("\n", " ")
    return line
