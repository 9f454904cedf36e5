"""A file that is read by ranges of its bytes, over a network: buffered, and read ahead where it is read on."""

import io
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

# The first request for a place is small, since many a file is only looked at; each that goes on from there is
# twice as large. At 4 MB and 30 ms an answer, one connection at 100 MB/s is busy for two thirds of the time.
_LEAST_BYTES = 256 * 1024
_MOST_BYTES = 4 * 1024 * 1024
_KEPT_BYTES = 24 * 1024 * 1024
_AHEAD_FROM_BYTES = 1024 * 1024
_KNOWN_ENDS = 64
_BUFFER_BYTES = 64 * 1024

Fetch = Callable[[int, int], bytes]
"""Bytes [start, end), all of them. May be called by another thread, one call at a time beside the reader's."""


def open_ranged(fetch: Fetch, size: int, start: int = 0) -> BinaryIO:
    """What `fetch` raises, reading raises."""
    raw = _Ranged(fetch, size)
    raw.seek(start)
    return io.BufferedReader(raw, _BUFFER_BYTES)


class _Ranged(io.RawIOBase):
    """Several places are read on at once, as Parquet's columns are: each has its own range, which grows."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch, self._size = fetch, size
        self._position = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._ends: OrderedDict[int, int] = OrderedDict()
        """Where ranges ended that nothing went on from yet, and how long they were."""
        self._ahead: tuple[int, Future[bytes]] | None = None
        self._thread: ThreadPoolExecutor | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: "memoryview", /) -> int:  # type: ignore[override] # (a buffer, as io gives it)
        if self._position >= self._size:
            return 0
        data = self._from(self._position, len(buffer))[: len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        if self._thread:
            self._thread.shutdown(cancel_futures=True)
            self._thread = self._ahead = None
        self._kept.clear()
        super().close()

    def _from(self, at: int, wanted: int) -> memoryview:
        """The bytes from `at` on, at least one."""
        for start, data in self._kept.items():
            if start <= at < start + len(data):
                self._kept.move_to_end(start)
                return memoryview(data)[at - start :]
        if self._ahead and self._ahead[0] == at:
            start, data = at, self._ahead[1].result()
            self._ahead = None
            self._ends.pop(at, None)
        else:
            start, end = self._range(at, wanted)
            data = self._fetch(start, end)
        self._keep(start, data)
        return memoryview(data)[at - start :]

    def _range(self, at: int, wanted: int) -> tuple[int, int]:
        """A file's end is what its readers begin with, backwards: there a range begins earlier."""
        before = self._ends.pop(at, 0)
        share = _KEPT_BYTES // (2 * (len(self._ends) + 1))  # else ranges push each other out
        count = max(_LEAST_BYTES, min(_MOST_BYTES, max(wanted, min(2 * before, share))))
        start = at if before else max(0, min(at, self._size - count))
        return start, min(self._size, start + count)

    def _keep(self, start: int, data: bytes) -> None:
        end = start + len(data)
        self._kept[start] = data
        self._kept_bytes += len(data)
        while self._kept_bytes > _KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1])
        self._ends[end] = len(data)
        while len(self._ends) > _KNOWN_ENDS:
            self._ends.popitem(last=False)
        if len(data) >= _AHEAD_FROM_BYTES and end < self._size and not self._ahead:
            self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
            after = min(self._size, end + min(_MOST_BYTES, 2 * len(data)))
            self._ahead = (end, self._thread.submit(self._fetch, end, after))
