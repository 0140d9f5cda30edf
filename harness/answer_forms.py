"""What written answers must look like: the public half of answers.toml, `tests/<name>/answers.toml`.

It has a table a question and an entry an answer, and tells nothing of what is right:

    ["1.3b"]
    i_out = { kind = "numbers", count = 3 }              # a list of numbers; `count` may be left out
    loss  = { kind = "number" }
    why   = { kind = "choice", choices = ["a", "b"] }    # one of these words
    which = { kind = "choices", choices = ["a", "b"] }   # a list of some of these words, in any order
    cost  = { kind = "formula", variables = ["l", "b"] } # a formula in quotes over these names
    cache = { kind = "text" }                            # free text, which a person marks
    tried = { kind = "other" }                           # anything; a test of the assignment's own judges it

With it, `make test` and the reports tell unknown keys and wrong types.
"""

import difflib
import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import formula
from harness.errors import UsageError
from harness.expect import Mismatch
from harness.text import one_line

KINDS = ("number", "numbers", "choice", "choices", "formula", "text", "other")
FILE = "answers.toml"
MOST_LINES = 10  # about a student's file
_FIELDS = {"kind", "count", "choices", "variables"}


@dataclass(frozen=True)
class Form:
    """What one answer must look like.

    Attributes:
        count: How many numbers a list must hold, or None for any.
    """

    question: str
    name: str
    kind: str
    choices: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    count: int | None = None

    @property
    def where(self) -> str:
        return f'{self.name} below ["{self.question}"] in {FILE}'


def make_form(question: str, name: str, entry: dict[str, Any], path: Path) -> Form:
    """A form from its fields.

    Raises:
        UsageError: If a field is missing, unknown or of the wrong type: the sentence names file and entry.
    """
    kind, choices, variables = entry.get("kind"), entry.get("choices", []), entry.get("variables", [])
    count = entry.get("count")

    def check(condition: bool, sentence: str) -> None:
        if not condition:
            raise UsageError(f"{path}: {question}.{name}: {sentence}.")

    check(set(entry) <= _FIELDS, f"unknown field `{', '.join(sorted(set(entry) - _FIELDS))}`")
    check(kind in KINDS, f"`kind` must be one of {', '.join(KINDS)}, got {kind!r}")
    for field, values, kinds in (
        ("choices", choices, ("choice", "choices")),
        ("variables", variables, ("formula",)),
    ):
        plain = isinstance(values, list) and all(isinstance(v, str) and v == v.strip() != "" for v in values)
        check(plain and len(set(values)) == len(values), f"`{field}` must be a list of different words")
        check(
            bool(values) == (kind in kinds),
            f"`{field}` must be there for {' and '.join(kinds)}, and only there",
        )
    for v in variables:
        check(
            v.isidentifier() and v.isascii() and v not in formula.FUNCTIONS,
            f"`variables`: {v!r} is no name for one",
        )
    check(
        count is None or (type(count) is int and count > 0 and kind == "numbers"),
        "`count` must be a number of numbers",
    )
    return Form(question, name, str(kind), tuple(choices), tuple(variables), count)


def read_tables(path: Path, what: str) -> dict[str, dict[str, dict[str, Any]]]:
    """The entries of a TOML file with a table a question and an entry an answer.

    Raises:
        UsageError: If it cannot be read, or holds anything else.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:  # not TOML, or not UTF-8
        raise UsageError(f"{path}: cannot be read as {what}: {e}.") from None
    for question, entries in data.items():
        for name, entry in entries.items() if isinstance(entries, dict) else [("", None)]:
            if not isinstance(entry, dict):
                raise UsageError(
                    f'{path}: {question}.{name}: must be a table of fields below ["{question}"].'
                )
    return data


def load_forms(path: Path) -> list[Form]:
    """Read the public half.

    Raises:
        UsageError: If it is malformed.
    """
    tables = read_tables(path, "forms of answers")
    return [
        make_form(question, name, entry, path)
        for question, entries in tables.items()
        for name, entry in entries.items()
    ]


def is_empty(value: Any) -> bool:
    """Whether an answer is missing, or still what the stub has."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def answer_of(answers: Any, form: Form) -> Any:
    """The answer as it stands in the student's file, or None."""
    table = answers.get(form.question) if isinstance(answers, dict) else None
    return table.get(form.name) if isinstance(table, dict) else None


