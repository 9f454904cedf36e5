"""HTTP with one bound on the whole of a request, which requests and urllib3 lack.

Their timeouts bound each read from the socket: a server that sends a byte every twenty seconds holds a thread
for as long as it likes. Here `urllib3.Timeout(total=…)` means what it says, up to the last byte of the body.
Outside it: the look-up of the name (the resolver has its own limits), and a host with several addresses that
are all dead, where CONNECT_SECONDS count for each.
"""

import io
import socket
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# A connection not made by then won't be made; the next try may meet another address.
CONNECT_SECONDS = 10.0
# Of a body, at once: each read sets the time that is left.
READ_BYTES = 64 * 1024


class _UntilDeadline(io.RawIOBase):
    """A socket's bytes, each read with what is left of the time."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, ends_at: float) -> None:
        self._sock, self._raw, self._ends_at = sock, raw, ends_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        left_seconds = self._ends_at - time.monotonic()
        if left_seconds <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left_seconds)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    """Takes the socket's timeout at the start of the answer as the bound for all of it."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        timeout_seconds = sock.gettimeout()
        if timeout_seconds is not None:
            ends_at = time.monotonic() + timeout_seconds
            self.fp = io.BufferedReader(_UntilDeadline(sock, self.fp.detach(), ends_at), READ_BYTES)

    def begin(self) -> None:
        super().begin()
        if self.status < 200:
            # http.client takes any but a 100 for the answer. The real one is still to come, and the next
            # batch on this connection would get it.
            self.will_close = True


class _Connection(HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        left = _CountDown(self)
        super().connect()
        left.apply()


class _TlsConnection(HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        left = _CountDown(self)
        super().connect()
        left.apply()


class _CountDown:
    """Gives connecting its own bound, and the sending that follows what is left of the whole."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        self._ends_at = None
        if connection.timeout is not None:
            self._ends_at = time.monotonic() + connection.timeout
            connection.timeout = min(connection.timeout, CONNECT_SECONDS)

    def apply(self) -> None:
        if self._ends_at is not None:
            left_seconds = max(self._ends_at - time.monotonic(), 0.001)
            self._connection.timeout = left_seconds
            self._connection.sock.settimeout(left_seconds)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def _use_pools(manager: PoolManager) -> PoolManager:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
    return manager


class Adapter(HTTPAdapter):
    """requests' own, on connections that keep to the total timeout. It neither retries nor redirects."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _use_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **proxy_kwargs)
        if type(manager) is ProxyManager:  # SOCKS has connections of its own
            _use_pools(manager)
        return manager
