"""A peer in the sandbox: one jailed worker for one test, and how to tell how it ended."""

import os
import signal
import socket
import time
from pathlib import Path
from typing import Any

from harness.errors import AnswerRefused, Crashed, GraderFault, OutOfMemory, StudentError, TimedOut
from harness.isolation.limits import Limits
from harness.isolation.proxy import Peer, tag_of
from harness.isolation.sandbox import Sandbox
from harness.isolation.untrusted.channel import Channel
from harness.isolation.untrusted.codec import CodecError, dumps, loads
from harness.text import clean

FILE_BYTES = 1 << 20  # the largest file that a worker may write: its captured output
END_GRACE_S = 0.2  # the connection may close before the exit status can be read
PRINTED_CHARACTERS = 4000


class SandboxedWorker(Peer):
    """One fresh worker. It starts at once, and its deadline with it."""

    def __init__(self, sandbox: Sandbox, root: Path, limits: Limits, seed: int) -> None:
        super().__init__()
        self.sandbox, self.limits = sandbox, limits
        self.ended: StudentError | None = None
        self.cpu_s, self.memory_mib, self._read = 0.0, 0, 0
        self.output = os.memfd_create("output", os.MFD_CLOEXEC)
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours)
        self.channel.deadline = time.monotonic() + limits.wall_s
        request = {
            "do": "spawn",
            "root": str(root),
            "cpu_s": limits.cpu_s,
            "memory_mib": limits.memory_mib,
            "file_bytes": FILE_BYTES,
            "seed": seed,
        }
        self.pid: int | None = sandbox.ask(request, [theirs.fileno(), self.output])["pid"]
        theirs.close()
        try:
            ready = ours.recv(1)
        except OSError as e:
            ready = str(e).encode()
        if ready != b"R":  # it ended before any student code could run
            self._reap(END_GRACE_S)
            raise GraderFault(f"a worker could not be jailed: {self.read_output()[-500:]}")

    def exchange(self, request: list[Any]) -> Any:
        __tracebackhide__ = True
        if self.ended:
            raise self.ended.with_traceback(None)
        if self.pid is None:  # a handle that a test kept longer than its worker
            raise AnswerRefused("the value that came back is an object of a process that has ended")
        parts = dumps(request, self.reference)
        try:
            self.channel.send(parts)
            while True:
                reply = loads(*self.channel.receive(), self.dereference)
                if tag_of(reply) != "call back":
                    break
                match reply:
                    case [_, int(number), tuple(args), dict(kwargs)]:
                        answer = self.called_back(number, args, kwargs)
                    case _:
                        raise CodecError("a malformed call")
                if self.ended:  # while the test's function used an object of the submission's
                    raise self.ended
                self.channel.send(dumps(answer, self.reference))
        except TimeoutError:
            self._end(TimedOut(f"no answer within {self.limits.wall_s:g} s"), 0)
        except (EOFError, ConnectionError):
            self._end(None, END_GRACE_S)
        except CodecError as e:
            self._end(AnswerRefused(f"the answer cannot be read: {clean(str(e), 300)}"), 0)
        self.printed += self.read_output()
        return reply

    def read_output(self) -> str:
        """What the submission printed since the last call, cleaned and capped."""
        data = os.pread(self.output, PRINTED_CHARACTERS, self._read)
        self._read = max(self._read + len(data), os.fstat(self.output).st_size)
        return clean(data.decode("utf-8", "replace"), PRINTED_CHARACTERS)

    def _end(self, error: StudentError | None, grace_s: float) -> None:
        __tracebackhide__ = True
        status = self._reap(grace_s)
        self.printed += self.read_output()
        self.ended = error or self._how_it_ended(status)
        raise self.ended from None

    def _how_it_ended(self, status: int) -> StudentError:
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            # The kernel counts ticks for its limit and exact time for its report: half is proof enough, since nothing
            # else in a worker that is still computing ends in a SIGKILL but a want of memory of the whole machine.
            if number in (signal.SIGKILL, signal.SIGXCPU) and self.cpu_s >= self.limits.cpu_s / 2:
                return TimedOut(f"more than {self.limits.cpu_s} s of CPU time")
            if number == signal.SIGKILL:
                return OutOfMemory("the system ended it, most likely for want of memory")
            names = {s.value: s.name for s in signal.Signals}
            return Crashed(f"the process was ended by {names.get(number, f'signal {number}')}")
        return Crashed(
            f"the process ended with exit status {os.WEXITSTATUS(status)} before the function returned: "
            "does something call exit()?"
        )

    def _reap(self, grace_s: float) -> int:
        pid, self.pid = self.pid, None
        if pid is None:
            return 0
        self.channel.sock.close()
        report = self.sandbox.ask({"do": "reap", "pid": pid, "grace_s": grace_s})
        self.cpu_s, self.memory_mib = report["cpu_s"], report["memory_kib"] >> 10
        return int(report["status"])

    def close(self) -> None:
        if self.output >= 0:
            self._reap(0)
            os.close(self.output)
            self.output = -1