def settled(value: Any, form: Form) -> Any:
    """An answer in its form.

    Returns:
        number, numbers: a list of floats; choice: a word; choices: a frozenset of words; formula: its tree;
        text, other: the value.

    Raises:
        Mismatch: If it is of another type. Nothing is said of what is right.
    """
    match form.kind:
        case "number" | "numbers":
            numbers = _numbers(value, form)
            count = 1 if form.kind == "number" else form.count
            if count not in (None, len(numbers)):
                raise Mismatch(
                    f"{form.where} has the wrong number of entries.", f"{count}", f"{len(numbers)}"
                )
            return numbers
        case "choice":
            if not isinstance(value, str) or value.strip() not in form.choices:
                raise Mismatch(
                    f"{form.where} must be one of the listed choices, in quotes.",
                    " or ".join(f'"{c}"' for c in form.choices),
                    _shown(value),
                )
            return value.strip()
        case "choices":
            return _some_of(value, form)
        case "formula":
            if not isinstance(value, str):
                raise Mismatch(f"{form.where} must be a formula in quotes.", "text in quotes", _shown(value))
            try:
                return formula.parse(value, form.variables)
            except formula.FormulaError as e:
                raise Mismatch(
                    f"{form.where} {e}.", f"a formula in {', '.join(form.variables)}", _shown(value)
                ) from None
        case "text":
            if not isinstance(value, str):
                raise Mismatch(f"{form.where} must be text in quotes.", "text in quotes", _shown(value))
    return value


def _numbers(value: Any, form: Form) -> list[float]:
    out = []
    for v in value if isinstance(value, list) else [value]:
        if isinstance(v, str):  # "0,73" and "0.73" in quotes are meant well
            try:
                v = float(v.strip().replace(",", "."))
            except ValueError:
                raise Mismatch(
                    f"{form.where} must be numbers without quotes.", "numbers", _shown(v)
                ) from None
        if isinstance(v, bool) or not isinstance(v, (int, float)) or not math.isfinite(v):
            raise Mismatch(f"{form.where} must be numbers.", "numbers", _shown(v))
        out.append(float(v))
    return out


def _some_of(value: Any, form: Form) -> frozenset[str]:
    listed = ", ".join(f'"{c}"' for c in form.choices)
    if not isinstance(value, list):
        raise Mismatch(
            f"{form.where} must be a list of the listed choices: words in quotes between [ and ].",
            f"a list of some of {listed}",
            _shown(value),
        )
    words = [v.strip() if isinstance(v, str) else v for v in value]
    for word in words:
        if not isinstance(word, str) or word not in form.choices:
            raise Mismatch(
                f"{form.where} holds something that is no listed choice.", f"some of {listed}", _shown(word)
            )
    if len(set(words)) < len(words):
        raise Mismatch(f"{form.where} names a choice twice.", "each choice once", _shown(value))
    return frozenset(words)


def strangers(answers: Any, forms: Sequence[Form]) -> list[str]:
    """A line for each question or key of a student's file that nobody asked for, and for each value outside a table."""
    asked: dict[str, list[str]] = {}
    for form in forms:
        asked.setdefault(form.question, []).append(form.name)
    found: list[tuple[Any, Any]] = []  # (question, name), or (question, None); many where somebody means harm
    for question, table in answers.items() if isinstance(answers, dict) else ():
        if isinstance(table, dict) and question in asked:
            found += [(question, name) for name in table if name not in asked[question]]
        else:
            found.append((question, None))
    lines = [_strange(question, name, answers, asked) for question, name in found[:MOST_LINES]]
    if len(found) > MOST_LINES:
        lines.append(f"{len(found) - MOST_LINES} more keys are unknown.")
    return [f"{FILE}: {line}" for line in lines]


def _strange(question: Any, name: Any, answers: dict[Any, Any], asked: dict[str, list[str]]) -> str:
    if name is not None:
        known, sentence = asked[question], f'there is no answer {_shown(name)} below ["{question}"]'
    elif isinstance(answers[question], dict):
        known, name, sentence = list(asked), question, f"there is no question {_shown(question)}"
    elif question in asked:
        return f'{_shown(question)} must be a table: write ["{question}"] on a line of its own, its answers below it.'
    else:
        homes = [f'["{q}"]' for q, names in asked.items() if question in names]
        home = (
            homes[0]
            if len(homes) == 1
            else f'the line with its question, such as ["{next(iter(asked), "")}"]'
        )
        return f"{_shown(question)} stands above all questions: put it below {home}."
    near = difflib.get_close_matches(str(name)[:60], known, n=1)
    return f"{sentence}: " + (f"is {near[0]} meant?" if near else f"known are {', '.join(known)}.")


def misshapen(answers: Any, forms: Sequence[Form]) -> list[str]:
    """A line for each answer that is there, but of the wrong type."""
    lines = []
    for form in forms:
        value = answer_of(answers, form)
        if not is_empty(value):
            try:
                settled(value, form)
            except Mismatch as e:
                lines.append(f"{e.hint} Expected: {e.expected}; got: {e.got}.")
    return lines


def _shown(value: Any) -> str:
    return one_line(repr(value), 80)
