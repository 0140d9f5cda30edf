"""Written answers against their key."""

import tomllib

import pytest

from harness import assignment as assignments
from harness.answer_forms import load_forms, misshapen, strangers
from harness.answers import Key, judge, judge_written, load_key, notes_on, rounded, written
from harness.errors import NotWritten, StudentError, UsageError
from harness.expect import Mismatch

NUMBERS = Key("1", "out", "", 1, "numbers", [0.731, 0.5], atol=1e-3)
CHOICE = Key("1", "why", "", 1, "choice", "b", choices=("a", "b"))
NUMBER = Key("1", "loss", "", 1, "number", 0.6985168, atol=1e-4)
CHOICES = Key("1", "which", "", 1, "choices", ["a", "c"], choices=("a", "b", "c"))
FORMULA = Key("1", "cost", "", 1, "formula", "l + lam * b**2", variables=("l", "lam", "b"))
FORMS = """
["1"]
loss = { kind = "number" }
out = { kind = "numbers", count = 2 }
why = { kind = "choice", choices = ["a", "b"] }
["2"]
which = { kind = "choices", choices = ["a", "b", "c"] }
cost = { kind = "formula", variables = ["l", "b"] }
cache = { kind = "text" }
tried = { kind = "other" }
"""


def entry(fields):
    return f'["1".a]\ntitle = "t"\npoints = 1\n{fields}'


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
    key = Key("1", "out", "", 1, "numbers", [1.0, 2.0], atol=1e-6, also=([3.0, 4.0],))
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
            "`kind` must be one of number, numbers, choice, choices, formula, text, other, got 'essay'",
        ),
        ('["1".a]\npoints = 1\nkind = "number"\nvalue = 1', "1.a"),
        ("[[", "cannot be read as a key"),
        ('title = "t"', "must be a table of fields"),
        ('["1"]\na = 3', "1.a: must be a table of fields"),
        (entry('kind = "number"\nvalue = 0.5'), "needs `decimals`, `atol` or `rtol`"),
        (entry('kind = "number"\nvalue = 0.5\ndecimals = 2\natol = 0.1'), "excludes `atol` and `rtol`"),
        (entry('kind = "number"\nvalue = 0.5\ndecimals = 2.5'), "a whole number from 0 to 15"),
        (entry('kind = "choice"\nvalue = "a"\nchoices = ["a"]\natol = 0.1'), "are for numbers only"),
        (entry('kind = "choice"\nvalue = "b"\nchoices = ["a"]'), "1.a: `value` or `also` is none"),
        (entry('kind = "choice"\nvalue = "a"'), "`choices` must be there for choice and choices"),
        (
            entry('kind = "number"\nvalue = 1\nchoices = ["a"]'),
            "`choices` must be there for choice and choices",
        ),
        (entry('kind = "numbers"\nvalue = [[1, 2], [3, 4]]'), "must be numbers"),
        (entry('kind = "number"\nvalue = 1\nalso = 2'), "`also` must be a list"),
        (entry('kind = "formula"\nvalue = "a + c"\nvariables = ["a"]'), "holds 'c'"),
        (entry('kind = "formula"\nvalue = "log(0 - a)"\nvariables = ["a"]'), "has no value"),
        (entry('kind = "formula"\nvalue = "a"\nvariables = ["exp"]'), "'exp' is no name"),
        (entry('kind = "text"\nvalue = "a"'), "the key has nothing to say of it"),
        (entry('kind = "number"\nvalue = 1\ntolerance = 1'), "tolerance"),
    ],
)
def test_malformed_key_is_told(tmp_path, text, sentence):
    """The sentence names the file and the entry."""
    path = tmp_path / "answers.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"answers\.toml") as caught:
        load_key(path)
    assert sentence in str(caught.value)


# Rounding


