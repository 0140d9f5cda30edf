"""The trusted side makes sense of whatever is answered: a mismatch or a StudentError, never a fault of ours."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness import assignment, expect
from harness.errors import AnswerRefused, Crashed, NotWritten, OutOfMemory, StudentError
from harness.expect import Cause, Mismatch
from harness.grading.class_run import ClassRun, Task
from harness.isolation.inprocess import InProcess
from harness.isolation.limits import Limits
from harness.isolation.proxy import MAX_HANDLES, Callback, Handle, Peer, student_error, tag_of
from harness.isolation.remote import SandboxedWorker
from harness.isolation.sandbox import Sandbox
from harness.isolation.submission import Submission
from harness.isolation.untrusted.codec import CodecError
from harness.text import clean
from tests.harness.attacks.corpus import HONEST
from tests.harness.conftest import TINY_ROOT, kernel_tier, written

REPOSITORY = Path(__file__).resolve().parents[2]
PLAIN = (AnswerRefused, StudentError, Mismatch)


class Fixed(Peer):
    """Answers every request with one and the same reply."""

    def __init__(self, reply):
        super().__init__()
        self.reply = reply

    def exchange(self, request):
        return self.reply


HANDLES = st.builds(
    lambda reply, name: Handle(Fixed(reply), 1, name),
    st.sampled_from([["ok", 3, []], ["ok", None, []], ["refused", "x", []], 7, []]),
    st.sampled_from(["module", "Net"]),
)
DTYPES = [
    "<f8",
    "<f4",
    "<f2",
    ">f8",
    "<i8",
    "|b1",
    "|u1",
    "<c16",
    "<U3",
    "|S2",
    ">i2",
    np.dtype(np.longdouble).str,
]
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
ARRAYS = st.sampled_from(DTYPES).flatmap(lambda d: hnp.arrays(d, SHAPES))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=4)
    | st.binary(max_size=4)
)
ANSWERS = st.recursive(
    SCALARS | ARRAYS | ARRAYS.map(lambda a: a.ravel()[0] if a.size else a[()]) | HANDLES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=3)
    ),
    max_leaves=10,
)
WANTED = hnp.arrays("<f8", SHAPES, elements=st.floats(-1e3, 1e3))


def only_mismatch(function, *args, **kwargs):
    """Call it: it may return, or raise what a student is told."""
    try:
        return function(*args, **kwargs)
    except PLAIN:
        return None


@settings(deadline=None, max_examples=600)
@given(ANSWERS, WANTED, st.sampled_from([None, (), (3,), (2, 2), (3, 1)]), st.booleans())
def test_comparisons_take_whatever_is_answered(answer, wanted, shape, flag):
    """Each helper of expect raises Mismatch or StudentError, or returns, for every value that can cross."""
    causes = [Cause("a cause", 2 * wanted), Cause("another", np.nan)]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        only_mismatch(expect.array, answer, "x", shape=shape, finite=flag)
        only_mismatch(expect.close, answer, wanted, "x", rtol=1e-6, atol=1e-9, causes=causes, shape=flag)
        only_mismatch(expect.arrays, answer, [(2,), (3, 1)], "x")
        only_mismatch(expect.unpack, answer, ("a", "b"), "f(x)")
        only_mismatch(expect.entry, answer, "", "x")
        only_mismatch(expect.curve, {"k": answer}, "k", "x")
        only_mismatch(expect.true, answer, "x")
        for text in (expect.kind(answer), expect.short(answer), str(only_mismatch(expect.number, answer))):
            assert len(text) < 4000


@settings(deadline=None, max_examples=300)
@given(ANSWERS, WANTED.filter(lambda a: a.size > 0))
def test_what_passes_is_close(answer, wanted):
    """A comparison that passes is of numbers that are close in every entry: no NaN, no other shape, no object."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expect.close(answer, wanted, "x", atol=1e-3)
        except PLAIN:
            return
    got = np.asarray(answer)
    assert got.shape == wanted.shape
    assert got.dtype.kind in "biuf"
    assert (np.abs(got.astype(float) - wanted) <= 1e-3).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["everywhere", "once"])
