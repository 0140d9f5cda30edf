"""Written answers: a student's answers.toml, judged against the key in `tests/<name>/hidden/answers.toml`.

What each answer must look like stands in the public `tests/<name>/answers.toml` (see `harness/answer_forms.py`), what
is right in the key. It has a table an answer:

    ["1.3b".i_out]
    title = "sigmoid of (1, 0, -1)"
    points = 0.5
    value = [0.7310585786, 0.5, 0.2689414214] # number: 0.73; choice: "b"; choices: ["a", "c"]; formula: "l + b**2"
    also = [[0.73, 0.5, 0.27]]  # further readings of the question that are right, each of the form of `value`
    decimals = 4                # the exact value, or any that is the same once rounded half up to so many decimals
    atol = 1e-4                 # in place of `decimals`: how far off a number may be; `rtol` likewise, relatively

Where an assignment has no public half, the key declares `kind`, `choices`, `variables` and `count` itself.
"""

import ast
import math
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import pytest

from harness import answer_forms, formula
from harness.answer_forms import Form, answer_of, is_empty, make_form, read_tables, settled
from harness.errors import NotFilledIn, StudentError, UsageError
from harness.expect import Mismatch
from harness.text import one_line

KINDS = tuple(k for k in answer_forms.KINDS if k not in ("text", "other"))
_NUMERIC = ("number", "numbers")
_FORM_FIELDS = ("kind", "choices", "variables", "count")
_FEWEST_POINTS = 3  # at which a key's formula must have a value


@dataclass(frozen=True)
class Key:
    """The right answer to one question part.

    Attributes:
        value: What is right.
        also: Further readings of the question that are right.
        decimals: To how many decimals an answer may be rounded, half up; None for none.
    """

    question: str
    name: str
    title: str
    points: float
    kind: str
    value: Any
    atol: float = 0.0
    rtol: float = 0.0
    choices: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    count: int | None = None
    also: tuple[Any, ...] = ()
    decimals: int | None = None
    form: Form = field(init=False)
    readings: tuple[Any, ...] = field(init=False)

    def __post_init__(self) -> None:
        form = Form(self.question, self.name, self.kind, self.choices, self.variables, self.count)
        object.__setattr__(self, "form", form)
        object.__setattr__(self, "readings", tuple(settled(v, form) for v in (self.value, *self.also)))


def load_key(path: Path) -> list[Key]:
    """Read a key, and the public half of it if there is one: `../answers.toml` of a folder `hidden`.

    Raises:
        UsageError: If one is malformed, or the two do not fit; the sentence names the file and the entry.
    """
    public = path.parent.parent / answer_forms.FILE
    entries = [
        (q, n, e) for q, table in read_tables(path, "a key of answers").items() for n, e in table.items()
    ]
    if path.parent.name != "hidden" or not public.exists():
        return [_key(q, n, dict(e), None, path) for q, n, e in entries]
    forms = {(f.question, f.name): f for f in answer_forms.load_forms(public)}
    judged = {place for place, form in forms.items() if form.kind in KINDS}
    if lost := sorted(judged - {(q, n) for q, n, _ in entries}):
        raise UsageError(f"{path}: {'.'.join(lost[0])}: is missing, but {public} declares it.")
    return [_key(q, n, dict(e), forms.get((q, n)), path, public) for q, n, e in entries]


def _key(
    question: str, name: str, entry: dict[str, Any], form: Form | None, path: Path, public: Path | None = None
) -> Key:
    def error(sentence: str) -> UsageError:
        return UsageError(f"{path}: {question}.{name}: {sentence}.")

    declared = {k: entry.pop(k) for k in _FORM_FIELDS if k in entry}
    if public is None:
        form = make_form(question, name, declared, path)
    elif form is None:
        raise error(f"{public} does not declare it")
    elif declared:
        raise error(f"`{next(iter(declared))}` belongs into {public}, and only there")
    if form.kind not in KINDS:
        raise error(
            f"`kind` must be one of {', '.join(KINDS)}, got {form.kind!r}: the key has nothing to say of it"
        )
    if not isinstance(entry.get("also", []), list):
        raise error("`also` must be a list of further readings")
    entry["also"] = tuple(entry.get("also", []))
    try:
        key = Key(
            question,
            name,
            kind=form.kind,
            choices=form.choices,
            variables=form.variables,
            count=form.count,
            **entry,
        )
    except TypeError as e:
        raise error(str(e)) from None
    except Mismatch as e:
        raise error(f"`value` or `also` is none: {e.hint} Got {e.got}") from None
    _check(key, error)
    return key


