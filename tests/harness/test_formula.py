"""Short formulas: what they mean, and that no text does harm."""

import pytest

from harness import formula
from harness.formula import FormulaError, parse, same

NAMES = ("l", "lam", "a", "b")


def equal(text, right="l + lam * (a**2 + b**2)", names=NAMES):
    return same(parse(text, names), parse(right, names), names)


@pytest.mark.parametrize(
    "text",
    [
        "l + lam * (a**2 + b**2)",
        "l+lam*(a^2+b^2)",
        "lam*a*a + lam*b**2.0 + l",
        "l + lam*((a + b)**2 - 2*a*b)",
        "+l - -lam * (a ^ 2 + b * b)",
        "  l +\n lam*(a**2 +\tb**2)  ",
        "(l/lam + a**2 + b**2) * lam",
        "l + lam * sqrt((a**2 + b**2)**2)",
        "l + exp(log(lam) + ln(a**2 + b**2))",
    ],
)
def test_equal_values_are_equal_whatever_the_spelling(text):
    """Formulas are compared by value: order, brackets, ^ and white space do not matter."""
    assert equal(text)


@pytest.mark.parametrize(
    "text",
    [
        "l + lam * (a**2 + b)",
        "l + 0.5 * lam * (a**2 + b**2)",
        "l - lam * (a**2 + b**2)",
        "l + lam * a**2 + b**2",
        "l + lam * (a**2 + b**2) + 1e-6",
        "-l",
        "1 / 0",
        "log(0) + l",
        "(-l)**0.5",
        "1e299 * 1e299 * l",
        "l**1000",
        "0 / 0",
    ],
)
def test_other_values_are_not_equal(text):
    """So are formulas without a value."""
    assert not equal(text)


def test_a_power_binds_more_than_a_sign():
    """-a**2 is -(a**2), with ^ too, and powers associate to the right."""
    assert equal("-a^2", "0 - a*a")
    assert equal("a^b^2", "a**(b*b)")
    assert not equal("a^b^2", "(a**b)**2")


def test_places_where_the_right_formula_has_no_value_do_not_count():
    """log(1 - a) is compared where a is below 1."""
    assert equal("log((1 - a)**2) / 2", "log(1 - a)")
    assert not equal("log(1 + a)", "log(1 - a)")
    assert formula.defined(parse("log(1 - a)", NAMES), NAMES) >= 3
    assert formula.defined(parse("log(0 - a)", NAMES), NAMES) == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("l + lambda * a", "holds 'lambda'; known are the names l, lam, a, b, exp"),
        ("l + c", "holds 'c'"),
        ("2a", "a \\* between all factors"),
        ("2 (a + b)", "write \\* between factors"),
        ("a(b)", "write \\* between factors"),
        ("exp", "exp without what it is"),
        ("exp(a, b)", "write \\* between factors"),
        ("(a", "each \\( closed"),
        ("", "cannot be read"),
        ("a = b", "holds the character '='"),
        ("a // b", "something else"),
        ("a, b", "something else"),
        ("a.b", "something else"),
        ("λ + a", "holds the character '.u03bb'"),
        ("a if b else l", "holds 'if'"),
        ("1j * a", "no plain number"),
        ("1e301 + a", "no plain number"),
        ("'a' * b", "holds the character"),
        ("__import__(a)", "holds '__import__'"),
        ("a\x00b", "holds the character"),
        ("True + a", "holds 'True'"),
    ],
)
def test_what_is_no_formula_is_told(text, sentence):
    """One sentence says what is wrong."""
    with pytest.raises(FormulaError, match=sentence):
        parse(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 140 + "a" + ")" * 140,
        "-" * 290 + "a",
        "+" * 100_000 + "a",
        "(" * 100_000,
        "a" * 1_000_000,
        "exp(" * 50 + "a" + ")" * 50,
        "a**" * 90 + "a",
        "9" * 299,
        "9**" * 60 + "9" * 100,
        "a+" * 149 + "a",
        "[" * 299,
        "lambda" * 40,
    ],
)
def test_hostile_text_ends_at_once(text):
    """Deep nesting, huge powers and long text are refused, or have no value; nothing hangs or crashes."""
    right = parse("a + 1", NAMES)
    try:
        tree = parse(text, NAMES)
    except FormulaError as e:
        told = str(e)
    else:
        told = "" if same(tree, right, NAMES) else "another value"
    assert 0 < len(told) < 400


def test_a_tower_of_powers_is_no_work():
    """Arithmetic is in floats: 9**9**9**9 has no value."""
    assert formula.defined(parse("9**9**9**9 + 0*a", NAMES), NAMES) == 0


def test_no_warning_of_the_parser_is_shown(recwarn):
    """Odd text must not print warnings into a report."""
    with pytest.raises(FormulaError):
        parse("1if a else b", (*NAMES, "if", "else"))
    with pytest.raises(FormulaError):
        parse("0x1for a in b", (*NAMES, "in", "for"))
    assert not recwarn.list


def test_places_are_positive_and_the_same_every_time():
    """No two names share a value, so that they cannot be exchanged."""
    rows = formula.points(NAMES)
    assert rows == formula.points(NAMES)
    assert all(len(set(row.values())) == len(NAMES) and min(row.values()) > 0 for row in rows)