def test_what_is_not_finite_agrees_with_nothing(wrong, where):
    """NaN and infinity fail a comparison, even with a NaN or an infinite tolerance to hide behind."""
    wanted = np.ones((3, 2))
    got = (
        np.full((3, 2), wrong)
        if where == "everywhere"
        else np.where(np.arange(6).reshape(3, 2) == 5, wrong, 1.0)
    )
    with pytest.raises(Mismatch):
        expect.close(got, wanted, "x", rtol=1e-6, atol=1e-6)
    assert not expect.agree(got, got, 1.0, 1.0) or not np.isnan(wrong)
    assert not expect.matches(got, np.full((3, 2), np.nan), 1.0, 1.0)


def test_large_answers_cost_no_more_than_they_are(monkeypatch):
    """Text in a list is not padded, NaN in sixty dimensions is not listed, and size is bounded."""
    with pytest.raises(Mismatch):
        expect.array(["x" * 10**6] + [""] * 10_000, "x")
    with pytest.raises(Mismatch):
        expect.array(np.full((1,) * 60 + (1000,), np.nan), "x")
    monkeypatch.setattr(expect, "MAX_ENTRIES", 10)
    for answer in (np.zeros(11), [np.zeros(6), np.zeros(6)], [0.0] * 11):
        with pytest.raises(Mismatch):
            expect.array(answer, "x")


def test_an_array_is_no_condition():
    """What is ambiguous is false."""
    for condition in (np.ones(3, bool), np.ones(0), np.array(True)):
        with pytest.raises(Mismatch):
            expect.true(condition, "x")


REPLIES = [
    7,
    None,
    "ok",
    [],
    {},
    ("ok", 1, []),
    np.zeros(3),
    [np.array(["ok", "ok"]), 1, []],
    [np.str_("ok"), 1, []],
    [["ok"], 1, []],
    ["ok"],
    ["ok", 1],
    ["ok", 1, {}],
    ["ok", 1, [], 2],
    ["error"],
    ["error", [], []],
    ["error", [[], 1, ""], []],
    ["error", ["x", "", ""], []],
    ["refused", 1, []],
    ["refused", "x", [1]],
    ["call back", 0, (), {}],
    ["", 1, []],
    ["error", [[], "", ""], []],
    ["error", [[None, np.zeros(2)], "", ""], []],
]


@pytest.mark.parametrize("reply", REPLIES, ids=repr)
def test_replies_outside_the_protocol(reply):
    """Whatever is no reply raises a StudentError."""
    with pytest.raises(StudentError):
        Fixed(reply).do("get")


@pytest.mark.parametrize(
    "note",
    [
        [["UserWarning"], "x", 1 << 31],
        [["UserWarning"], "x", -1],
        [["UserWarning"], "x", 1 << 200],
        [["\ud800", "print", "__debug__", "Exception"], "\ud800", 1],
        [[], "", True],
        [[None, 1], "x", 1],
        [[["x"]], "x", 1],
        [["BytesWarning"], "\x1b[2J", 3],
        7,
        None,
        [],
        [1, 2, 3],
        [np.zeros(2), "x", 1],
    ],
    ids=repr,
)
def test_warnings_that_no_worker_sends(note):
    """A note that makes no sense is passed over or issued as a plain warning; the value stands."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert Fixed(["ok", 5, [note]]).do("get") == 5
    assert all(str(w.message).isprintable() for w in told)


NAMES = st.lists(
    st.sampled_from(
        [
            "NotImplementedError",
            "MemoryError",
            "Exception",
            "KeyError",
            "OSError",
            "SyntaxError",
            "UnicodeError",
            "GraderFault",
            "Skipped",
            "\ud800",
            "",
        ]
    )
    | st.text(max_size=5),
    max_size=5,
)


@settings(deadline=None)
@given(NAMES, st.text(max_size=30), st.text(max_size=30))
def test_any_claim_of_an_exception_is_a_student_error(names, text, trace):
    """The class that is claimed chooses words only, and all of them are printable."""
    error = student_error(names, text, trace)
    assert isinstance(error, StudentError)
    assert str(error) == clean(str(error))
    assert error.trace == clean(error.trace)
    if "NotImplementedError" in names:
        assert isinstance(error, NotWritten)
    elif "MemoryError" in names:
        assert isinstance(error, OutOfMemory)
    elif "Exception" not in names:
        assert isinstance(error, Crashed)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        [1],
        [1, "x"],
        [1, "x", 1],
        ["1", "x", True],
        [1.0, "x", True],
        [1, 2, True],
        [1, "x", True, 4],
        {},
        "abc",
    ],
)
def test_malformed_handles(value):
    """A handle is a number, a name and whether it can be called."""
    with pytest.raises(CodecError):
        Fixed(None).dereference("handle", value)


def test_handles_are_bounded(monkeypatch):
    """A forger cannot make the trusted side keep handles without end."""
    peer = Fixed(None)
    peer.handles = dict.fromkeys(range(MAX_HANDLES))
    with pytest.raises(CodecError):
        peer.dereference("handle", [MAX_HANDLES + 1, "x", True])


@pytest.mark.parametrize("number", [-1, 1, True, None, "0", 0.0, 10**30])
def test_only_functions_that_were_passed_can_be_called(number):
    """A callback's number is an index of those that the test has passed."""
    peer = Fixed(None)
    peer.reference(Callback(lambda: 1))
    with pytest.raises(CodecError):
        peer.called_back(number, (), {})
    assert peer.called_back(0, (), {}) == ["called back", 1]
    assert peer.called_back(0, (1, 2), {}) == ["failed", "TypeError"]


