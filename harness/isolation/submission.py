"""What a test sees of a submission: the fixture `submission`."""

from collections.abc import Callable
from typing import Any

from harness.errors import AnswerRefused
from harness.isolation.proxy import Handle, Peer


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
    """

    def __init__(self, start: Callable[[], Peer], blocked: Exception | None = None) -> None:
        self._start, self._blocked = start, blocked
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
        """Import a module of the submission by its dotted name."""
        __tracebackhide__ = True
        if self._blocked:
            raise self._blocked.with_traceback(None)  # raised often: or its traceback would grow each time
        loaded = self.peer.do("import", module)
        if not isinstance(loaded, Handle):
            raise AnswerRefused(
                f"{module} is no module once it is imported: does it replace itself in sys.modules?"
            )
        object.__setattr__(loaded, "_name", "module")
        return loaded

    def probe(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Run a function of the assignment's probes.py on the submission's side: many steps, one round trip."""
        __tracebackhide__ = True
        if self._blocked:
            raise self._blocked.with_traceback(None)
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
        if self._blocked:
            raise self._blocked.with_traceback(None)
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

    @property
    def started(self) -> Peer | None:
        """The peer, if a test has used it."""
        return self._peer

    def close(self) -> None:
        if self._peer is not None:
            self._peer.close()
