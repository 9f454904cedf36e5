"""TCP links that can be broken: an address in front of another, whose connections are reset at will."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

BLOCK_BYTES = 65_536
# Closed at once and without a farewell: the other side sees a reset.
_NO_LINGER = struct.pack("ii", 1, 0)


class Link:
    """Made by Network.link, in front of `upstream_port`. All methods may be called from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, upstream_port: int) -> None:
        self._loop, self._upstream_port = loop, upstream_port
        self._open: list[list[asyncio.StreamWriter]] = []
        self._budget_bytes: Callable[[], int] | None = None
        self._may_pass = asyncio.Event()
        self._may_pass.set()
        self.port = 0
        self.made = self.broken = 0
        """Connections so far, and how many of them were reset."""

    def reset(self) -> None:
        """Breaks every connection that is open now."""
        self._loop.call_soon_threadsafe(self._reset_all)

    def break_after(self, budget_bytes: Callable[[], int] | None) -> None:
        """A connection made from now on breaks after as many bytes, both ways together; None: it holds."""
        self._budget_bytes = budget_bytes

    def hold(self) -> None:
        """Nothing passes any more, either way, until `let_go`; what has passed is on its way."""
        self._loop.call_soon_threadsafe(self._may_pass.clear)

    def let_go(self) -> None:
        self._loop.call_soon_threadsafe(self._may_pass.set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.made += 1
        ends = [writer]
        self._open.append(ends)
        try:
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self._upstream_port)
            ends.append(upstream)
            left = _Budget(self._budget_bytes() if self._budget_bytes else None)
            pumps = self._pump(reader, upstream, left), self._pump(upstream_reader, writer, left)
            await asyncio.gather(*pumps)
        except (OSError, EOFError, _Spent):
            self._break(ends)
        finally:
            self._open.remove(ends)
            for end in ends:
                end.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: "_Budget"
    ) -> None:
        while data := await reader.read(BLOCK_BYTES):
            left.spend(data)
            await self._may_pass.wait()
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    def _reset_all(self) -> None:
        for ends in list(self._open):
            self._break(ends)

    def _break(self, ends: list[asyncio.StreamWriter]) -> None:
        self.broken += 1
        for end in ends:
            sock = end.get_extra_info("socket")
            if not end.transport.is_closing():
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            end.transport.abort()


class _Spent(Exception):  # noqa: N818 (what happened)
    pass


class _Budget:
    def __init__(self, left_bytes: int | None) -> None:
        self._left_bytes = left_bytes

    def spend(self, data: bytes) -> None:
        if self._left_bytes is not None:
            self._left_bytes -= len(data)
            if self._left_bytes < 0:
                raise _Spent


class Network:
    """What `network` yields: links, all served by one thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._servers: list[asyncio.Server] = []

    def link(self, upstream_port: int) -> Link:
        link = Link(self._loop, upstream_port)
        starting = asyncio.start_server(link.serve, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        link.port = server.sockets[0].getsockname()[1]
        self._servers.append(server)
        return link

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def network() -> Iterator[Network]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="network", daemon=True)
    thread.start()
    made = Network(loop)
    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(made.close(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