@pytest.mark.parametrize("value", [None, True, -1, 1.0, "7", [7], 1 << 60, np.int64(7), np.zeros(2)])
def test_counts_of_lines_are_counts(value):
    """A count that is none is refused before a test compares it."""
    with pytest.raises(AnswerRefused):
        Submission(lambda: Fixed(["ok", value, []])).count_lines("probe")


@pytest.mark.parametrize(
    "value", [None, 7, [], [1, 2], (), (1,), (1, 2, 3), "ab", np.zeros(2), {"a": 1, "b": 2}]
)
def test_parts_of_a_probe_can_be_unpacked(value):
    """A probe that answers with another number of values is refused before a test unpacks them."""
    with pytest.raises(AnswerRefused):
        Submission(lambda: Fixed(["ok", value, []])).parts(2, "probe")


@pytest.mark.parametrize("value", [None, 7, [1, 2], {}, np.zeros(2), "module"])
def test_a_module_is_a_module(value):
    """What stands in sys.modules in a module's place is refused."""
    with pytest.raises(AnswerRefused):
        Submission(lambda: Fixed(["ok", value, []])).solution


@pytest.mark.parametrize(
    "value",
    [
        7,
        None,
        "x",
        (1, 2),
        np.zeros(2),
        {
            "q": {
                "a": 10**30,
                "b": np.zeros(3),
                "c": [None, (1,)],
                "d": b"x",
                "e": Handle(Fixed(7), 1, "date"),
            }
        },
    ],
    ids=repr,
)
def test_written_answers_hold_what_toml_knows(value):
    """Of what is said to be in answers.toml nothing but tables, lists, text, numbers and bools reaches the judge."""

    def plain(x):
        if isinstance(x, dict):
            return all(type(k) is str and plain(v) for k, v in x.items())
        if isinstance(x, list):
            return all(map(plain, x))
        return type(x) in (bool, float, str) or (type(x) is int and abs(x) < 1 << 63)

    assert plain(Submission(lambda: Fixed(["ok", value, []])).answers())


def test_the_first_word_of_a_reply():
    """Only a list that begins with a str of its own is a reply: nothing else is compared with anything."""
    assert tag_of(["ok", 1]) == "ok"
    assert [
        tag_of(r) for r in (np.array(["ok"]), [np.array(["ok"])], ("ok",), [], None, [b"ok"], [np.str_("ok")])
    ] == [None] * 7


RECURSIVE = (
    HONEST
    + """
import os


class Odd:
    def __init__(self, f): self.f = f
    def __len__(self): return self.f(self)


class Last:
    def __len__(self): os._exit(0)


def odd(f): return f(Odd(f))
def last(f): return f(Last())
"""
)


@pytest.mark.parametrize("name", ["odd", "last"])
def test_an_object_that_is_used_inside_a_function_of_the_tests(name):
    """A worker that ends, or calls again and again, while the test's own function uses its object."""
    with Sandbox(kernel_tier()) as box:
        worker = SandboxedWorker(
            box, written({"solution.py": RECURSIVE}, box.staging / "s"), Limits(2, 256), 1
        )
        with pytest.raises(StudentError):
            getattr(Submission(lambda: worker).solution, name)(Callback(len))
        worker.close()


def test_the_in_process_mode_knows_the_same_protocol(tmp_path):
    """Replies of the in-process mode have the same form."""
    peer = InProcess(written({"solution.py": HONEST}, tmp_path / "s"), 1)
    try:
        assert tag_of(peer.exchange(["do", "import", ("solution",), {}, {}])) == "ok"
    finally:
        peer.close()


