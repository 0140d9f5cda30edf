"""Short formulas as students write them: parsed into plain arithmetic, and compared by value, never by spelling.

    l + lam * (a**2 + b**2)

Known are + - * / ** (or ^), parentheses, numbers, the names that a question declares, and exp, log (or ln), sqrt and
tanh. Nothing is ever run: the text becomes a tree of these few kinds, whose size is limited, and whose arithmetic is
in floats, so that no text takes long.
"""

import ast
import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np

MAX_LENGTH = 300  # characters
MAX_NODES = 150
MAX_DEPTH = 40
MAX_EXPONENT = 64.0
RTOL, ATOL = 1e-9, 1e-12
FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "exp": math.exp,
    "log": math.log,
    "ln": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
}
_POINTS = 8  # half of them in (0, 1), where 1 - p is positive, too
_ALLOWED = re.compile(r"[\w .,+\-*/^()]*", re.ASCII)
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*", re.ASCII)


class FormulaError(ValueError):
    """A text is no formula: the sentence says what is wrong with it."""


def parse(text: str, variables: Sequence[str]) -> ast.expr:
    """Read a formula over some names.

    Raises:
        FormulaError: If it is too long or too deep, or holds anything but arithmetic with these names.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"is longer than {MAX_LENGTH} characters")
    text = " ".join(text.split())
    if not _ALLOWED.fullmatch(text):
        odd = next(c for c in text if not _ALLOWED.fullmatch(c))
        raise FormulaError(f"holds the character {odd!a}; write it with + - * / ** and parentheses")
    known = (*variables, *FUNCTIONS)
    for name in _NAME.findall(text):
        if name not in known:
            raise FormulaError(f"holds {name!r}; known are the names {', '.join(known)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError(
            "cannot be read as a formula: is there a * between all factors, and each ( closed?"
        ) from None
    _check(tree, frozenset(variables), 0, [0])
    return tree


def _check(node: ast.expr, variables: frozenset[str], depth: int, count: list[int]) -> None:
    count[0] += 1
    if count[0] > MAX_NODES or depth > MAX_DEPTH:
        raise FormulaError("is too long or too deeply nested")
    match node:
        case ast.Constant(value=value):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value < 1e300:
                raise FormulaError("holds something that is no plain number")
        case ast.Name(id=name):
            if name not in variables:
                raise FormulaError(f"names {name} without what it is to be applied to, as in {name}(…)")
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            _check(operand, variables, depth + 1, count)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Pow(), right=right):
            _check(left, variables, depth + 1, count)
            _check(right, variables, depth + 1, count)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            _check(argument, variables, depth + 1, count)
        case ast.Call():
            raise FormulaError(
                f"applies something as a function: write * between factors; functions are {', '.join(FUNCTIONS)}"
            )
        case _:
            raise FormulaError("holds something else than + - * / ** and parentheses")


def value_at(node: ast.expr, values: Mapping[str, float]) -> float:
    """The value of a parsed formula: NaN where it is not defined, too large, or an exponent is beyond 64."""
    try:
        return _value(node, values)
    except (ArithmeticError, ValueError):  # a division by zero, the log of a negative number, an overflow
        return math.nan


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=value):
            return float(value)  # type: ignore[arg-type]  # `_check` lets only numbers through
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=op, operand=operand):
            inner = _value(operand, values)
            return -inner if isinstance(op, ast.USub) else inner
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return FUNCTIONS[name](_value(argument, values))
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(left, values), _value(right, values)
            match op:
                case ast.Add():
                    return a + b
                case ast.Sub():
                    return a - b
                case ast.Mult():
                    return a * b
                case ast.Div():
                    return a / b
            return math.pow(a, b) if abs(b) <= MAX_EXPONENT else math.nan
    raise AssertionError(f"{ast.dump(node)} was let through")


def points(variables: Sequence[str]) -> list[dict[str, float]]:
    """The fixed places at which formulas over these names are compared; all numbers are positive."""
    rng = np.random.default_rng(1847)
    rows = []
    for number in range(_POINTS):
        low, high = (0.05, 0.95) if number % 2 else (0.4, 2.6)
        rows.append({name: float(rng.uniform(low, high)) for name in variables})
    return rows


def defined(node: ast.expr, variables: Sequence[str]) -> int:
    """At how many of the places a formula has a finite value."""
    return sum(math.isfinite(value_at(node, at)) for at in points(variables))


def same(a: ast.expr, right: ast.expr, variables: Sequence[str]) -> bool:
    """Whether a formula has the values of the right one wherever that has any."""
    for at in points(variables):
        want = value_at(right, at)
        if math.isfinite(want) and not abs(value_at(a, at) - want) <= ATOL + RTOL * abs(want):
            return False
    return True
