"""Written answers: a student's answers.toml, judged against the key in `tests/<name>/hidden/answers.toml`.

The key has a table a question and an entry an answer:

    ["1.3b".i_out]
    title = "sigmoid of (1, 0, -1)"
    points = 0.5
    kind = "numbers"            # number, numbers or choice
    value = [0.731, 0.5, 0.269] # or, for choice, the right word; a list of lists where several readings are right
    atol = 1e-3                 # how far a number may be off: the rounding that the handout asks for
    choices = ["a", "b"]        # for choice: what may be answered
"""

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import NotWritten, UsageError
from harness.expect import Mismatch

KINDS = ("number", "numbers", "choice")


@dataclass(frozen=True)
class Key:
    """The right answer to one question part."""

    question: str
    name: str
    title: str
    points: float
    kind: str
    value: Any
    atol: float = 0.0
    rtol: float = 0.0
    choices: tuple[str, ...] = ()


def load_key(path: Path) -> list[Key]:
    """Read a key.

    Raises:
        UsageError: If it is malformed; the sentence names the file and the entry.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as e:
        raise UsageError(f"{path}: cannot be read as a key of answers: {e}.") from None
    keys = []
    for question, entries in data.items():
        for name, entry in entries.items():
            try:
                key = Key(question, name, **{**entry, "choices": tuple(entry.get("choices", ()))})
            except TypeError as e:
                raise UsageError(f"{path}: {question}.{name}: {e}.") from None
            if key.kind not in KINDS:
                raise UsageError(
                    f"{path}: {question}.{name}: `kind` must be one of {', '.join(KINDS)}, got {key.kind!r}."
                )
            keys.append(key)
    return keys


def given_answer(answers: Any, key: Key) -> Any:
    """The student's answer to one part.

    Raises:
        NotWritten: If it is missing or still empty.
    """
    table = answers.get(key.question) if isinstance(answers, dict) else None
    value = table.get(key.name) if isinstance(table, dict) else None
    if value is None or value == "" or value == []:
        raise NotWritten(f'{key.name} below ["{key.question}"] in answers.toml is empty')
    return value


def judge(answers: Any, key: Key) -> None:
    """Fail unless the student's answer to one part is right.

    Raises:
        NotWritten: If there is none.
        Mismatch: If it is of the wrong kind, or wrong. The right value is not told.
    """
    value = given_answer(answers, key)
    where = f'{key.name} below ["{key.question}"] in answers.toml'
    if key.kind == "choice":
        if not isinstance(value, str) or value.strip() not in key.choices:
            raise Mismatch(
                f"{where} must be one of the listed choices, in quotes.",
                " or ".join(f'"{c}"' for c in key.choices),
                repr(value)[:80],
            )
        right = value.strip() == key.value
        got = value.strip()
    else:
        numbers = _numbers(value, where)
        readings = key.value if key.kind == "numbers" else [key.value]
        if not isinstance(readings[0], list):
            readings = [readings]
        if len(numbers) != len(readings[0]):
            raise Mismatch(
                f"{where} has the wrong number of entries.", f"{len(readings[0])}", f"{len(numbers)}"
            )
        right = any(
            all(_near(n, w, key) for n, w in zip(numbers, reading, strict=True)) for reading in readings
        )
        got = ", ".join(f"{n:.10g}" for n in numbers)
    if not right:
        raise Mismatch(
            f"{where} is not right: work it out again, or let your own code print it.", "another answer", got
        )


def _numbers(value: Any, where: str) -> list[float]:
    values = value if isinstance(value, list) else [value]
    out = []
    for v in values:
        if isinstance(v, str):  # "0,73" and "0.73" in quotes are meant well
            try:
                v = float(v.strip().replace(",", "."))
            except ValueError:
                raise Mismatch(f"{where} must be numbers without quotes.", "numbers", repr(v)[:80]) from None
        if isinstance(v, bool) or not isinstance(v, (int, float)) or not math.isfinite(v):
            raise Mismatch(f"{where} must be numbers.", "numbers", repr(v)[:80])
        out.append(float(v))
    return out


def _near(number: float, wanted: float, key: Key) -> bool:
    return abs(number - wanted) <= key.atol + key.rtol * abs(wanted)
