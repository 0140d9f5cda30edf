"""Code on a student's page: harmless, line by line as it was, and linked with the tests that speak of it."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.results import TestResult
from harness.site.code_links import MOST_PLACES, CodeFile, places
from harness.site.code_view import LONGEST_LINE, MOST_LINES, coloured, definitions, readable

NET = '''import numpy as np


class Linear:
    def __init__(self, n):
        self.n = n

    def forward(self, x):
        return x

    scale = 2


class ReLU:
    def forward(self, x):
        if x:
            def inner():
                return 1
        return (
            x
        )


@np.vectorize
async def train_all(
    net,
):
    """Doc.

unindented text
    """
    return net
'''


class Flat(HTMLParser):
    """The text of markup and the tags in it."""

    def __init__(self):
        super().__init__()
        self.text, self.tags = "", []

    def handle_data(self, data):
        self.text += data

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


def flat(line):
    parser = Flat()
    parser.feed(str(line))
    parser.close()
    return parser


@given(st.text(alphabet=st.sampled_from("<>&\"'\\#@ \n\tdefclassr1._()é\x01\x02\u202e\ud800"), max_size=200))
def test_coloured_lines_hold_the_same_text_and_no_tag_but_our_spans(text):
    shown, _ = readable(text)
    lines = coloured(shown)
    parsed = [flat(line) for line in lines]
    assert [p.text for p in parsed] == shown.split("\n")
    assert {(tag, *a) for p in parsed for tag, a in p.tags} <= {("span", "class")}
    assert all(len(a["class"]) == 1 for p in parsed for _, a in p.tags)
    assert all(line.count("<span") == line.count("</span>") for line in lines)
    shown.encode("utf-8")


def test_kinds_of_pieces_are_told_apart():
    line = coloured('def f(x):  # "no string"')[0]
    assert '<span class="f">f</span>' in line and '<span class="k">def</span>' in line
    assert '<span class="c"># &#34;no string&#34;</span>' in line
    assert coloured("x = rb'a' + 1e-3")[0].endswith(
        '<span class="s">rb&#39;a&#39;</span> + <span class="n">1e</span>-<span class="n">3</span>'
    )
    assert coloured('"""a\nb"""') == [
        '<span class="s">"""a</span>'.replace('"""a', "&#34;&#34;&#34;a"),
        '<span class="s">b&#34;&#34;&#34;</span>',
    ]


def test_control_characters_are_spelled_out_and_line_ends_made_alike():
    assert readable("a\r\nb\rc\x0cd\x00\u202e\n") == ("a\nb\nc\nd\\u0000\\u202e", 0)
    with pytest.raises(ValueError, match="readable"):
        coloured("\x01k")


def test_long_files_and_lines_are_cut_and_said_to_be():
    text, omitted = readable("x\n" * (MOST_LINES + 7))
    assert text.count("\n") == MOST_LINES - 1 and omitted == 7
    line, _ = readable("y" * (LONGEST_LINE + 5))
    assert line.endswith("[5 more characters]") and len(line) < LONGEST_LINE + 40


@pytest.mark.parametrize(
    "evil",
    [
        '"' * 100_000,
        "r" * 100_000 + '"',
        '"""' + "\\" * 100_000,
        "1_" * 50_000,
        "@" * 100_000,
        " " * 100_000 + "@",
        "def " * 25_000,
    ],
    ids=["quotes", "prefixes", "backslashes", "digits", "decorators", "blanks", "defs"],
)
def test_no_code_makes_colouring_slow(evil):
    start = time.process_time()
    coloured(evil)
    definitions(evil)
    assert time.process_time() - start < 2


def test_functions_are_found_with_their_classes_and_their_ends():
    found = {d.name: (d.first, d.last) for d in definitions(NET)}
    assert found["Linear.__init__"] == (5, 6)
    assert found["Linear.forward"] == (8, 9)
    assert found["ReLU.forward"] == (15, 21)
    assert found["ReLU.inner"] == (17, 18)
    assert found["train_all"] == (25, 32)
    assert not {"Linear", "ReLU"} & set(found)


def test_functions_of_code_that_does_not_parse_are_found_too():
    assert [(d.name, d.first, d.last) for d in definitions("def f(:\n  return (\n\ndef g(x)\n  x")] == [
        ("f", 1, 2),
        ("g", 4, 5),
    ]


def file(text, name="net.py", anchor="c0"):
    return CodeFile(name, anchor, text.count("\n") + 1, tuple(definitions(text)))


def result(**texts):
    values = {"id": "test_a.py::test_x", "title": "", "trace": "", **texts}
    return TestResult(question="1", visibility="public", status="failed", points=0, max_points=1, **values)


def test_the_last_frame_of_the_traceback_comes_first():
    trace = "net.py, line 25, in train_all\n    x\nnet.py, line 9, in forward\n    return x"
    found = places(result(trace=trace), [file(NET)])
    assert [(p.line, p.function.name) for p in found] == [(9, "Linear.forward"), (25, "train_all")]
    assert found[0].label == "Linear.forward in net.py, line 9" and found[0].anchor == "c0-9"


def test_a_syntax_error_points_to_its_line():
    (found,) = places(result(trace="net.py, line 2\n    for", title="train_all trains"), [file(NET)])
    assert (found.line, found.function) == (2, None)


@pytest.mark.parametrize(
    "texts",
    [
        {"title": "train_all gives a net."},
        {"hint": "In train_all, return the net."},
        {"id": "test_a.py::test_train_all_once"},
        {"id": "test_a.py::test_x[train_all]"},
    ],
)
def test_a_function_that_title_hint_or_id_names_is_found(texts):
    assert [p.function.name for p in places(result(**texts), [file(NET)])] == ["train_all"]


def test_a_method_is_found_by_its_class_and_three_namesakes_say_nothing():
    many = "".join(f"class C{i}:\n    def forward(self):\n        pass\n" for i in range(4))
    assert places(result(title="forward works"), [file(many)]) == []
    (found,) = places(result(title="C2.forward works"), [file(many)])
    assert found.function.name == "C2.forward"


def test_words_of_the_title_do_not_name_a_function_inside_another():
    assert places(result(title="the inner value"), [file(NET)]) == []


def test_lines_and_files_that_do_not_exist_are_no_places():
    assert (
        places(
            result(trace="net.py, line 999, in f\nother.py, line 1, in f\nnet.py, line 0, in f"),
            [file("x = 1")],
        )
        == []
    )


def test_there_are_never_many_places():
    trace = "\n".join(f"net.py, line {n}, in f" for n in range(1, 25))
    assert len(places(result(trace=trace), [file(NET)])) == MOST_PLACES
