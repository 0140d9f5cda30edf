"""The codec: plain values round-trip exactly, everything else is refused, and hostile bytes only ever raise CodecError."""

import contextlib
import json
import socket
import struct
from collections import OrderedDict, namedtuple
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.isolation.untrusted import channel as channel_module
from harness.isolation.untrusted import codec
from harness.isolation.untrusted.channel import Channel
from harness.isolation.untrusted.codec import CodecError, copied, dumps, loads

DTYPES = [
    f"{order}{kind}"
    for order in "<>"
    for kind in ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
]
DTYPES += ["?", "i1", "u1", "S3", "<U2", ">U2", np.dtype(np.longdouble).str]
NAMED = st.sampled_from(
    [None, True, False, 0, -1, 2**63, -(2**200), 0.0, -0.0, float("inf"), float("-inf"), float("nan"), 5e-324]
)
TEXT = st.text(st.characters(codec=None, exclude_categories=[]), max_size=8)  # surrogates, too
LEAVES = (
    NAMED
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | TEXT
    | st.binary(max_size=20)
    | st.sampled_from(DTYPES).flatmap(
        lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    )
)
KEYS = TEXT | st.integers(-(2**63), 2**63 - 1)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4).map(OrderedDict)
    ),
    max_leaves=12,
)


def same(a, b):
    """Whether two values are of one type and equal to the bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return (
            list(a) == list(b)
            and all(type(i) is type(j) for i, j in zip(a, b, strict=True))
            and all(same(a[k], b[k]) for k in a)
        )
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return struct.pack("<d", a) == struct.pack("<d", b) or (a != a and b != b)
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    return a == b


@settings(deadline=None, max_examples=300)
@given(VALUES)
def test_plain_values_round_trip_exactly(value):
    """Type, dtype, shape, order of keys, NaN payloads, signs of zero and surrogates survive."""
    assert same(copied(value), value)


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(DTYPES).flatmap(lambda d: hnp.arrays(d, hnp.array_shapes(max_dims=4, max_side=4))),
    st.booleans(),
    st.booleans(),
)
def test_arrays_keep_their_order_and_are_copies(array, fortran, strided):
    """Column-major arrays stay so, strided views are packed, and the copy can be written to."""
    view = np.asfortranarray(array) if fortran else array
    view = view[::-1] if strided else view
    back = copied(view)
    assert same(back, view.copy())
    assert back.flags.writeable
    assert not np.shares_memory(back, view)
    if view.flags.f_contiguous and not view.flags.c_contiguous:
        assert back.flags.f_contiguous


@pytest.mark.parametrize(
    "scalar",
    [
        np.float32(1.5),
        np.float64("nan"),
        np.bool_(True),
        np.int8(-3),
        np.uint64(2**64 - 1),
        np.complex64(1j),
        np.longdouble(1) / 3,
        np.str_("é\ud800"),
        np.bytes_(b"\xff"),
        np.str_(""),
        np.float16(-0.0),
    ],
)
def test_numpy_scalars_stay_scalars(scalar):
    """A NumPy scalar comes back as one, of the same type."""
    assert same(copied(scalar), scalar)


def test_an_array_of_empty_text_keeps_its_shape():
    """Text of width 0 is sent as width 1: NumPy itself makes it so."""
    back = copied(np.empty((2, 3), "<U0"))
    assert back.shape == (2, 3)
    assert back.tolist() == [[""] * 3] * 2


class Row(list):
    pass


class Yes(np.ndarray):
    pass


BAD = {
    "an object": object(),
    "a function": len,
    "a set": {1},
    "a list's subclass": Row(),
    "a tuple's subclass": namedtuple("P", "x")(1),
    "a subclass of ndarray": np.zeros(2).view(Yes),
    "a masked array": np.ma.zeros(2),
    "objects": np.array([None]),
    "a structure": np.zeros(2, "i4,f8"),
    "dates": np.zeros(2, "M8[s]"),
    "void": np.zeros(2, "V3"),
    "long text": np.zeros(1, "U10000"),
    "a bytearray": bytearray(2),
    "a fraction": Fraction(1, 2),
    "a key that is a tuple": {(1,): 2},
    "a key that is a bool": {True: 1},
    "a key that is a float": {1.0: 1},
    "a key of NumPy": {np.int64(1): 1},
    "a huge int": 10**5000,
    "a date": np.datetime64("2024-01-01"),
    "inside": [1, {"x": (object(),)}],
}


@pytest.mark.parametrize("value", BAD.values(), ids=BAD.keys())
def test_what_is_not_plain_is_refused(value):
    """Anything but the plain kinds raises CodecError."""
    with pytest.raises(CodecError):
        dumps(value)


def test_cycles_and_depth_are_refused():
    """A list that holds itself, and one nested too deep, raise CodecError; the deepest that is allowed crosses."""
    cycle = []
    cycle.append(cycle)
    with pytest.raises(CodecError):
        dumps(cycle)
    deep = 0
    for _ in range(codec.MAX_DEPTH + 1):
        deep = [deep]
    assert copied(deep) == deep
    with pytest.raises(CodecError):
        dumps([deep])


def test_a_view_of_terabytes_is_refused_before_it_is_copied():
    """What counts is the size that a copy would have."""
    with pytest.raises(CodecError, match="too much data"):
        dumps(np.broadcast_to(np.float64(1), (1 << 20, 1 << 20)))


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("MAX_TOTAL", np.zeros(20)),
        ("MAX_BUFFERS", [np.zeros(1)] * 5),
        ("MAX_NODES", list(range(50))),
        ("MAX_HEADER", "x" * 200),
    ],
)
def test_limits_of_the_sender(monkeypatch, limit, value):
    """Each limit refuses what is just too large."""
    monkeypatch.setattr(
        codec, limit, {"MAX_TOTAL": 100, "MAX_BUFFERS": 4, "MAX_NODES": 40, "MAX_HEADER": 100}[limit]
    )
    with pytest.raises(CodecError):
        dumps(value)


def message(head, *buffers):
    return loads(json.dumps(head).encode(), [bytearray(b) for b in buffers])


REFUSED = {
    "a buffer twice": (["x", {"y": 0}, {"y": 0}], b"abc"),
    "an array of a used buffer": ([{"y": 0}, {"a": ["|u1", [3], "C", 0]}], b"abc"),
    "two kinds": ({"t": [], "d": []},),
    "no kind": ({},),
    "a kind that is unknown": ({"q": 1},),
    "a missing buffer": ({"y": 3},),
    "a buffer of True": ({"y": True}, b"", b""),
    "a negative buffer": ({"y": -1}, b""),
    "an object dtype": ({"a": ["|O8", [1], "C", 0]}, bytes(8)),
    "fields": ({"a": ["<f8,<f8", [1], "C", 0]}, bytes(16)),
    "text of width 0": ({"a": ["<U0", [1 << 40], "C", 0]}, b""),
    "a dtype that is none": ({"a": [None, [1], "C", 0]}, b"x"),
    "dates": ({"a": ["<M8[s]", [1], "C", 0]}, bytes(8)),
    "65 dimensions": ({"a": ["|u1", [1] * 65, "C", 0]}, b"x"),
    "a wide shape": ({"a": ["|u1", [1 << 64, 0], "C", 0]}, b""),
    "huge dimensions": ({"a": ["|u1", [10**4000] * 60, "C", 0]}, b"x"),
    "too many bytes": ({"a": ["<f8", [1], "C", 0]}, bytes(9)),
    "a bool of 2": ({"a": ["|b1", [1], "C", 0]}, b"\x02"),
    "no code point": ({"a": ["<U1", [1], "C", 0]}, b"\xff" * 4),
    "no code point, big-endian": ({"a": [">U1", [1], "C", 0]}, b"\xff" * 4),
    "another order": ({"a": ["|u1", [1], "K", 0]}, b"x"),
    "a shape that is none": ({"a": ["|u1", 1, "C", 0]}, b"x"),
    "a key that is a float": ({"d": [[1.0, 1]]},),
    "a key beyond 64 bits": ({"d": [[2**63, 1]]},),
    "pairs of three": ({"d": [[1, 2, 3]]},),
    "a complex of three": ({"c": [1, 2, 3]},),
    "a handle": ({"h": [0, "x", True]},),
    "a list nested too deep": (json.loads("[" * 60 + "]" * 60),),
    "a tuple of a number": ({"t": 1},),
}


@pytest.mark.parametrize("parts", REFUSED.values(), ids=REFUSED.keys())
def test_malformed_messages_are_refused(parts):
    """Each way of being wrong raises CodecError."""
    with pytest.raises(CodecError):
        message(*parts)


def test_many_nodes_are_refused_by_the_receiver(monkeypatch):
    """The number of values is bounded on both sides: a forger does not ask the encoder."""
    monkeypatch.setattr(codec, "MAX_NODES", 40)
    with pytest.raises(CodecError):
        message(list(range(50)))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["<f8", "|b1", "<U1", "C", "F", "<c16", ">f2"]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from("tdocyash"), inner, min_size=1, max_size=1)
    ),
    max_leaves=15,
)


@settings(deadline=None, max_examples=400)
@given(JSON, st.lists(st.binary(max_size=33), max_size=3))
def test_random_messages_decode_or_are_refused(head, buffers):
    """Whatever the header says, the result is plain data or a CodecError."""
    with contextlib.suppress(CodecError):
        message(head, *buffers)


@settings(deadline=None, max_examples=400)
@given(VALUES, st.data())
def test_mutated_messages_decode_or_are_refused(value, data):
    """A sound message with some bytes of its header, or the sizes of its buffers, changed does no harm."""
    first, *buffers = dumps(value)
    n_head, n = struct.unpack_from("<II", first)
    head = bytearray(first[8 + 8 * n :][:n_head])
    for _ in range(data.draw(st.integers(1, 4))):
        head[data.draw(st.integers(0, len(head) - 1))] = data.draw(st.integers(0, 255))
    buffers = [bytearray(b) for b in buffers]
    if buffers and data.draw(st.booleans()):
        buffers[0] = buffers[0][: data.draw(st.integers(0, len(buffers[0])))]
    with contextlib.suppress(CodecError):
        loads(bytes(head), buffers)


def received(data: bytes):
    """What a channel makes of raw bytes, after which the sender is gone."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        return loads(*Channel(ours).receive())


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200))
def test_random_bytes_on_the_channel(data):
    """Random bytes are an early end or a CodecError, never another exception."""
    with pytest.raises((EOFError, CodecError)):
        received(data)


