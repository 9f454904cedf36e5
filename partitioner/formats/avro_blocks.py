"""The blocks of Avro's object container files, by their headers and markers alone.

https://avro.apache.org/docs/1.12.0/specification/#object-container-files (2026-11)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import fastavro

from partitioner.formats.avro_codecs import CODECS

MAGIC: Final = b"Obj\x01"
MARKER_BYTES: Final = 16
# Two numbers of up to 64 bits, 7 to a byte.
_MAX_HEAD_BYTES: Final = 20
_STEP_BYTES: Final = 1 << 20
# So many compressed rows no writer gets into a byte: a damaged count isn't to be believed.
_MAX_ROWS_A_BYTE: Final = 1_000
# Beyond these it is no head that was cut off from its block, but what looks like one.
_MOST_CUT_OFF_BYTES: Final = 1 << 28
_MOST_CUT_OFF_ROWS: Final = 100_000
_HEADER: Final = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Header",
        "fields": [
            {"name": "magic", "type": {"type": "fixed", "name": "Magic", "size": len(MAGIC)}},
            {"name": "meta", "type": {"type": "map", "values": "bytes"}},
            {"name": "marker", "type": {"type": "fixed", "name": "Marker", "size": MARKER_BYTES}},
        ],
    }
)


class NotAvro(ValueError):  # noqa: N818 (what the file is)
    """Says what it is about the file that can't be read."""


@dataclass(frozen=True, slots=True)
class Header:
    schema: bytes
    codec: str
    marker: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """`count` rows in bytes [start, end) of the file, compressed in [data_start, data_end).

    A gap is what can't be told apart into blocks: no data, and as many rows as the block claims to have that
    the end of the file cuts off, else one, since it isn't known.
    """

    start: int
    end: int
    count: int
    data_start: int = 0
    data_end: int = 0

    @property
    def is_gap(self) -> bool:
        return not self.data_start


def read_header(file: BinaryIO) -> Header:
    """Raises NotAvro."""
    file.seek(0)
    try:
        found = fastavro.schemaless_reader(file, _HEADER, None)
    except (EOFError, ValueError, IndexError, TypeError, OverflowError, MemoryError) as error:
        raise NotAvro("its header is damaged or cut off") from error
    assert isinstance(found, dict)
    if found["magic"] != MAGIC or len(found["marker"]) < MARKER_BYTES:
        raise NotAvro("its header is damaged or cut off")
    meta = found["meta"]
    codec = meta.get("avro.codec", b"null").decode("utf-8", "replace") or "null"
    if codec not in CODECS:
        raise NotAvro(f"its blocks are compressed by {codec!r}; known are {', '.join(CODECS)}")
    return Header(meta.get("avro.schema", b""), codec, found["marker"], file.tell())


def walk(file: BinaryIO, marker: bytes, start: int, end: int | None = None) -> Iterator[Block]:
    """The blocks from byte `start` on, where one begins. Of the data in them nothing is read.

    Behind bytes that are no block it goes on at the next marker.
    """
    size = file.seek(0, 2)
    end = size if end is None else end
    while start < end:
        block = _block_at(file, marker, start, size) or _gap_at(file, marker, start, size)
        yield block
        start = block.end


def _block_at(file: BinaryIO, marker: bytes, start: int, size: int) -> Block | None:
    """A wrong marker is borne where the next block, or the end, is right behind it."""
    block = _claimed_at(file, start, size)
    if block is None or _has_marker(file, marker, block) or block.end == size:
        return block
    following = _claimed_at(file, block.end, size)
    return block if following and _has_marker(file, marker, following) else None


def _gap_at(file: BinaryIO, marker: bytes, start: int, size: int) -> Block:
    end = _behind_marker(file, marker, start, size)
    cut_off = _claimed_at(file, start, start + _MOST_CUT_OFF_BYTES) if end == size else None
    return Block(start, end, min(max(1, cut_off.count), _MOST_CUT_OFF_ROWS) if cut_off else 1)


def _claimed_at(file: BinaryIO, start: int, size: int) -> Block | None:
    """The block that there is if the bytes are a block's head, and end before `size`."""
    file.seek(start)
    head = file.read(_MAX_HEAD_BYTES)
    count, at = _number(head, 0)
    data_bytes, at = _number(head, at)
    end = start + at + data_bytes + MARKER_BYTES
    if not at or data_bytes < 0 or end > size or not 0 <= count <= _MAX_ROWS_A_BYTE * data_bytes:
        return None
    return Block(start, end, count, start + at, start + at + data_bytes)


def _has_marker(file: BinaryIO, marker: bytes, block: Block) -> bool:
    file.seek(block.data_end)
    return file.read(MARKER_BYTES) == marker


def _behind_marker(file: BinaryIO, marker: bytes, start: int, size: int) -> int:
    """Where the next marker ends; the end of the file where there is none."""
    kept = b""
    file.seek(start)
    while data := file.read(_STEP_BYTES):
        at = (kept + data).find(marker)
        if at >= 0:
            return start - len(kept) + at + MARKER_BYTES
        start += len(data)
        kept = (kept + data)[-MARKER_BYTES + 1 :]
    return size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A zigzag number, and where it ends: at 0 where there is none."""
    value = 0
    for index, byte in enumerate(data[at : at + _MAX_HEAD_BYTES // 2]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at + index + 1
    return -1, 0
