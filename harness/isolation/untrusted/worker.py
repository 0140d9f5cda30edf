"""A worker: one fresh process for one test. It jails itself, then serves requests about one submission."""

import io
import itertools
import os
import socket
import sys
import types
from typing import Any

from . import jail
from .channel import Channel
from .codec import dumps, loads
from .determinism import seeded
from .operations import Operations

STAND_INS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stand_ins")  # for debuggers left in
MAX_PRINTED = 1 << 18  # bytes of output that are kept; the rest is dropped without an error


class CappedOutput(io.TextIOBase):
    """A text stream to a file descriptor that swallows what goes past its cap, so that nothing blocks or fails."""

    def __init__(self, fd: int) -> None:
        self.fd, self.left = fd, MAX_PRINTED

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    @property
    def buffer(self) -> "CappedOutput":
        return self

    def write(self, text: Any) -> int:
        data = (
            bytes(text) if isinstance(text, (bytes, bytearray)) else text.encode("utf-8", "backslashreplace")
        )
        if self.left > 0:
            self.left -= os.write(self.fd, data[: self.left])
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.fd


class Worker:
    """Serves requests over one socket until it closes."""

    def __init__(self, channel: Channel, root: str, probes: types.ModuleType | None) -> None:
        self.channel = channel
        self.operations = Operations(root, probes, self.call_back)

    def call_back(self, number: int, args: tuple, kwargs: dict) -> Any:
        """Ask the trusted side to run a function of the test's."""
        self.channel.send(dumps(["call back", number, args, kwargs], self.operations.reference))
        tag, value = self.serve()
        if tag == "called back":
            return value
        raise RuntimeError(f"the function that the test passed in raised {value}")

    def serve(self) -> Any:
        """Answer requests for ever, or until the answer to a callback comes."""
        while True:
            head, buffers = self.channel.receive()
            message = loads(head, buffers, self.operations.dereference)
            if message[0] != "do":
                return message
            self.channel.send(dumps(self.operations.run(*message[1:]), self.operations.reference))


def run(request: dict[str, Any], sock: socket.socket, output: int, warm: Any) -> None:
    """The life of a worker, from the fork on.

    Args:
        request: `root`, `cpu_s`, `memory_mib`, `file_bytes`, `seed`.
        sock: The stream socket to the trusted side.
        output: A descriptor for what the submission prints.
        warm: What the warm interpreter prepared: ruleset (int or None), program (bytes or None), probes, given.
    """
    os.dup2(output, 1)
    os.dup2(output, 2)
    keep = sorted({2, sock.fileno(), *([warm.ruleset] if warm.ruleset is not None else []), 1 << 16})
    for below, above in itertools.pairwise(keep):
        os.closerange(below + 1, above)
    sys.stdin = io.StringIO()
    sys.stdout, sys.stderr = CappedOutput(1), CappedOutput(2)
    os.chdir(request["root"])
    jail.limits(request["cpu_s"], request["memory_mib"], request["file_bytes"])
    jail.die_with_parent()
    jail.no_new_privileges()
    if warm.ruleset is not None:
        jail.landlock_restrict(warm.ruleset)
        os.close(warm.ruleset)
    if warm.program is not None:
        jail.seccomp(warm.program)
    sock.sendall(b"R")  # from here on, how it ends is the submission's doing
    # Stand-ins of the assignment's win over the submission's files; those come late, and so shadow nothing.
    sys.path[:0] = warm.given
    sys.path.append(request["root"])
    sys.path.append(STAND_INS)
    with seeded(request["seed"]):
        Worker(Channel(sock), request["root"], warm.probes).serve()
