"""Python source as normalised tokens: what stays when names, comments, docstrings and spacing are changed.

A scanner of our own, since what students hand in need not be Python: `tokenize` and `ast` refuse such files, and the
lexers of Pygments are several times slower. Each pattern is possessive and matches something at every position, so that the
time is proportional to the length, whatever the text is.
"""

import builtins
import keyword
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

_TOKEN = re.compile(
    r"""
      (?P<skip>      [ \t\f]++ | \\\n | \#[^\n]*+ )
    | (?P<newline>   \n )
    | (?P<string>    [rRbBuUfF]{0,2}+ (?: \"\"\" (?: [^"\\] | \\. | "(?!"") )*+ (?: \"\"\" | \\?\Z )
                                      |   ''' (?: [^'\\] | \\. | '(?!'') )*+ (?:   ''' | \\?\Z )
                                      |     " (?: [^"\\\n] | \\. )*+ "?
                                      |     ' (?: [^'\\\n] | \\. )*+ '? ) )
    | (?P<number>    0[xXoObB][0-9a-fA-F_]++ | (?: [0-9][0-9_]*+ \.?+ [0-9_]*+ | \.[0-9][0-9_]*+ )
                     (?: [eE][+-]?[0-9]++ )? [jJ]? )
    | (?P<name>      [^\W\d]\w*+ )
    | (?P<operator>  \*\*= | //= | >>= | <<= | \.\.\. | [-+*/%@&|^<>=!:]= | -> | \*\* | // | << | >> | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_VALUES = frozenset({"NUMBER", "STRING", "0", "1", "2"})
_KEYWORD_ARGUMENTS = frozenset(
    [
        "axis",
        "axes",
        "keepdims",
        "dtype",
        "shape",
        "size",
        "out",
        "where",
        "copy",
        "order",
        "ddof",
        "initial",
        "high",
        "low",
        "loc",
        "scale",
        "key",
        "reverse",
    ]
)
NAME = "NAME"
HEADERS = frozenset({"def", "class"})


@dataclass(frozen=True)
class Token:
    """A token as it was written, and where: characters `start` to `end` of the text."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Line:
    """A logical line: a statement or the head of a block, without comments. Docstrings are no lines."""

    tokens: tuple[Token, ...]

    @property
    def key(self) -> str:
        """The line as it was written, but for spacing and comments."""
        return " ".join(token.text for token in self.tokens)

    @property
    def header(self) -> str:
        """`def NAME` or `class NAME` where the line begins a function or a class, otherwise empty."""
        words = [token.text for token in self.tokens[:3]]
        if words[:1] == ["async"]:
            del words[0]
        return " ".join(words[:2]) if len(words) > 1 and words[0] in HEADERS else ""


def logical_lines(text: str) -> Iterator[Line]:
    """The logical lines of a source text, which need not be valid Python. Line ends must be LF."""
    tokens: list[Token] = []
    depth = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "skip":
            continue
        if kind == "newline" or (kind == "operator" and match[0] == ";"):
            if depth == 0 or kind == "operator":
                yield from _line(tokens)
                tokens, depth = [], 0
            continue
        if kind == "operator":
            depth = max(0, depth + (match[0] in _OPEN) - (match[0] in _CLOSE))
        tokens.append(Token(kind, match[0], match.start(), match.end()))
    yield from _line(tokens)


def _line(tokens: list[Token]) -> Iterator[Line]:
    # A statement of nothing but text is a docstring, or a comment in disguise.
    if any(token.kind != "string" for token in tokens):
        yield Line(tuple(tokens))


def normalised(line: Line) -> Iterator[tuple[str, Token]]:
    """The line's words for comparing, each with the token that it stands for; a last one ends the statement.

    Names that students choose become one word. Names that are the language's or NumPy's stay: they are what a program
    does. Of a list of figures or texts, however long, the first entry stays, since tables of data are no code.
    """
    kept: list[tuple[str, Token]] = []
    for at, token in enumerate(line.tokens):
        word = _word(line.tokens, at)
        if word in _VALUES and len(kept) > 1:
            separators = 2 if kept[-1][0] == "-" and kept[-2][0] == "," else 1
            before = [w for w, _ in kept[-1 - separators :]]
            if len(before) > separators and before[0] in _VALUES and before[1] == ",":
                del kept[-separators:]
                continue
        kept.append((word, token))
    yield from kept
    if kept:
        yield "END", line.tokens[-1]


def code_of(word: str) -> int:
    """A number for a word, the same in every process."""
    return zlib.crc32(word.encode("utf-8", "replace"))


def _word(tokens: tuple[Token, ...], at: int) -> str:
    token = tokens[at]
    if token.kind == "string":
        return "STRING"
    if token.kind == "number":
        return token.text if token.text in _VALUES else "NUMBER"
    if token.kind != "name" or token.text in _language():
        return token.text
    after_dot = at > 0 and tokens[at - 1].text == "."
    argument = (
        at + 1 < len(tokens) and tokens[at + 1].text == "=" and at > 0 and tokens[at - 1].text in ("(", ",")
    )
    if (after_dot and token.text in _numpy()) or (argument and token.text in _KEYWORD_ARGUMENTS):
        return token.text
    return NAME


@cache
def _language() -> frozenset[str]:
    return frozenset(keyword.kwlist) | frozenset(name for name in dir(builtins) if not name.startswith("_"))


@cache
def _numpy() -> frozenset[str]:
    spaces = (np, np.ndarray, np.linalg, np.random, list, dict, str, set)
    return frozenset(name for space in spaces for name in dir(space) if not name.startswith("_"))