def _check(key: Key, error: Any) -> None:
    rounded = key.decimals is not None
    if (
        not isinstance(key.title, str)
        or isinstance(key.points, bool)
        or not isinstance(key.points, (int, float))
    ):
        raise error("`title` must be text, and `points` a number")
    if rounded and (type(key.decimals) is not int or not 0 <= key.decimals <= 15 or key.atol or key.rtol):
        raise error("`decimals` must be a whole number from 0 to 15, and excludes `atol` and `rtol`")
    if (rounded or key.atol or key.rtol) and key.kind not in _NUMERIC:
        raise error("`decimals`, `atol` and `rtol` are for numbers only")
    if key.kind in _NUMERIC:
        whole = all(n == int(n) for reading in key.readings for n in reading)
        if not (whole or rounded or key.atol or key.rtol):
            raise error("needs `decimals`, `atol` or `rtol`: nobody writes all digits")
    if key.kind == "formula":
        for tree in key.readings:
            if formula.defined(tree, key.variables) < _FEWEST_POINTS:
                raise error(
                    "its formula has no value at most of the positive numbers at which it is compared"
                )


def given_answer(answers: Any, key: Key) -> Any:
    """The student's answer to one part.

    Raises:
        NotFilledIn: If it is missing or still empty.
    """
    value = answer_of(answers, key.form)
    if is_empty(value):
        raise NotFilledIn(f"{key.form.where} is empty")
    return value


def judge(answers: Any, key: Key) -> None:
    """Fail unless the student's answer to one part is right.

    Raises:
        NotWritten: If there is none.
        Mismatch: If it is of the wrong kind, or wrong. The right value is not told.
    """
    value = given_answer(answers, key)
    given = settled(value, key.form)
    if key.kind == "numbers" and len(given) not in [len(r) for r in key.readings]:
        raise Mismatch(
            f"{key.form.where} has the wrong number of entries.", f"{len(key.readings[0])}", f"{len(given)}"
        )
    if any(_right(given, reading, key) for reading in key.readings):
        return
    if key.kind in _NUMERIC:
        got = ", ".join(f"{n:.10g}" for n in given)
    elif key.kind == "choices":
        got = ", ".join(sorted(given))
    else:
        got = one_line(value, 120)
    advice = "" if key.kind in ("choices", "formula") else ", or let your own code print it"
    raise Mismatch(f"{key.form.where} is not right: work it out again{advice}.", "another answer", got)


def _right(given: Any, reading: Any, key: Key) -> bool:
    if key.kind == "formula":
        assert isinstance(given, ast.expr)
        return formula.same(given, reading, key.variables)
    if key.kind not in _NUMERIC:
        return bool(given == reading)
    return len(given) == len(reading) and all(
        _near(n, wanted, key) for n, wanted in zip(given, reading, strict=True)
    )


def _near(number: float, wanted: float, key: Key) -> bool:
    if key.decimals is None:
        return abs(number - wanted) <= key.atol + key.rtol * abs(wanted)
    # Near a half, the last digit of a float would decide how an exact answer is rounded.
    exact = math.isclose(number, wanted, rel_tol=1e-9, abs_tol=1e-12)
    return exact or rounded(number, key.decimals) == rounded(wanted, key.decimals)


def rounded(number: float, decimals: int) -> Decimal:
    """The number rounded to so many decimals; halves go away from zero, as they do by hand."""
    if abs(number) >= 1e15:  # more digits than a float has
        return Decimal(number)
    # Its shortest spelling is what somebody wrote; 0.285 is no half in binary.
    digits = Context(prec=40)  # 15 before the point and 15 after it, with some to spare
    return Decimal(repr(number)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, context=digits)


def written(test_file: str) -> list[Any]:
    """A parameter for pytest for each entry of the key beside a test file, with its points, question and title."""
    return [
        pytest.param(
            key,
            id=f"{key.question}-{key.name}",
            marks=[
                pytest.mark.points(key.points),
                pytest.mark.question(key.question),
                pytest.mark.title(f"Written answer {key.title}."),
            ],
        )
        for key in load_key(Path(test_file).with_name(answer_forms.FILE))
    ]


def judge_written(submission: Any, run: Any, key: Key) -> None:
    """Judge one answer of a submission, and note once what is unknown, or left to a person, in its file.

    Raises:
        NotWritten, StudentError, Mismatch: As `judge`, or because the file cannot be read.
    """
    try:
        answers = submission.answers()
    except FileNotFoundError:
        answers = {}
    except StudentError as e:
        raise type(e)(f"{answer_forms.FILE} cannot be read: {e}") from None
    public = run.assignment.tests / answer_forms.FILE
    if public.exists():
        run.once(
            "notes on written answers",
            lambda: run.notes.extend(notes_on(answers, answer_forms.load_forms(public))),
        )
    judge(answers, key)


def notes_on(answers: Any, forms: list[Form]) -> list[str]:
    """What a report says of a student's file, beside the judged answers: unknown keys, and what a person will miss."""
    if not answers:
        return [f"{answer_forms.FILE} was not handed in, or is empty."]
    texts = [f for f in forms if f.kind == "text"]
    missing = [f"{f.where} is empty; a person marks it." for f in texts if is_empty(answer_of(answers, f))]
    return [*answer_forms.strangers(answers, forms), *answer_forms.misshapen(answers, texts), *missing]
