"""The cheapest Mixpanel there can be, in a process of its own: takes every record and says so.

    python -m benchmarks.sink --port 18080 [--latency-ms 150]

What a sender needs against it is the sender's own. It inflates a body to count the records in it, which takes
2 ms a batch of 2,000, and waits as long as it is told to before it answers. GET gives its tally.
"""

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
from isal import igzip_lib

from local.processes import Process, answers, free_port, own_environ, running
from local.web import call


@dataclass(slots=True)
class Tally:
    """Since the sink's start. `connections` counts those that were opened, `bytes` what bodies weighed."""

    requests: int = 0
    records: int = 0
    bytes: int = 0
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, latency_seconds: float) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.latency_seconds = latency_seconds
        self.tally, self.lock = Tally(), threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.tally.connections += 1

    def do_GET(self) -> None:
        self._answer(asdict(self.server.tally))

    def do_POST(self) -> None:
        tally = self.server.tally
        with self.server.lock:
            tally.at_once += 1
            tally.most_at_once = max(tally.most_at_once, tally.at_once)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        records = _records_in(body, is_array=self.headers["Content-Type"] == "application/json")
        time.sleep(self.server.latency_seconds)
        with self.server.lock:
            tally.at_once -= 1
            tally.requests += 1
            tally.records += records
            tally.bytes += len(body)
        self._answer({"code": 200, "num_records_imported": records, "status": "OK"})

    def _answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)

    def log_message(self, *_: object) -> None:
        """It says nothing."""


def _records_in(body: bytes, *, is_array: bool) -> int:
    content: bytes = igzip_lib.decompress(body, flag=igzip_lib.DECOMP_GZIP)
    # Of an array, as json.dumps of the sender as guides have it writes one.
    return content.count(b'{"event": ') if is_array else content.count(b"\n")


@dataclass(frozen=True, slots=True)
class Sink:
    url: str
    process: Process

    def tally(self) -> Tally:
        return Tally(**call("GET", self.url))


@contextlib.contextmanager
def sink(*, log: Path, latency_ms: int = 0) -> Iterator[Sink]:
    """A sink on loopback. Raises StackFailed."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.sink", "--port", port, "--latency-ms", latency_ms]
    with running(
        "sink",
        [str(word) for word in command],
        log=log,
        environ=own_environ(),
        is_ready=lambda: answers(port),
    ) as process:
        yield Sink(f"http://127.0.0.1:{port}", process)


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--latency-ms", type=int, default=0)
def command(port: int, latency_ms: int) -> None:
    with _Server(port, latency_ms / 1000) as server:
        server.serve_forever()


if __name__ == "__main__":
    command()
