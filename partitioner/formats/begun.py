"""What text formats share that have to look ahead: a buffer that grows, and reads that aren't too small."""

from collections.abc import Iterable, Iterator

from partitioner.lines import BLOCK_BYTES, MAX_LINE_BYTES


class Begun:
    """The bytes of a stream from `at` on, as far as they are read; all are once `is_last`."""

    def __init__(self, reads: Iterable[bytes]) -> None:
        self._reads = iter(reads)
        self.data, self.at = b"", 0
        self.is_last = False

    @property
    def bytes(self) -> int:
        """How many there are from `at` on."""
        return len(self.data) - self.at

    def grow(self) -> bool:
        """Whether there is more. What is behind `at` becomes at least twice as long, so that who begins anew
        each time reads nothing more than twice; `at` becomes 0.
        """
        parts = [self.data[self.at :]]
        wanted = max(BLOCK_BYTES, len(parts[0]))
        self.data = b""
        while wanted > 0 and (read := next(self._reads, None)) is not None:
            parts.append(read)
            wanted -= len(read)
        self.data, self.at, self.is_last = b"".join(parts), 0, wanted > 0
        return len(self.data) > len(parts[0])


def gathered(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in reads that are neither small nor over MAX_LINE_BYTES."""
    waiting: list[bytes] = []
    waiting_bytes = 0
    for part in parts:
        waiting.append(part)
        waiting_bytes += len(part)
        if waiting_bytes >= BLOCK_BYTES:
            read = b"".join(waiting)
            for at in range(0, len(read), MAX_LINE_BYTES):
                yield read[at : at + MAX_LINE_BYTES]
            waiting, waiting_bytes = [], 0
    if waiting_bytes:
        yield b"".join(waiting)