@pytest.mark.parametrize(
    ("right", "given", "fits"),
    [
        (4.094481563, 4.0945, True),
        (4.094481563, 4.0944816, True),
        (4.094481563, "4.09450", True),
        (4.094481563, 4.094481563, True),
        (4.094481563, 4.0944, False),
        (4.094481563, 4.094, False),
        (4.094481563, 4.09455, False),
        (0.12345, 0.1235, True),
        (0.12345, 0.1234, False),
        (0.12345, 0.12344999999999, True),
        (-3, -3, True),
        (-3, -3.00004, True),
        (-0.00001, 0, True),
        (3, "3,0", True),
    ],
)
def test_four_decimals_rounded_half_up(right, given, fits):
    """The exact value counts, and whatever is the same once rounded; more digits must round to it."""
    key = Key("1", "loss", "", 1, "number", right, decimals=4)
    if fits:
        judge({"1": {"loss": given}}, key)
        return
    with pytest.raises(Mismatch):
        judge({"1": {"loss": given}}, key)


def test_halves_go_away_from_zero():
    """Of the digits that somebody wrote, not of their binary neighbours."""
    assert [str(rounded(x, 2)) for x in (0.285, 2.675, -0.285, 1e14, 1e-300)] == [
        "0.29",
        "2.68",
        "-0.29",
        "100000000000000.00",
        "0.00",
    ]
    assert rounded(1e300, 15) == 1e300


# Sets of choices, and formulas


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (["a", "c"], ""),
        (["c", " a "], ""),
        (["a"], "is not right"),
        (["a", "b", "c"], "is not right"),
        (["a", "c", "a"], "names a choice twice"),
        (["a", "d"], "no listed choice"),
        (["a", 3], "no listed choice"),
        (["a", ["c"]], "no listed choice"),
        ("a", "must be a list of the listed choices"),
        ({"a": "c"}, "must be a list of the listed choices"),
    ],
)
def test_sets_of_choices(value, says):
    """All of the right ones and no other, in any order; the right ones are not told."""
    if not says:
        judge({"1": {"which": value}}, CHOICES)
        return
    with pytest.raises(Mismatch, match=says) as caught:
        judge({"1": {"which": value}}, CHOICES)
    assert caught.value.expected in ("another answer", "each choice once") or '"b"' in caught.value.expected


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("b^2 * lam + l", ""),
        ("l + lam * b", "is not right"),
        ("l + lambda * b**2", "holds 'lambda'"),
        ("l + (" * 20_000, "longer than 300 characters"),
        (3, "must be a formula in quotes"),
        (["l"], "must be a formula in quotes"),
    ],
)
def test_formulas(value, says):
    """By value; what cannot be read is told, what is right is not."""
    if not says:
        judge({"1": {"cost": value}}, FORMULA)
        return
    with pytest.raises(Mismatch, match=says) as caught:
        judge({"1": {"cost": value}}, FORMULA)
    assert "lam * b**2" not in f"{caught.value.hint} {caught.value.expected}"
    assert len(caught.value.got) < 200


@pytest.mark.parametrize(
    ("key", "readings"),
    [
        (Key("1", "x", "", 1, "number", 1, also=(2,)), [1, 2]),
        (Key("1", "x", "", 1, "numbers", [1, 2], also=([1, 2, 3],)), [[1, 2], [1, 2, 3]]),
        (Key("1", "x", "", 1, "choice", "a", choices=("a", "b", "c"), also=("b",)), ["a", "b"]),
        (
            Key("1", "x", "", 1, "choices", ["a"], choices=("a", "b", "c"), also=(["a", "b"],)),
            [["a"], ["b", "a"]],
        ),
        (Key("1", "x", "", 1, "formula", "a", variables=("a",), also=("2*a",)), ["a", "a+a"]),
    ],
)
def test_every_kind_may_have_several_readings(key, readings):
    """Each reading counts, and nothing else."""
    for value in readings:
        judge({"1": {"x": value}}, key)
    wrong = {"number": 3, "numbers": [2, 1], "choice": "c", "choices": ["c"], "formula": "3*a"}[key.kind]
    with pytest.raises(Mismatch):
        judge({"1": {"x": wrong}}, key)


# The public half


@pytest.fixture
def halves(tmp_path):
    """Writes both halves as an assignment has them; the result is the key's path."""

    def write(public, hidden):
        (tmp_path / "hidden").mkdir(exist_ok=True)
        (tmp_path / "answers.toml").write_text(public, encoding="utf-8")
        (tmp_path / "hidden" / "answers.toml").write_text(hidden, encoding="utf-8")
        return tmp_path / "hidden" / "answers.toml"

    return write


