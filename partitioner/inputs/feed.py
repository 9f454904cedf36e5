"""A stream of bytes, taken in pieces of the reader's own size, with the place of each."""

from collections.abc import Iterator


class Feed:
    """`taken_bytes` is where the next piece begins."""

    def __init__(self, reads: Iterator[bytes]) -> None:
        self._reads = reads
        self._data, self._at = b"", 0
        self.taken_bytes = 0

    def peek(self, count: int) -> bytes:
        """The next bytes, fewer only at the end."""
        while len(self._data) - self._at < count and (read := next(self._reads, b"")):
            self._data, self._at = self._data[self._at :] + read, 0
        return self._data[self._at : self._at + count]

    def take(self, count: int) -> bytes:
        """Is passed over."""
        data = self.peek(count)
        self._at += len(data)
        self.taken_bytes += len(data)
        return data

    def take_read(self, least: int) -> bytes:
        """All that is at hand, and at least so much of what there is."""
        self.peek(least)
        return self.take(len(self._data) - self._at)
