"""Ranged reads of one pinned object, a block at a time, and the pieces of text that come of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import google_crc32c

from .errors import StorageUnavailable
from .records import MAX_BATCH_BYTES, MAX_BATCH_RECORDS
from .state import Position


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds a batch, and the memory of its reader. Others than these are for tests."""

    block_bytes: int = 4 * 1024 * 1024
    """Of one read: a request takes some 50 ms whatever its size, and all chunks at work share 512 MB."""
    piece_bytes: int = 256 * 1024
    """Of text made into lines: in lines of two bytes a piece takes 5 MB of Python objects, a block 80."""
    line_bytes: int = 16_000_000
    """A longer line can't be kept, not even as a rejected one."""
    barren_bytes: int = 64_000_000
    """So much text in a row without a record is a gzip bomb, or nothing that anyone wants to import."""
    batch_records: int = MAX_BATCH_RECORDS
    batch_bytes: int = MAX_BATCH_BYTES


class Source(Protocol):
    """One generation of one object; its `size` bytes never change."""

    @property
    def size(self) -> int: ...

    def read(self, start: int, end: int) -> bytes:
        """The bytes [start, end), fewer only at the object's end.

        Raises:
            ObjectGone: this generation is no more.
            StorageUnavailable: the bucket didn't answer (transient).
        """
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of a chunk, and where it begins: `offset` and `inflated` as in Position.

    `crc32c` is the checksum of the object's bytes before `offset`. Where the text is not `plain`, `offset` is
    that of its gzip member.
    """

    text: bytes
    offset: int
    inflated: int
    crc32c: int
    plain: bool

    def position(self, at: int, line: int) -> Position:
        """The place before byte `at` of the text."""
        if not self.plain:
            return Position(self.offset, self.inflated + at, line, self.crc32c)
        return Position(self.offset + at, 0, line, google_crc32c.extend(self.crc32c, self.text[:at]))


class Blocks:
    """Holds the one block that was read last, so that what is read twice in a row is fetched once."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self.size, self.limits = source.size, limits
        self._source = source
        self._start, self._data = 0, b""

    def take(self, start: int, max_bytes: int) -> bytes:
        """Up to `max_bytes` from `start` on, as the block has them; empty only at the object's end."""
        if not self._start <= start < self._start + len(self._data):
            self._fetch(start, start + 1)
        at = start - self._start
        return self._data[at : at + max_bytes]

    def exactly(self, start: int, end: int) -> bytes:
        """The bytes [start, end), fewer only at the object's end; may be more than a block holds."""
        end = min(end, self.size)
        if start < self._start or end > self._start + len(self._data):
            self._fetch(start, end)
        return self._data[start - self._start : end - self._start]

    def _fetch(self, start: int, at_least_to: int) -> None:
        """Reads even what the block at hand holds of it: never two blocks and a copy in memory."""
        end = min(max(at_least_to, start + self.limits.block_bytes), self.size)
        self._start, self._data = start, b""
        if start >= end:
            return
        data = self._source.read(start, end)
        if len(data) != end - start:
            raise StorageUnavailable(f"bytes {start} to {end} were asked for, {len(data)} came")
        self._data = data


def read_plain(blocks: Blocks, start: Position) -> Iterator[Piece]:
    """Text from `start` to the object's end; an empty piece says where that is."""
    offset, crc32c = start.offset, start.crc32c
    while text := blocks.take(offset, blocks.limits.piece_bytes):
        yield Piece(text, offset, 0, crc32c, plain=True)
        offset, crc32c = offset + len(text), google_crc32c.extend(crc32c, text)
    yield Piece(b"", offset, 0, crc32c, plain=True)
