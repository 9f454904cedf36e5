"""Links in front of a server: they carry what they are given, and break when they are told to."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.torture_real.tcp_proxy import Link, network


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it gets; its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(65_536):
                connection.sendall(data)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


@pytest.fixture
def link(echo: int) -> Iterator[Link]:
    with network() as links:
        yield links.link(echo)


def connect(link: Link) -> socket.socket:
    return socket.create_connection(("127.0.0.1", link.port), timeout=10)


def ask(connection: socket.socket, data: bytes) -> bytes:
    connection.sendall(data)
    received = b""
    while len(received) < len(data):
        block = connection.recv(65_536)
        assert block, "closed before all had come"
        received += block
    return received


def test_a_link_carries_what_it_is_given(link: Link) -> None:
    """Both ways, more than a block, up to the end of each."""
    with connect(link) as connection:
        data = bytes(range(256)) * 2_000
        assert ask(connection, data) == data
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert (link.made, link.broken) == (1, 0)


def test_a_reset_breaks_what_is_open_and_nothing_else(link: Link) -> None:
    """The other side sees a reset, no end; the next connection holds."""
    with connect(link) as connection:
        assert ask(connection, b"one") == b"one"
        link.reset()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with connect(link) as connection:
        assert ask(connection, b"two") == b"two"
    assert (link.made, link.broken) == (2, 1)


def test_a_link_breaks_after_so_many_bytes(link: Link) -> None:
    """Both ways together, until it is told to hold again."""
    link.break_after(lambda: 25)
    with connect(link) as connection:
        assert ask(connection, b"0123456789") == b"0123456789"
        with pytest.raises(ConnectionResetError):
            ask(connection, b"0123456789")
    link.break_after(None)
    with connect(link) as connection:
        assert ask(connection, b"0123456789" * 10) == b"0123456789" * 10
    assert link.broken == 1


def test_without_a_server_a_link_breaks_at_once(echo: int) -> None:
    """As if it were not there: while the client still connects, or with its first word."""
    with socket.socket() as taken, network() as links:
        taken.bind(("127.0.0.1", 0))  # nothing listens on it
        link = links.link(taken.getsockname()[1])
        with pytest.raises(ConnectionResetError), connect(link) as connection:
            ask(connection, b"one")


def test_what_is_held_passes_once_it_is_let_go(link: Link) -> None:
    """Nothing is lost by holding."""
    with connect(link) as connection:
        assert ask(connection, b"one") == b"one"
        link.hold()
        connection.sendall(b"two")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        link.let_go()
        connection.settimeout(10)
        assert connection.recv(3) == b"two"


def test_what_is_held_is_lost_by_a_reset(link: Link) -> None:
    """It never arrives."""
    with connect(link) as connection:
        assert ask(connection, b"one") == b"one"
        link.hold()
        connection.sendall(b"two")
        link.reset()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
        link.let_go()
    with connect(link) as connection:
        assert ask(connection, b"three") == b"three"
