"""A small Mixpanel: a real HTTP server in a thread, with a script of faults.

    with FakeMixpanel([503, "reset-after", Reply(200, b"<html>")]) as server:
        ...                       # post to server.url
        assert server.spent

Each request takes the next step off the script; when it is spent, every batch is accepted. Its rules are few
on purpose; the whole of them is the simulator's (`local/mixpanel`).
"""

import gzip
import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import BinaryIO, Literal, Self

Fault = Literal[
    "reset-before",  # the connection is reset before the batch is stored
    "reset-after",  # … after
    "close",  # the connection is closed without a word, the batch not stored
    "idle-close",  # accepted; then the kept-alive connection is closed
    "stall",  # nothing is answered until the client or the test gives up
    "half-body",
    "html-200",
    "trickle-head",  # a byte every 50 ms, for ever
    "trickle-body",
    "endless-body",
]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None  # in place of all the others


@dataclass(frozen=True, slots=True)
class Posted:
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def lines(self) -> list[bytes]:
        return gzip.decompress(self.body).splitlines()


_ERRORS = {
    400: "some data points in the request failed validation",
    401: "Invalid credentials",
    413: "request exceeds max limit of 2097152 bytes",
    429: "Project exceeded rate limits. Please retry the request with exponential backoff.",
}


class FakeMixpanel:
    """`posted` holds every request read, `stored` the lines that Mixpanel would have."""

    def __init__(
        self, script: Iterable[int | Fault | Reply] = (), *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.script = deque(script)
        self.posted: list[Posted] = []
        self.stored: list[bytes] = []
        self.connections = 0
        self.endless_bytes = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._tls = tls
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}/import?strict=1"

    @property
    def spent(self) -> bool:
        return not self.script

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # gone, or wrapped by TLS and closed with that
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection.makefile("rb") as reader:
                while (posted := _read_request(reader)) is not None:
                    with self._lock:
                        self.posted.append(posted)
                        step = self.script.popleft() if self.script else 200
                    if not self._answer(connection, posted, step):
                        break
        except OSError:
            pass  # the client went away
        finally:
            connection.close()

    def _answer(self, connection: socket.socket, posted: Posted, step: int | Fault | Reply) -> bool:
        """Answers one request; False ends the connection."""
        if isinstance(step, Reply):
            connection.sendall(_encode(Reply(step.status, b"", _length(step) | step.headers, step.raw)))
            connection.sendall(step.body)  # by itself: it may be too large to copy
            return step.raw is None
        if step in (200, "reset-after", "idle-close", "half-body"):
            with self._lock:
                self.stored += posted.lines
        if step in (200, "idle-close"):
            connection.sendall(_encode(_accepted(posted)))
            return step == 200
        if isinstance(step, int):
            connection.sendall(_encode(_error(step)))
            return True
        if step == "html-200":
            connection.sendall(_encode(Reply(200, b"<!doctype html>", {"Content-Type": "text/html"})))
            return True
        self._fail(connection, posted, step)
        return False

    def _fail(self, connection: socket.socket, posted: Posted, fault: Fault) -> None:
        whole = _encode(_accepted(posted))
        if fault in ("reset-before", "reset-after"):
            # With a linger of no time closing sends a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif fault == "stall":
            connection.recv(1)
        elif fault == "half-body":
            connection.sendall(whole[:-10])
        elif fault == "trickle-head":
            self._trickle(connection, whole[:20])
        elif fault == "trickle-body":
            self._trickle(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{")
        elif fault == "endless-body":
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000000000\r\n\r\n"
            )
            while not self._stopped.is_set():
                connection.sendall(b"x" * 65_536)
                self.endless_bytes += 65_536

    def _trickle(self, connection: socket.socket, opening: bytes) -> None:
        connection.sendall(opening)
        while not self._stopped.wait(0.05):
            connection.sendall(b" ")


def _read_request(reader: BinaryIO) -> Posted | None:
    request_line = reader.readline()
    if not request_line:
        return None
    headers: dict[str, str] = {}
    while line := reader.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return Posted(request_line.split()[1].decode(), headers, reader.read(int(headers["content-length"])))


def _accepted(posted: Posted) -> Reply:
    return _json_reply(200, {"code": 200, "num_records_imported": len(posted.lines), "status": "OK"})


def _error(status: int) -> Reply:
    if status >= 500:
        return Reply(status, b"<html>upstream error</html>", {"Content-Type": "text/html"})
    return _json_reply(
        status, {"code": status, "error": _ERRORS.get(status, "no"), "status": HTTPStatus(status).phrase}
    )


def _json_reply(status: int, content: dict[str, object]) -> Reply:
    return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/json"})


def _length(reply: Reply) -> dict[str, str]:
    return {"Content-Length": str(len(reply.body))}


def _encode(reply: Reply) -> bytes:
    if reply.raw is not None:
        return reply.raw
    headers = _length(reply) | reply.headers
    lines = [f"HTTP/1.1 {reply.status} -", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + reply.body