def test_the_key_takes_its_kinds_from_the_public_half(halves):
    """What an answer must look like stands once."""
    path = halves(
        '["1"]\na = { kind = "choice", choices = ["x", "y"] }\nb = { kind = "text" }',
        entry('value = "y"\nalso = ["x"]'),
    )
    (key,) = load_key(path)
    assert (key.kind, key.choices, key.value, key.also) == ("choice", ("x", "y"), "y", ("x",))
    (parameter,) = written(str(path.with_name("test_written_answers.py")))
    assert parameter.id == "1-a"
    assert {m.name: m.args for m in parameter.marks} == {
        "points": (1,),
        "question": ("1",),
        "title": ("Written answer t.",),
    }


@pytest.mark.parametrize(
    ("public", "hidden", "sentence"),
    [
        ('["1"]\nb = { kind = "text" }', entry("value = 1"), "answers.toml does not declare it"),
        ('["1"]\na = { kind = "number" }', "", "1.a: is missing"),
        ('["1"]\na = { kind = "number" }', entry('kind = "number"\nvalue = 1'), "`kind` belongs into"),
        ('["1"]\na = { kind = "text" }', entry("value = 1"), "nothing to say of it"),
        ('["1"]\na = { kind = "number", value = 1 }', entry("value = 1"), "unknown field `value`"),
        ('["1"]\na = { kind = "numbers", count = 3 }', entry("value = [1, 2]"), "wrong number of entries"),
        ('["1"]\na = { kind = "number", count = 3 }', entry("value = 1"), "`count` must be"),
    ],
)
def test_halves_that_do_not_fit_are_refused(halves, public, hidden, sentence):
    """A lost answer, a kind in two places, or a value that would be released."""
    with pytest.raises(UsageError, match=r"answers\.toml") as caught:
        load_key(halves(public, hidden))
    assert sentence in str(caught.value)


@pytest.fixture
def forms(halves):
    return load_forms(halves(FORMS, "").parent.parent / "answers.toml")


def test_unknown_keys_get_a_line_each(forms):
    """With what was probably meant; all else stays right."""
    answers = {"1": {"los": 1, "out": [1, 2]}, "2": {"quite_other": 1}, "3": {"a": 1}, "cost": "l", "odd": 1}
    assert strangers(answers, forms) == [
        "answers.toml: there is no answer 'los' below [\"1\"]: is loss meant?",
        "answers.toml: there is no answer 'quite_other' below [\"2\"]: known are which, cost, cache, tried.",
        "answers.toml: there is no question '3': known are 1, 2.",
        "answers.toml: 'cost' stands above all questions: put it below [\"2\"].",
        "answers.toml: 'odd' stands above all questions: put it below the line with its question, such as [\"1\"].",
    ]
    assert misshapen(answers, forms) == []


def test_a_question_that_is_no_table_is_told(forms):
    """With how a table is written."""
    assert strangers({"1": 3}, forms) == [
        "answers.toml: '1' must be a table: write [\"1\"] on a line of its own, its answers below it."
    ]


def test_a_flood_of_unknown_keys_is_cut(forms):
    """Ten lines are enough, and hostile names stay on their line."""
    lines = strangers({f"q\n\x1b[2J{i}" * 100: {} for i in range(500)}, forms)
    assert len(lines) == 11
    assert lines[-1] == "answers.toml: 490 more keys are unknown."
    assert all(line.isprintable() and len(line) < 200 for line in lines)


@pytest.mark.parametrize(
    "answers", [{3: {}, b"x": 1, (1,): {"a": 1}}, {"1": {3: 1, None: 2}}, [], "loss", None]
)
def test_what_is_no_toml_is_told_like_the_rest(forms, answers):
    """A hostile worker may answer with anything that the codec carries."""
    assert len(strangers(answers, forms)) == (
        sum(len(t) if k == "1" else 1 for k, t in answers.items()) if isinstance(answers, dict) else 0
    )
    assert notes_on(answers, forms)


