"""GoogleBucket when the way to the bucket is bad: repeated where it may pass, and ended in time."""

# mypy: allow-untyped-calls
# The client's calls have no types.

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from function.errors import PreconditionFailed, StorageUnavailable
from function.storage import GoogleBucket, LazyClient
from local.bucket import bucket_server
from tests.fakes.faulty_proxy import faulty_proxy

pytestmark = pytest.mark.slow

SECONDS = 10.0


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with bucket_server(tmp_path_factory.mktemp("buckets"), buckets=("chunks",)) as server:
        yield server.url


@contextmanager
def through(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleBucket]:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
    connect = LazyClient()
    yield GoogleBucket("chunks", connect)
    connect().close()


def test_a_call_is_one_request(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client asks for nothing of its own, also when an object is missing."""
    name = "object-0.json"
    with faulty_proxy(server_url, ["ok"] * 9) as proxy, through(proxy.url, monkeypatch) as bucket:
        assert bucket.read(name, timeout_seconds=SECONDS) is None
        bucket.write(name, b"x", if_generation=0, timeout_seconds=SECONDS)
        assert bucket.stat(name, timeout_seconds=SECONDS) is not None
        time.sleep(0.2)
        assert len(proxy.script) == 9 - 3


def test_what_may_pass_is_tried_again(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 503 and a broken connection cost time, no answer."""
    name = "object-1.json"
    with faulty_proxy(server_url, ["503", "reset", "ok"]) as proxy, through(proxy.url, monkeypatch) as bucket:
        assert bucket.write(name, b"x", if_generation=0, timeout_seconds=SECONDS) > 0
        assert proxy.script == []


def test_a_refusal_is_not_tried_again(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right to it, waiting helps nobody; it is no answer about the object either."""
    name = "object-2.json"
    with faulty_proxy(server_url, ["403", "ok"]) as proxy, through(proxy.url, monkeypatch) as bucket:
        with pytest.raises(StorageUnavailable, match="403"):
            bucket.stat(name, timeout_seconds=SECONDS)
        assert proxy.script == ["ok"]


def test_a_lost_reply_shows_as_a_failed_precondition(
    server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The repeated write meets its own first attempt: whoever asked has to read back."""
    name = "object-3.json"
    with faulty_proxy(server_url, ["lost", "ok"]) as proxy, through(proxy.url, monkeypatch) as bucket:
        with pytest.raises(PreconditionFailed):
            bucket.write(name, b"mine", if_generation=0, timeout_seconds=SECONDS)
        found = bucket.read(name, timeout_seconds=SECONDS)
        assert found is not None
        assert found[0] == b"mine"


def test_a_later_custom_time_stays(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cloud refuses to move it back with a 400 (the test server doesn't): what is there is as good."""
    name = "object-4.json"
    early, late = datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 8, 2, tzinfo=UTC)
    with faulty_proxy(server_url, []) as proxy, through(proxy.url, monkeypatch) as bucket:
        generation = bucket.write(name, b"x", if_generation=0, timeout_seconds=SECONDS)
        bucket.set_custom_time(name, generation, late, timeout_seconds=SECONDS)
        stat = bucket.stat(name, timeout_seconds=SECONDS)
        assert stat is not None
        proxy.script += ["400", "ok"]
        bucket.set_custom_time(name, stat.generation, early, timeout_seconds=SECONDS)
        assert proxy.script == []
        proxy.script += ["400", "ok"]
        with pytest.raises(StorageUnavailable, match="400"):
            bucket.set_custom_time(name, stat.generation, late + timedelta(days=1), timeout_seconds=SECONDS)


@pytest.fixture
def deaf_server() -> Iterator[str]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def trickling_server() -> Iterator[str]:
    """Answers every request with a body that comes a byte at a time and has no end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_trickle, args=(server,), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def _trickle(server: socket.socket) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nX-Goog-Generation: 5\r\n\r\n"
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_trickle_into, args=(connection, head), daemon=True).start()


def _trickle_into(connection: socket.socket, head: bytes) -> None:
    with connection:
        try:
            connection.sendall(head)
            while True:
                connection.sendall(b"x")
                time.sleep(0.02)
        except OSError:
            return


def _calls(bucket: GoogleBucket) -> dict[str, Any]:
    at = datetime.now(UTC)
    return {
        "stat": lambda: bucket.stat("a", timeout_seconds=0.6),
        "read": lambda: bucket.read("a", timeout_seconds=0.6),
        "read_range": lambda: bucket.read_range("a", 5, 0, 1_000_000, timeout_seconds=0.6),
        "write": lambda: bucket.write("a", b"x", if_generation=0, timeout_seconds=0.6),
        "set_custom_time": lambda: bucket.set_custom_time("a", 5, at, timeout_seconds=0.6),
        "list_names": lambda: bucket.list_names("a", timeout_seconds=0.6),
        "delete": lambda: bucket.delete("a", timeout_seconds=0.6),
    }


@pytest.mark.parametrize("verb", list(_calls(GoogleBucket("", LazyClient()))))
def test_a_deaf_server_ends_in_time(verb: str, deaf_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No call outlives its timeout, and none says anything but that the bucket is unavailable."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", deaf_server)
    connect = LazyClient()
    began_at = time.monotonic()
    with pytest.raises(StorageUnavailable):
        _calls(GoogleBucket("chunks", connect))[verb]()
    connect().close()
    assert time.monotonic() - began_at < 1.5


@pytest.mark.parametrize("verb", ["read", "read_range"])
def test_a_trickling_body_ends_in_time(
    verb: str, trickling_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then satisfies every socket timeout; the call ends all the same."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", trickling_server)
    connect = LazyClient()
    began_at = time.monotonic()
    with pytest.raises(StorageUnavailable):
        _calls(GoogleBucket("chunks", connect))[verb]()
    connect().close()
    assert time.monotonic() - began_at < 1.5
