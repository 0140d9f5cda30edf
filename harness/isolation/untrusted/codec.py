"""How values cross the trust boundary: a JSON header for their shape, raw buffers for their bytes.

Nothing on the wire can name a type, so decoding builds plain data, base arrays and opaque handles, and never
runs code of the sender's. Both sides of the boundary use this module; either may be fed hostile bytes.
"""

import json
import re
import struct
from collections import OrderedDict
from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Literal

import numpy as np

MAX_HEADER = 4 << 20  # bytes of JSON
MAX_TOTAL = 320 << 20  # bytes of all buffers of one message
MAX_BUFFERS = 4096
MAX_NODES = (
    400_000  # values in one message: a list that holds itself twice, twice, twice … is small in memory
)
MAX_DEPTH = 50

MAX_DIMENSIONS = 64  # of NumPy

# Never a text of width 0: NumPy makes it wider, and so would allocate more than was sent.
_DTYPE = re.compile(r"[<>|]([biu]1|[iu][248]|f(2|4|8|16)|c(8|16|32)|[US][1-9]\d{0,3})")
_PREFIX = struct.Struct("<II")

Reference = Callable[[Any], list[Any]]
Dereference = Callable[[str, Any], Any]


class CodecError(Exception):
    """The value cannot, or must not, cross the boundary."""


def no_reference(obj: Any) -> list[Any]:
    """A `Reference` for places where only plain values may go."""
    raise CodecError(f"a {type(obj).__name__[:60]} object cannot cross")


def no_dereference(kind: str, _value: Any) -> Any:
    """A `Dereference` for places where only plain values may come from."""
    raise CodecError(f"an unexpected {kind}")


class _Encoder:
    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.buffers: list[Any] = []
        self.nodes = self.total = 0

    def array(self, a: np.ndarray) -> list[Any]:
        if a.dtype.itemsize == 0:
            a = a.astype(f"{a.dtype.kind}1")
        if not _DTYPE.fullmatch(a.dtype.str):
            raise CodecError(
                f"an array of dtype {str(a.dtype)[:40]!r} (only numbers, bool and text may be returned)"
            )
        self.reserve(a.size * a.itemsize)  # before any copy: a broadcast view claims terabytes
        order: Literal["C", "F"] = "C" if a.flags.c_contiguous or not a.flags.f_contiguous else "F"
        flat = a.ravel(order)
        self.buffers.append(flat.view(np.uint8).data if flat.nbytes else b"")
        return [a.dtype.str, list(a.shape), order, len(self.buffers) - 1]

    def reserve(self, n_bytes: int) -> None:
        self.total += n_bytes
        if self.total > MAX_TOTAL or len(self.buffers) >= MAX_BUFFERS:
            raise CodecError(f"too much data ({self.total >> 20} MiB in {len(self.buffers) + 1} arrays)")

    def encode(self, o: Any, depth: int = 0) -> Any:
        t = type(o)  # exact types only: a subclass may lie about its value
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise CodecError(f"more than {MAX_NODES} values")
        if o is None or t in (bool, int, float, str):
            return o
        if depth > MAX_DEPTH:
            raise CodecError(f"nested more than {MAX_DEPTH} deep")
        if t is list:
            return [self.encode(x, depth + 1) for x in o]
        if t is tuple:
            return {"t": [self.encode(x, depth + 1) for x in o]}
        if t is dict or t is OrderedDict:
            if any(type(k) is not str and type(k) is not int for k in o):
                raise CodecError("a dict whose keys are not str or int")
            return {"d" if t is dict else "o": [[k, self.encode(v, depth + 1)] for k, v in o.items()]}
        if t is complex:
            return {"c": [o.real, o.imag]}
        if t is bytes:
            self.reserve(len(o))
            self.buffers.append(o)
            return {"y": len(self.buffers) - 1}
        if t is np.ndarray:
            return {"a": self.array(o)}
        if isinstance(o, np.generic) and t is np.dtype(t).type:
            return {"s": self.array(np.asarray(o))}
        if isinstance(o, (np.ndarray, np.generic, int, float, complex, str, bytes, list, tuple, dict)):
            raise CodecError(
                f"a {t.__name__[:60]} (a subclass of a plain type; return the plain type itself)"
            )
        return {"h": self.reference(o)}


