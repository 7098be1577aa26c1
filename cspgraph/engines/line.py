"""A line to an endpoint on which everything together ends in time: what is sent, the head, the body, in whatever drips.

A socket's own timeout is of one wait, and a server that sends a byte now and then evades it for ever. So each wait on
a line is given what is left of the whole: then urllib3 tells the end as it tells any timeout, with TLS and without, on a
line that is used again as well, and nobody has to watch it.
"""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    import socket

CONNECTING = 10  # seconds: a host that does not take the call by then is away


def lines() -> PoolManager:
    """Return what sends requests; the `total` of a request's Timeout is then the time of all of it."""
    pool = PoolManager(retries=Retry(0))
    pool.pool_classes_by_scheme = {"http": _Plain, "https": _Encrypted}
    return pool


class _Line:
    """A socket as http.client uses it; what is set as its timeout is the time for all that follows."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self.close, self.fileno = sock.close, sock.fileno
        self.settimeout(seconds)

    def settimeout(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def wait(self) -> None:
        """Let the next wait end with the whole. Raises TimeoutError where it has ended."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)

    def sendall(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            self.wait()
            left = left[self._sock.send(left) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self, self._sock.makefile(mode, buffering=0)))  # type: ignore[call-overload]


class _Incoming(io.RawIOBase):
    """What comes on a line, as a file."""

    def __init__(self, line: _Line, raw: io.RawIOBase) -> None:
        super().__init__()
        self._line, self._raw = line, raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._line.wait()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        super().close()
        self._raw.close()


class _Connecting:
    """A connection that becomes a line when it is made."""

    timeout: Any
    sock: Any

    def connect(self) -> None:
        whole, start = self.timeout, time.monotonic()
        self.timeout = min(whole, CONNECTING)
        super().connect()  # type: ignore[misc] # of the classes below
        self.timeout = whole
        self.sock = _Line(self.sock, whole - (time.monotonic() - start))


class _PlainConnection(_Connecting, HTTPConnection):
    pass


class _EncryptedConnection(_Connecting, HTTPSConnection):
    pass


class _Plain(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _Encrypted(HTTPSConnectionPool):
    ConnectionCls = _EncryptedConnection
