"""HTTP/1.1 on a plain socket: only there can an answer be cut in half, or a connection torn down."""

import json
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import responses
from threading import Event
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

MAX_HEAD_BYTES = 65_536
# Far over every limit; what is longer is read and forgotten, so that the client gets its answer.
MAX_BODY_BYTES = 128 << 20

RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 seconds: close() sends RST instead of FIN


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` have lower-case names; `body` is None where it was too long to be kept."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes | None
    peer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered, and what goes wrong on the way back.

    `sent_bytes`: the body is cut there and the connection closed. `reset`: nothing is sent, the connection
    breaks. `silent`: nothing is sent, the connection is closed in good order.
    """

    status: int
    body: bytes | Iterator[bytes] = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    sent_bytes: int | None = None
    reset: bool = False
    silent: bool = False


def json_answer(status: int, content: Any, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(content).encode(), headers=headers or {})


class Unreadable(Exception):  # noqa: N818 (what the client sent)
    """What came is no HTTP/1.1 request that can be answered."""


class Connection:
    """One keep-alive connection. Use as a context manager; one thread."""

    def __init__(self, sock: socket.socket, peer: str) -> None:
        self._socket, self._peer, self._held = sock, peer, b""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def read_request(self) -> Request | None:
        """The next request, or None when the client has gone. Raises Unreadable, OSError."""
        head = self._read_head()
        if head is None:
            return None
        first, *rest = head.decode("latin-1").split("\r\n")
        try:
            method, target, _ = first.split(" ", 2)
        except ValueError as error:
            raise Unreadable(first[:80]) from error
        headers = {}
        for line in rest:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Request(method, unquote(parts.path), query, headers, self._read_body(headers), self._peer)

    def send(self, answer: Answer, *, keep_alive: bool, stopping: Event) -> bool:
        """Sends the answer; False when the connection is at its end."""
        if answer.delay_seconds:
            stopping.wait(answer.delay_seconds)
        if answer.reset:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return False
        if answer.silent:
            return False
        keep_alive = keep_alive and answer.sent_bytes is None
        reason = responses.get(answer.status, "Unlisted")
        lines = [f"HTTP/1.1 {answer.status} {reason}", f"Content-Type: {answer.content_type}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        lines.append("Connection: keep-alive" if keep_alive else "Connection: close")
        if isinstance(answer.body, bytes):
            lines.append(f"Content-Length: {len(answer.body)}")
            self._socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + answer.body[: answer.sent_bytes])
        else:
            lines.append("Transfer-Encoding: chunked")
            self._socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
            for block in answer.body:
                if block:
                    self._socket.sendall(b"%x\r\n%b\r\n" % (len(block), block))
            self._socket.sendall(b"0\r\n\r\n")
        return keep_alive

    def _receive(self) -> bytes:
        block = self._socket.recv(262_144)
        if not block:
            raise Unreadable("the connection ended within a request")
        return block

    def _read_head(self) -> bytes | None:
        while (end := self._held.find(b"\r\n\r\n")) < 0:
            if len(self._held) > MAX_HEAD_BYTES:
                raise Unreadable("headers too long")
            block = self._socket.recv(262_144)
            if not block:
                return None
            self._held += block
        head, self._held = self._held[:end], self._held[end + 4 :]
        return head

    def _read_body(self, headers: dict[str, str]) -> bytes | None:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._read_chunked()
        try:
            length = int(headers.get("content-length", "0"))
        except ValueError as error:
            raise Unreadable("Content-Length") from error
        if length < 0:
            raise Unreadable("Content-Length")
        return self._read_exactly(length)

    def _read_exactly(self, length: int) -> bytes | None:
        if length > MAX_BODY_BYTES:
            left = length - len(self._held)
            while left > 0:
                left -= len(self._receive())
            self._held = b""
            return None
        if len(self._held) >= length:
            body, self._held = self._held[:length], self._held[length:]
            return body
        buffer = bytearray(length)
        filled = len(self._held)
        buffer[:filled] = self._held
        self._held = b""
        view = memoryview(buffer)
        while filled < length:
            received = self._socket.recv_into(view[filled:])
            if not received:
                raise Unreadable("the connection ended within a body")
            filled += received
        return bytes(buffer)

    def _read_line(self) -> bytes:
        while (end := self._held.find(b"\r\n")) < 0:
            self._held += self._receive()
        line, self._held = self._held[:end], self._held[end + 2 :]
        return line

    def _read_chunked(self) -> bytes | None:
        """A body of unknown length (RFC 9112, section 7.1)."""
        parts: list[bytes] = []
        total = 0
        while True:
            try:
                length = int(self._read_line().split(b";")[0], 16)
            except ValueError as error:
                raise Unreadable("chunk length") from error
            if length < 0:
                raise Unreadable("chunk length")
            if length == 0:
                while self._read_line():  # trailers
                    pass
                return None if total > MAX_BODY_BYTES else b"".join(parts)
            total += length
            block = self._read_exactly(length)
            self._read_line()
            if block is not None and total <= MAX_BODY_BYTES:
                parts.append(block)
