"""Written answers against their key."""

import pytest

from harness.answers import Key, judge, load_key
from harness.errors import NotWritten, UsageError
from harness.expect import Mismatch

NUMBERS = Key("1", "out", "", 1, "numbers", [0.731, 0.5], atol=1e-3)
CHOICE = Key("1", "why", "", 1, "choice", "b", choices=("a", "b"))
NUMBER = Key("1", "loss", "", 1, "number", 0.6985168, atol=1e-4)


@pytest.mark.parametrize("value", [[0.731, 0.5], [0.7314, 0.5], ["0.731", "0,5"]])
def test_numbers_within_the_rounding_are_right(value):
    """So are numbers in quotes and with a decimal comma."""
    judge({"1": {"out": value}}, NUMBERS)


@pytest.mark.parametrize(
    "value",
    [[0.74, 0.5], [0.5, 0.731], [float("nan"), 0.5], [True, 0.5], [0.731], "many", [[1], 2], {"a": 1}],
)
def test_other_numbers_are_wrong(value):
    """Wrong values, order, length and kinds all fail with a sentence."""
    with pytest.raises(Mismatch, match="out below"):
        judge({"1": {"out": value}}, NUMBERS)


def test_two_readings_are_both_right():
    """Where the question can be read in two ways, either answer counts."""
    key = Key("1", "out", "", 1, "numbers", [[1.0, 2.0], [3.0, 4.0]], atol=1e-6)
    judge({"1": {"out": [1, 2]}}, key)
    judge({"1": {"out": [3, 4]}}, key)
    with pytest.raises(Mismatch):
        judge({"1": {"out": [1, 4]}}, key)


def test_rounding_of_a_single_number():
    """Four decimals are enough, three are not."""
    judge({"1": {"loss": 0.6985}}, NUMBER)
    with pytest.raises(Mismatch):
        judge({"1": {"loss": 0.698}}, NUMBER)


@pytest.mark.parametrize(
    ("value", "right"), [("b", True), (" b ", True), ("a", False), ("c", False), (2, False), (["b"], False)]
)
def test_choices(value, right):
    """One of the listed words, and the right one."""
    if right:
        judge({"1": {"why": value}}, CHOICE)
        return
    with pytest.raises(Mismatch):
        judge({"1": {"why": value}}, CHOICE)


@pytest.mark.parametrize("answers", [{}, {"1": {}}, {"1": {"why": ""}}, {"1": 3}, None, {"1": {"why": []}}])
def test_empty_answers_are_not_written(answers):
    """No answer is not a wrong one."""
    with pytest.raises(NotWritten):
        judge(answers, CHOICE)


def test_the_right_value_is_not_told():
    """A wrong answer's report must not hold the right one."""
    with pytest.raises(Mismatch) as caught:
        judge({"1": {"loss": 0.5}}, NUMBER)
    assert "0.69" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '["1".a]\ntitle = "t"\npoints = 1\nkind = "essay"\nvalue = 1',
            "`kind` must be one of number, numbers, choice, got 'essay'",
        ),
        ('["1".a]\npoints = 1\nkind = "number"\nvalue = 1', "1.a"),
        ("[[", "cannot be read as a key"),
    ],
)
def test_malformed_key_is_told(tmp_path, text, sentence):
    """The sentence names the file and the entry."""
    path = tmp_path / "answers.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"answers\.toml") as caught:
        load_key(path)
    assert sentence in str(caught.value)