def dumps(obj: Any, reference: Reference = no_reference) -> list[Any]:
    """Encode a value.

    Args:
        obj: Plain data: None, bool, int, float, complex, str, bytes, list, tuple, dict, ndarray, NumPy scalar.
        reference: Called with any other object; returns plain JSON that stands for it, or raises CodecError.

    Returns:
        Buffers to send one after the other.

    Raises:
        CodecError: If the value is too large, too deep, cyclic, or of a type that may not cross.
    """
    encoder = _Encoder(reference)
    try:
        head = json.dumps(encoder.encode(obj)).encode()
    except (ValueError, RecursionError) as e:  # an int of more than 4,300 digits, for one
        raise CodecError(f"cannot be encoded ({type(e).__name__})") from None
    if len(head) > MAX_HEADER:
        raise CodecError(f"a header of {len(head) >> 20} MiB (use arrays for large data)")
    sizes = [len(b) for b in encoder.buffers]
    return [
        _PREFIX.pack(len(head), len(sizes)) + struct.pack(f"<{len(sizes)}Q", *sizes) + head,
        *encoder.buffers,
    ]


class _Decoder:
    def __init__(self, buffers: Sequence[Any], dereference: Dereference) -> None:
        self.buffers, self.dereference = buffers, dereference
        self.unused = set(range(len(buffers)))
        self.nodes = 0

    def buffer(self, index: Any) -> Any:
        """A buffer, once only: a short header that names a long one a thousand times would cost a thousand copies."""
        if type(index) is not int or index not in self.unused:
            raise CodecError("a buffer that is not there, or is used twice")
        self.unused.remove(index)
        return self.buffers[index]

    def array(self, spec: Any) -> np.ndarray:
        dtype, shape, order, index = spec
        if not _DTYPE.fullmatch(dtype) or order not in ("C", "F") or type(shape) is not list:
            raise CodecError("a malformed array")
        # Bounded before they are multiplied: a product of a thousand ints of thousands of digits takes minutes.
        if len(shape) > MAX_DIMENSIONS or any(type(n) is not int or not 0 <= n < 2**63 for n in shape):
            raise CodecError("a malformed array")
        dt, buffer = np.dtype(dtype), self.buffer(index)
        if prod(shape) * dt.itemsize != len(buffer):
            raise CodecError("an array whose size is not that of its bytes")
        if not len(buffer):
            return np.empty(shape, dt)
        flat = np.frombuffer(buffer, dt)
        if dt.kind == "b" and flat.view(np.uint8).max() > 1:
            raise CodecError("an array of bool with other bytes than 0 and 1")
        if dt.kind == "U" and flat.view(f"{dt.byteorder}u4").max() > 0x10FFFF:
            raise CodecError("an array of text with code points that do not exist")
        return flat.reshape(shape, order=order)

    def pairs(self, value: Any, depth: int) -> Any:
        for key, x in value:
            # Large ints as keys can be made to collide, which costs seconds.
            if type(key) is not str and not (type(key) is int and -(2**63) <= key < 2**63):
                raise CodecError("a dict with a bad key")
            yield key, self.decode(x, depth)

    def decode(self, o: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH + 1:
            raise CodecError("too many values, or nested too deep")
        depth += 1
        if type(o) is list:
            return [self.decode(x, depth) for x in o]
        if type(o) is not dict:
            return o
        ((kind, value),) = o.items()
        match kind:
            case "t":
                return tuple([self.decode(x, depth) for x in value])
            case "d":
                return dict(self.pairs(value, depth))
            case "o":
                return OrderedDict(self.pairs(value, depth))
            case "c":
                real, imag = value
                return complex(float(real), float(imag))
            case "y":
                return bytes(self.buffer(value))
            case "a":
                return self.array(value)
            case "s":
                return self.array(value)[()]
            case "h":
                return self.dereference("handle", value)
        raise CodecError("an unknown kind of value")


def loads(head: bytes | bytearray, buffers: Sequence[Any], dereference: Dereference = no_dereference) -> Any:
    """Decode what `dumps` made, or what somebody forged.

    Raises:
        CodecError: For every malformed message, whatever is wrong with it.
    """
    try:
        return _Decoder(buffers, dereference).decode(json.loads(bytes(head)))
    except CodecError:
        raise
    except (
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        AttributeError,
        RecursionError,
        MemoryError,
    ) as e:
        raise CodecError(f"a malformed message ({type(e).__name__})") from None


def copied(obj: Any, reference: Reference = no_reference, dereference: Dereference = no_dereference) -> Any:
    """The value as the other side would get it: through the codec, without a socket."""
    first, *buffers = dumps(obj, reference)
    n_head, n_buffers = _PREFIX.unpack_from(first)
    return loads(first[_PREFIX.size + 8 * n_buffers :][:n_head], [bytearray(b) for b in buffers], dereference)
