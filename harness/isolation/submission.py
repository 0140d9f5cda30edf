"""What a test sees of a submission: the fixture `submission`."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

from harness.errors import AnswerRefused, NotHandedIn, StudentError
from harness.isolation.proxy import Handle, Peer

NONE: Mapping[str, Exception] = MappingProxyType({})


def module_name(file: str) -> str:
    """The dotted name under which a file such as `package/module.py` is imported."""
    return file.removesuffix(".py").replace("/", ".")


def _plain(value: Any) -> Any:
    """The value with only what TOML knows in it, and no int beyond TOML's 64 bits; anything else as a word for it."""
    if type(value) is dict:
        return {k: _plain(v) for k, v in value.items()}
    if type(value) is list:
        return [_plain(v) for v in value]
    if type(value) in (bool, float, str) or (type(value) is int and abs(value) < 1 << 63):
        return value
    return f"({type(value).__name__})"


class Submission:
    """One submission in one fresh state. Its modules are attributes: `submission.hw2.relu_activation(s)`.

    Args:
        start: Makes the peer; called at the first use, so that a test that needs none pays for none.
        blocked: Why its code is not to be run, when that is known before: raised at each use of a module.
        broken: Why single modules cannot be imported, by their dotted names: raised when one is asked for.
        unusable: Why no probe is to be run; modules that are not broken can still be loaded.
        optional: Files that need not be handed in.
    """

    def __init__(
        self,
        start: Callable[[], Peer],
        blocked: Exception | None = None,
        *,
        broken: Mapping[str, Exception] = NONE,
        unusable: Exception | None = None,
        optional: Collection[str] = (),
    ) -> None:
        self._start, self._blocked, self._broken = start, blocked, broken
        self._unprobed = unusable or blocked
        self._optional = {module_name(file): file for file in optional if file.endswith(".py")}
        self._peer: Peer | None = None

    @property
    def peer(self) -> Peer:
        if self._peer is None:
            self._peer = self._start()
        return self._peer

    def __getattr__(self, name: str) -> Handle:
        __tracebackhide__ = True
        if name.startswith("_"):
            raise AttributeError(name)
        return self.load(name)

    def load(self, module: str) -> Handle:
        """Import a module of the submission by its dotted name.

        Raises:
            NotHandedIn: If it is an optional file that was not handed in.
            StudentError: If it cannot be imported.
        """
        __tracebackhide__ = True
        if why := self._broken.get(module) or self._blocked:
            raise why.with_traceback(None)
        try:
            loaded = self.peer.do("import", module)
        except ModuleNotFoundError as e:
            if module in self._optional and str(e).endswith(f"No module named {module!r}"):
                raise NotHandedIn(f"{self._optional[module]} was not handed in") from None
            raise
        if not isinstance(loaded, Handle):
            raise AnswerRefused(
                f"{module} is no module once it is imported: does it replace itself in sys.modules?"
            )
        object.__setattr__(loaded, "_name", "module")
        return loaded

    def probe(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Run a function of the assignment's probes.py on the submission's side: many steps, one round trip."""
        __tracebackhide__ = True
        if self._unprobed:
            raise self._unprobed.with_traceback(None)  # raised often: or its traceback would grow each time
        return self.peer.do("probe", name, *args, **kwargs)

    def parts(self, count: int, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """What `probe` gives, for a probe that returns so many values: they can be unpacked, whoever answers."""
        __tracebackhide__ = True
        value = self.probe(name, *args, **kwargs)
        if type(value) is not tuple or len(value) != count:
            raise AnswerRefused(
                f"the probe {name} did not answer with its {count} values: has it been replaced?"
            )
        return value

    def count_lines(self, probe: str, *args: Any) -> int:
        """How many lines of the submission's own files run during a probe. Loops over examples show; time does not."""
        __tracebackhide__ = True
        if self._unprobed:
            raise self._unprobed.with_traceback(None)  # raised often: or its traceback would grow each time
        count = self.peer.do("count lines", probe, *args)
        if type(count) is not int or not 0 <= count < 1 << 53:
            raise AnswerRefused("a count of lines that is not a count")
        return count

    def compiled(self, files: list[str]) -> dict[str, bytes]:
        """The marshalled code of its source files: bytes for other workers, never to be loaded on this side."""
        return self.peer.do("compile", files)

    def answers(self) -> dict[str, Any]:
        """The submission's answers.toml, parsed on its own side of the boundary."""
        __tracebackhide__ = True
        return _plain(self.peer.do("answers"))

    def text(self, name: str, max_bytes: int) -> str | None:
        """A file of the submission's as text, read on its own side of the boundary.

        Args:
            name: Relative to the submission's folder.
            max_bytes: How large it may be.

        Returns:
            Its content without a byte order mark, or None if there is no such file.

        Raises:
            StudentError: If it is larger, or not UTF-8: one sentence names it.
        """
        __tracebackhide__ = True
        data = self.peer.do("read", name, max_bytes + 1)
        if data is None:
            return None
        if type(data) is not bytes:
            raise AnswerRefused(f"{name} was read as something that is no file's content")
        if len(data) > max_bytes:
            raise StudentError(f"{name} is larger than {max_bytes} bytes: hand in only what is asked for")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as e:
            raise StudentError(f"{name} is no text in UTF-8 (byte {e.start}): save it as UTF-8") from None

    @property
    def started(self) -> Peer | None:
        """The peer, if a test has used it."""
        return self._peer

    def close(self) -> None:
        if self._peer is not None:
            self._peer.close()
