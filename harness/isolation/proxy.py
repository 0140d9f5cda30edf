"""Student objects as a test sees them: handles that forward each use across the boundary, and plain copies."""

import builtins
import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from harness.errors import AnswerRefused, Crashed, GraderFault, NotWritten, OutOfMemory, StudentError
from harness.isolation.untrusted.codec import CodecError
from harness.text import clean, one_line

MAX_HANDLES = 100_000
# The builtin exceptions that a test may want to name in `pytest.raises`.
_PLAIN_ERRORS = (
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BufferError",
    "EOFError",
    "FloatingPointError",
    "ImportError",
    "IndexError",
    "KeyError",
    "LookupError",
    "ModuleNotFoundError",
    "NameError",
    "OSError",
    "OverflowError",
    "PermissionError",
    "FileNotFoundError",
    "RecursionError",
    "RuntimeError",
    "SyntaxError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeError",
    "ValueError",
    "ZeroDivisionError",
)


class Callback:
    """A function of the test's, handed to student code. Whatever it returns, the submission learns."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function


@functools.cache
def _mixed(name: str) -> type[StudentError]:
    """StudentError, and also the builtin exception of that name, for `pytest.raises`."""
    return type(f"Student{name}", (StudentError, getattr(builtins, name)), {})


def student_error(names: list[str], text: str, trace: str) -> StudentError:
    """The exception to raise for one that the submission raised.

    Args:
        names: The class and its bases, as the submission's side tells them: a claim, looked up and never imported.
        text, trace: What it says, and the submission's own frames.
    """
    first = one_line(names[0] if names else "an exception", 80)
    message = f"{first}: {clean(text, 2000)}" if text else first
    trace = clean(trace)
    if "NotImplementedError" in names:
        return NotWritten(clean(text, 500) or "it raises NotImplementedError", trace)
    if "MemoryError" in names:
        return OutOfMemory(message, trace)
    if "Exception" not in names:  # SystemExit, KeyboardInterrupt, GeneratorExit
        return Crashed(f"your code raised {message} and would have ended the program", trace)
    for name in names:
        if name in _PLAIN_ERRORS:
            return _mixed(name)(message, trace)
    return StudentError(message, trace)


def tag_of(reply: Any) -> str | None:
    """The first word of a reply, if it has the form of one."""
    return reply[0] if type(reply) is list and reply and type(reply[0]) is str else None


class Peer:
    """The other side of the boundary, as seen from a test: one submission in one fresh state.

    A subclass says how a request travels (`exchange`).
    """

    def __init__(self) -> None:
        self.callbacks: list[Callable[..., Any]] = []
        self.handles: dict[int, Handle] = {}
        self.printed = ""

    def exchange(self, request: list[Any]) -> Any:
        """Send `["do", operation, args, kwargs, errstate]` and return the decoded reply."""
        raise NotImplementedError  # a subclass's part

    def close(self) -> None:
        """End it. May be called twice."""

    def do(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """Ask for one operation.

        Returns:
            A copy of its value, with handles for objects that stay on the other side.

        Raises:
            StudentError: If the submission raises, ends, hangs or answers with what may not cross.
        """
        __tracebackhide__ = True
        reply = self.exchange(["do", operation, args, kwargs, np.geterr()])
        if tag_of(reply) is None:  # before the match below, which would compare an array in its place
            raise AnswerRefused("the answer is not one of the protocol's")
        match reply:
            case ["ok", value, list(notes)]:
                self.warn(notes)
                return value
            case ["error", [list(names), str(text), str(trace)], list(notes)]:
                self.warn(notes)
                self.raise_error([n for n in names if type(n) is str], text, trace)
            case ["refused", str(why), list()]:
                raise AnswerRefused(f"the value that came back cannot be graded: {one_line(why)}")
        raise AnswerRefused("the answer is not one of the protocol's")

    def raise_error(self, names: list[str], text: str, trace: str) -> NoReturn:
        """Raise, on this side, what the submission raised on its own."""
        __tracebackhide__ = True
        raise student_error(names, text, trace)

    @staticmethod
    def warn(notes: list[Any]) -> None:
        """Issue again the warnings that the submission's side recorded, so that `pytest.warns` sees them."""
        for note in notes[:50]:
            match note:
                case [list(names), str(text), int(line)]:
                    named = (getattr(builtins, n, None) for n in names if type(n) is str)
                    category = next(
                        (c for c in named if isinstance(c, type) and issubclass(c, Warning)), UserWarning
                    )
                    line = line if 0 <= line < 1 << 31 else 0  # what fits a C int
                    warnings.warn_explicit(clean(text, 500), category, "<submission>", line, registry={})

    def reference(self, obj: Any) -> list[Any]:
        if isinstance(obj, Handle) and object.__getattribute__(obj, "_peer") is self:
            return ["handle", object.__getattribute__(obj, "_number")]
        if isinstance(obj, Callback):
            self.callbacks.append(obj.function)
            return ["function", len(self.callbacks) - 1]
        raise GraderFault(
            f"a test passes a {type(obj).__name__}, which cannot cross (wrap a function in Callback)"
        )

    def dereference(self, _kind: str, value: Any) -> "Handle":
        match value:
            case [int(number), str(name), bool()] if len(self.handles) < MAX_HANDLES:
                return self.handles.setdefault(number, Handle(self, number, one_line(name, 80)))
        raise CodecError("a malformed handle")

    def called_back(self, number: Any, args: Any, kwargs: Any) -> list[Any]:
        """Run a function of the test's for the submission, and say what to answer."""
        if type(number) is not int or not 0 <= number < len(self.callbacks):
            raise CodecError("a call of a function that was never passed")
        try:
            return ["called back", self.callbacks[number](*args, **kwargs)]
        except Exception as e:
            return ["failed", type(e).__name__]


class Handle:
    """An object that lives on the other side: a module, a function, an instance.

    It can be called, and its attributes and items can be read and set. What comes back is a copy: to change an
    array of the student's, change the copy and set it. It has no truth value, and NumPy will not compute with it.
    """

    __slots__ = ("_name", "_number", "_peer")
    __array_ufunc__ = None

    def __init__(self, peer: Peer, number: int, name: str) -> None:
        object.__setattr__(self, "_peer", peer)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_name", name)

    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            value = self._peer.do("get", self, name)
        except AttributeError as e:
            if self._name == "module" and isinstance(e, StudentError):
                raise NotWritten(f"{name} is not there: is it spelled as in the handout?") from None
            raise
        if self._name == "module" and not isinstance(
            value, Handle
        ):  # a test would fail to call it, by a fault of ours
            raise AnswerRefused(f"{name} is of type {type(value).__name__}, where a function is expected")
        return value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return self._peer.do("call", self, *args, **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        self._peer.do("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._peer.do("delete", self, name)

    def __getitem__(self, key: Any) -> Any:
        return self._peer.do("item", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._peer.do("set item", self, key, value)

    def __len__(self) -> int:
        n = self._peer.do("length", self)
        if type(n) is not int or n < 0:
            raise AnswerRefused("a length that is not an int")
        return n

    def __contains__(self, item: Any) -> bool:
        return self._peer.do("contains", self, item) is True

    def __iter__(self) -> Iterator[Any]:
        items = self._peer.do("items", self)
        if type(items) is not list:
            raise AnswerRefused("items that are not a list")
        return iter(items)

    def __repr__(self) -> str:
        return f"<a {self._name} object of the submission>"

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise StudentError(f"got a {self._name} object where an array or a number was expected")

    def __bool__(self) -> NoReturn:
        raise StudentError(f"got a {self._name} object where a plain value was expected")

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)