def test_wrong_types_get_a_line_each(forms):
    """Each says what the answer must look like, and nothing of what is right."""
    answers = {
        "1": {"loss": "small", "out": [1, 2, 3], "why": "z"},
        "2": {"which": "a", "cost": "l + c", "cache": 3, "tried": [[1, 2]]},
    }
    assert misshapen(answers, forms) == [
        "loss below [\"1\"] in answers.toml must be numbers without quotes. Expected: numbers; got: 'small'.",
        'out below ["1"] in answers.toml has the wrong number of entries. Expected: 2; got: 3.',
        'why below ["1"] in answers.toml must be one of the listed choices, in quotes. '
        'Expected: "a" or "b"; got: \'z\'.',
        'which below ["2"] in answers.toml must be a list of the listed choices: words in quotes between [ and ]. '
        'Expected: a list of some of "a", "b", "c"; got: \'a\'.',
        "cost below [\"2\"] in answers.toml holds 'c'; known are the names l, b, exp, log, ln, sqrt, tanh. "
        "Expected: a formula in l, b; got: 'l + c'.",
        'cache below ["2"] in answers.toml must be text in quotes. Expected: text in quotes; got: 3.',
    ]


def test_notes_name_what_no_test_would(forms):
    """Unknown keys, free text that is missing or no text; judged answers speak for themselves."""
    assert notes_on({"1": {"loss": "x", "extra": 1}}, forms) == [
        "answers.toml: there is no answer 'extra' below [\"1\"]: known are loss, out, why.",
        'cache below ["2"] in answers.toml is empty; a person marks it.',
    ]
    assert notes_on({"2": {"cache": 3}}, forms) == [
        'cache below ["2"] in answers.toml must be text in quotes. Expected: text in quotes; got: 3.'
    ]
    assert notes_on({}, forms) == ["answers.toml was not handed in, or is empty."]


class Answering:
    """A submission with these answers, or one that raises this."""

    def __init__(self, answers):
        self.given = answers

    def answers(self):
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


class Running:
    """A run whose assignment has its tests in this folder."""

    def __init__(self, folder):
        self.assignment, self.tests, self.notes, self.seen = self, folder, [], set()

    def once(self, key, compute):
        if key not in self.seen:
            self.seen.add(key)
            compute()


def test_a_whole_file_is_judged_and_noted_once(halves):
    """An unknown key costs nothing but the answer that it was meant for."""
    path = halves(
        '["1"]\na = { kind = "number" }\nb = { kind = "number" }',
        f"{entry('value = 1')}\n{entry('value = 2').replace('.a', '.b')}",
    )
    run, keys = Running(path.parent.parent), load_key(path)
    submission = Answering({"1": {"a": 1, "bb": 2}})
    judge_written(submission, run, keys[0])
    with pytest.raises(NotWritten, match="b below"):
        judge_written(submission, run, keys[1])
    assert run.notes == ["answers.toml: there is no answer 'bb' below [\"1\"]: is b meant?"]


def test_a_file_that_is_missing_or_broken(halves):
    """Missing is not written; what cannot be read is told for each answer."""
    path = halves('["1"]\na = { kind = "number" }', entry("value = 1"))
    (key,) = load_key(path)
    with pytest.raises(NotWritten):
        judge_written(Answering(FileNotFoundError("answers.toml")), Running(path.parent.parent), key)
    with pytest.raises(StudentError, match=r"answers\.toml cannot be read: line 3"):
        judge_written(Answering(StudentError("line 3")), Running(path.parent.parent), key)


def test_forms_of_this_checkout_fit_their_stubs():
    """Every assignment that declares its answers has exactly those in the students' file and in the reference's."""
    declared = 0
    for name in assignments.names():
        assignment = assignments.load(name)
        public = assignment.tests / "answers.toml"
        if not public.exists():
            assert "answers.toml" not in assignment.optional, name
            continue
        declared += 1
        forms = load_forms(public)
        for folder in (assignment.student, assignment.reference):
            answers = tomllib.loads((folder / "answers.toml").read_text(encoding="utf-8"))
            assert strangers(answers, forms) == misshapen(answers, forms) == []
            assert {(q, k) for q, table in answers.items() for k in table} == {
                (f.question, f.name) for f in forms
            }
    assert declared
