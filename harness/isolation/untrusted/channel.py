"""Framed messages of the codec over a stream socket, with one deadline for all waits."""

import socket
import struct
import time
from typing import Any

from .codec import _PREFIX, MAX_BUFFERS, MAX_HEADER, MAX_TOTAL, CodecError


class Channel:
    """Sends and receives whole messages.

    Attributes:
        deadline: On the clock of `time.monotonic()`, in seconds, or None to wait for ever. It bounds the sum of
            all waits, so that bytes dripping in one at a time gain nothing.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.deadline: float | None = None

    def _wait(self) -> None:
        if self.deadline is not None:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)

    def send(self, parts: list[Any]) -> None:
        """Send the buffers of one message.

        Raises:
            TimeoutError: If the deadline passes first.
            OSError: If the other side is gone.
        """
        for part in parts:
            view = memoryview(part).cast("B")
            while len(view):
                self._wait()
                view = view[self.sock.send(view) :]

    def _read(self, n: int) -> bytearray:
        buffer = bytearray(n)
        view = memoryview(buffer)
        while len(view):
            self._wait()
            k = self.sock.recv_into(view)
            if not k:
                raise EOFError
            view = view[k:]
        return buffer

    def receive(self) -> tuple[bytearray, list[bytearray]]:
        """The header and the buffers of one message; sizes are checked before anything is allocated.

        Raises:
            TimeoutError: If the deadline passes first.
            EOFError: If the other side closed the connection.
            CodecError: If the message claims more than it may hold.
        """
        n_head, n_buffers = _PREFIX.unpack(self._read(_PREFIX.size))
        if n_head > MAX_HEADER or n_buffers > MAX_BUFFERS:
            raise CodecError("a message that is too large")
        sizes = struct.unpack(f"<{n_buffers}Q", self._read(8 * n_buffers))
        if sum(sizes) > MAX_TOTAL:
            raise CodecError("a message that is too large")
        return self._read(n_head), [self._read(n) for n in sizes]
