"""Reads one pinned generation of a chunk: ranges of bytes, and the batches in them, ahead of need."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress

from .batches import Batch, Limits, read_batches
from .cloud_event import ChunkRef
from .control import spread
from .errors import NotImportable, ObjectGone
from .state import Control, Position
from .storage import Bucket

READ_TIMEOUT_SECONDS = 30.0


class ChunkSource:
    """`size` bytes of one generation. Reads raise ObjectGone once it is gone, and StorageUnavailable."""

    def __init__(self, bucket: Bucket, chunk: ChunkRef, left_seconds: Callable[[], float]) -> None:
        self.size = chunk.size
        self._bucket, self._chunk, self._left_seconds = bucket, chunk, left_seconds

    def read(self, start: int, end: int) -> bytes:
        timeout_seconds = max(0.1, min(READ_TIMEOUT_SECONDS, self._left_seconds()))
        return self._bucket.read_range(
            self._chunk.name, self._chunk.generation, start, end, timeout_seconds=timeout_seconds
        )


class ReadAhead:
    """The chunk's batches from `start` on, each given once, in order; `ended` keeps what ended them early."""

    def __init__(
        self, source: ChunkSource, start: Position, now_seconds: Callable[[], float], limits: Limits
    ) -> None:
        self._batches: Iterator[Batch] = read_batches(source, start, now_seconds, limits)
        self._ready: deque[Batch] = deque()
        self._ready_bytes = 0
        self._is_exhausted = False
        self.records = 0
        """Read so far, given or not."""
        self.ended: NotImportable | ObjectGone | None = None

    def next(self) -> Batch | None:
        """None at the end, whatever ended it."""
        if not self._ready and not self._read_one():
            return None
        batch = self._ready.popleft()
        self._ready_bytes -= size_of(batch)
        return batch

    def reaches(self, records: int, *, max_bytes: int) -> bool:
        """Whether so many records, or bytes that long, were read or can be read ahead."""
        while self.records < records and self._ready_bytes < max_bytes and self._read_one():
            pass
        return self.records >= records or self._ready_bytes >= max_bytes

    def lines_ahead(self, most: int, *, max_bytes: int) -> list[bytes]:
        """Up to so many of the records that are yet to be given, from all that fits into `max_bytes`."""
        while self._ready_bytes < max_bytes and self._read_one():
            pass
        batches = spread([batch for batch in self._ready if batch.records], most)
        lines: list[bytes] = []
        for batch in batches:
            with suppress(NotImportable):  # found again when it is sent
                lines += spread(batch.lines(), most // len(batches))
        return lines

    @property
    def is_spent(self) -> bool:
        return self._is_exhausted and not self._ready

    def end(self, error: NotImportable) -> None:
        """Nothing more is given: a batch given before turned out to be damaged. The first damage counts."""
        self._ready.clear()
        self._is_exhausted = True
        if not isinstance(self.ended, NotImportable) or error.offset < self.ended.offset:
            self.ended = error

    def _read_one(self) -> bool:
        if self._is_exhausted:
            return False
        try:
            batch = next(self._batches)
        except StopIteration:
            self._is_exhausted = True
            return False
        except (NotImportable, ObjectGone) as error:
            self._is_exhausted, self.ended = True, error
            return False
        self.records += batch.records + len(batch.rejections)
        self._ready.append(batch)
        self._ready_bytes += size_of(batch)
        return True


def size_of(batch: Batch) -> int:
    """The bytes that a batch keeps in memory until it is settled."""
    return len(batch.body) + sum(len(rejection.content) for rejection in batch.rejections)


def recall(
    source: ChunkSource, control: Control, now_seconds: Callable[[], float], limits: Limits
) -> bytes | None:
    """The record that the ledger names as the control; None where the chunk doesn't hold it (any more)."""
    try:
        batch = next(read_batches(source, control.position, now_seconds, limits))
        lines = batch.lines() if batch.records else []
    except (StopIteration, NotImportable, ObjectGone):
        return None
    line = lines[control.index] if control.index < len(lines) else b""
    return line if digest_of(line) == control.digest else None


def digest_of(line: bytes) -> str:
    """As the ledger names a control: the first 16 hex digits of the SHA-256 of the record's bytes as sent."""
    return hashlib.sha256(line).hexdigest()[:16]