@pytest.mark.parametrize(
    ("name", "root", "share"),
    [("tiny", TINY_ROOT, 2), ("binary_mlp", REPOSITORY, 60)],
    ids=["tiny", "binary_mlp"],
)
def test_no_answer_breaks_a_test_of_an_assignment(name, root, share):
    """Each test, with garbage in the place of an answer or of a part of one, ends in anything but a grader error."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.harness.attacks.garbage",
            name,
            str(root),
            str(share),
            "-k",
            "not (falls or rises or step_size_10)",
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["runs"] > 150
    assert not told["faults"], "\n\n".join("\n".join(fault) for fault in told["faults"][:5])


IDLE = {
    "None": "return None",
    "zeros": "return np.zeros((2, 1)), np.zeros((2, 1))",
    "its input": "return args[0], args[0]",
    "an error": "raise ValueError",
    "a refusal": "assert False",
    "empty lists": "return [], []",
    "a history": "return [np.zeros((2, 1))], [np.zeros((1, 1))], {n: [0.5, 1.0] for n in ('train_loss', 'train_acc', 'test_loss', 'test_acc')}",
}
FUNCTIONS = (
    "sigmoid_activation",
    "relu_activation",
    "logistic_loss",
    "layer_forward",
    "create_weight_matrices",
    "create_bias_vectors",
    "forward_pass",
    "backward_pass",
    "my_nn_finite_difference_checker",
    "train",
    "fit_random_labels",
)


def test_work_that_does_nothing_earns_nothing(tmp_path):
    """Functions of binary_mlp that return nothing of use earn no point, and are no fault of the grader's."""
    tasks = []
    for i, body in enumerate(IDLE.values()):
        source = "import numpy as np\n" + "".join(
            f"\n\ndef {f}(*args, **kwargs):\n    {body}\n" for f in FUNCTIONS
        )
        tasks.append(Task(written({"hw2.py": source}, tmp_path / f"s{i}"), f"s{i}", tmp_path / f"out{i}"))
    with ClassRun(assignment.load("binary_mlp"), kernel_tier(), seed=3, jobs=2) as run:
        rows = run.rows(tasks)
    assert {name: (row["status"], row["score"]) for name, row in zip(IDLE, rows, strict=True)} == {
        name: ("graded", 0.0) for name in IDLE
    }


AGREES_WITH_ITSELF = """
import sys

import numpy as np


def constant(Ws, bs):
    return [7.0 * np.ones_like(w) for w in Ws], [7.0 * np.ones_like(b) for b in bs]


def forward_pass(X, Ws, bs, activations):
    kept[:] = [Ws, bs]
    return np.sum(X, axis=1, keepdims=True), [0] * len(Ws)


kept = []
sys.modules["probes"].own_slopes = lambda modules, X, y, Ws, bs, *a, **k: constant(Ws, bs)
sys.modules["probes"].own_layers = lambda modules, X, *a: np.sum(X, axis=1, keepdims=True)
backward_pass = lambda dL_dg, caches: constant(*kept)
logistic_loss = lambda g, y: (g * 1.0, g * 1.0)
layer_forward = lambda x, W, b, f: (np.sum(x) * np.ones((len(x), W.shape[1])), 0)
my_nn_finite_difference_checker = lambda X, y, Ws, bs, f: constant(Ws, bs)
create_weight_matrices = lambda dims: [np.zeros(s) for s in zip(dims[:-1], dims[1:])]
create_bias_vectors = lambda dims: [np.zeros((1, d)) for d in dims[1:]]
"""


def test_work_that_agrees_with_itself_alone_earns_nothing_for_that(tmp_path):
    """Constants that a replaced probe confirms are no outputs and no gradients."""
    path = written({"hw2.py": AGREES_WITH_ITSELF}, tmp_path / "s")
    with ClassRun(assignment.load("binary_mlp"), kernel_tier(), seed=3, jobs=1) as run:
        run.rows([Task(path, "s", tmp_path / "out")])
    tests = json.loads((tmp_path / "out" / "results.json").read_text())["tests"]
    ours = [
        t for t in tests if "gradients" in t["id"] or "forward_pass_of" in t["id"] or "loss_of" in t["id"]
    ]
    assert len(ours) > 12
    assert {t["id"]: t["points"] for t in ours if t["points"]} == {}
    assert "grader error" not in {t["status"] for t in tests}
