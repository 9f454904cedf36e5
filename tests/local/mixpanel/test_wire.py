"""The server itself: connections, and what is no HTTP."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.fakes.import_client import NOW, ImportClient, importing, ndjson, record


def talk(client: ImportClient, *parts: bytes) -> bytes:
    """Sends raw bytes, returns all that comes back until the other side closes."""
    with socket.create_connection((client.simulator.host, client.simulator.port), timeout=5) as sock:
        for part in parts:
            sock.sendall(part)
        sock.shutdown(socket.SHUT_WR)
        received = b""
        while block := sock.recv(65_536):
            received += block
        return received


def test_connections_are_kept_alive() -> None:
    """Many requests share one, also after a 400, and two that come at once are answered in order."""
    with importing() as client:
        body = ndjson([record()])
        request = b"POST /import HTTP/1.1\r\nAuthorization: Basic dDo=\r\nContent-Length: %d\r\n\r\n%b" % (
            len(body),
            body,
        )
        answers = talk(client, request + request[:40], request[40:] + b"POST /import HTTP/1.1\r\n\r\n")
        assert [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"401"]


def test_the_client_may_ask_first() -> None:
    """Expect: 100-continue, as curl sends it with large bodies."""
    with importing() as client:
        head = b"POST /import HTTP/1.1\r\nAuthorization: Basic dDo=\r\nExpect: 100-continue\r\n\r\n"
        assert talk(client, head).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"POST /import HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"A" * 70_000,
        b"POST /import HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /import HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
        b"POST /import HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_400(sent: bytes) -> None:
    """And the connection ends; the next one is served."""
    with importing() as client:
        assert talk(client, sent).startswith(b"HTTP/1.1 400")
        assert client.post(record()).status_code == 200


def test_a_client_that_goes_away_is_forgotten() -> None:
    """A request cut off before its end stores nothing and harms nobody."""
    with importing() as client:
        assert talk(client, b"POST /import HT") == b""
        with socket.create_connection((client.simulator.host, client.simulator.port)) as sock:
            sock.sendall(b"POST /import HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")
        assert client.post(record()).status_code == 200
        assert client.state()["requests"] == {"200": 1}


def test_a_body_far_over_every_limit_is_read_and_refused() -> None:
    """413 arrives although nothing of the body is kept."""
    with importing() as client:
        blocks = (bytes(1 << 20) for _ in range(130))
        answer = client.session.post(
            client.simulator.url + "/import", data=blocks, auth=("t", ""), timeout=30
        )
        assert answer.status_code == 413
        assert client.post(record()).status_code == 200


def test_strangers_who_come_together_are_one() -> None:
    """One token is one project, however many connections bring it first."""
    with importing(unknown_tokens="own-project") as client:
        together = threading.Barrier(8)

        def send(sender: int) -> None:
            with requests.Session() as session:
                together.wait()
                ImportClient(client.simulator, session).post(record(sender), auth=("stranger", ""))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(send, range(8)))
        assert client.state()["projects"]["1000002"]["accepted"] == 8


def test_forty_connections_at_once() -> None:
    """Nothing is lost or counted twice, and the highest number in flight is known."""
    with importing() as client:
        client.script(*[{"fault": "stall", "seconds": 0.3}] * 40)
        together = threading.Barrier(40)

        def send(sender: int) -> None:
            with requests.Session() as session:
                mine = ImportClient(client.simulator, session)
                together.wait()
                for turn in range(5):
                    start = (sender * 5 + turn) * 20
                    records = [record(number, time=NOW - 1) for number in range(start, start + 20)]
                    assert mine.post_gzip(*records).json()["num_records_imported"] == 20

        with ThreadPoolExecutor(40) as pool:
            list(pool.map(send, range(40)))
        state = client.state()
        assert (state["accepted"], state["deduplicated"]) == (4_000, 4_000)
        assert state["most_in_flight"] >= 30
        assert len(client.lines()) == 4_000
