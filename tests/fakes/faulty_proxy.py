"""A connection to a server that fails as a script has it: one entry for each request, then all is well."""

import contextlib
import http.client
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import urlsplit


@dataclass
class FaultyProxy:
    """Entries: `ok`; a status, answered without asking the server; `reset`, the connection breaks before the
    server is asked; `lost`, it breaks after. A test asserts that `script` is empty in the end.
    """

    upstream: str
    script: list[str]
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def pop(self) -> str:
        with self.lock:
            return self.script.pop(0) if self.script else "ok"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: FaultyProxy


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        proxy = cast("_Server", self.server).proxy
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = proxy.pop()
        if fault == "reset":
            self.close_connection = True
            return
        if fault.isdigit():
            self._answer(int(fault), {}, b"not now")
            return
        connection = http.client.HTTPConnection(urlsplit(proxy.upstream).netloc, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name != "Host"}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if fault == "lost":
            self.close_connection = True
            return
        self._answer(answer.status, dict(answer.headers), data)

    def _answer(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name not in ("Content-Length", "Transfer-Encoding", "Connection"):
                self.send_header(
                    name, value.replace(cast("_Server", self.server).proxy.upstream, self._here())
                )
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _here(self) -> str:
        return cast("_Server", self.server).proxy.url

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _handle  # noqa: N815 (the base class's names)

    def log_message(self, *_: object) -> None:
        """Silence."""


@contextlib.contextmanager
def faulty_proxy(upstream: str, script: Sequence[str]) -> Iterator[FaultyProxy]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.proxy = FaultyProxy(upstream, list(script), url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