@pytest.mark.parametrize(
    "prefix",
    [
        struct.pack("<II", codec.MAX_HEADER + 1, 0),
        struct.pack("<II", 2, codec.MAX_BUFFERS + 1),
        struct.pack("<IIQ", 2, 1, codec.MAX_TOTAL + 1),
        struct.pack("<IIQQ", 2, 2, 2**64 - 1, 2),
    ],
)
def test_sizes_are_checked_before_anything_is_allocated(monkeypatch, prefix):
    """A claim beyond the limits is refused when it is read; what it claims is never reserved."""
    reserved = []
    monkeypatch.setattr(
        channel_module, "bytearray", lambda n: reserved.append(n) or bytearray(n), raising=False
    )
    with pytest.raises(CodecError):
        received(prefix)
    assert max(reserved) <= 8 * codec.MAX_BUFFERS


@settings(deadline=None, max_examples=50)
@given(VALUES)
def test_messages_cross_a_channel(value):
    """What is sent is received."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Channel(theirs).send(dumps(value))
        assert same(loads(*Channel(ours).receive()), value)


def test_a_deadline_that_has_passed_ends_each_wait():
    """Neither reading nor writing waits beyond the deadline, however many bytes drip in."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\x05")
        waiting = Channel(ours)
        waiting.deadline = 0.0  # long ago, on the monotonic clock
        with pytest.raises(TimeoutError):
            waiting.receive()
        with pytest.raises(TimeoutError):
            waiting.send([b"x"])
