"""Reads Avro's object container files: the planner their blocks' headers, a worker the blocks of its piece.

Bytes that are no block stand as one row, which is Unreadable, since how many they held isn't known, but where
the end of the file cuts a block off: that says how many it had. A block
that can't be read to its end is lost from the list of MAX_ROWS on in which that shows, so mostly as a whole.
A worker holds a block at a time in memory.
"""

from collections import deque
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO

import fastavro
import numpy as np

from function.records import Flaw
from partitioner.exits import Refused
from partitioner.formats.avro_blocks import Block, Header, NotAvro, read_header, walk
from partitioner.formats.avro_codecs import CODECS, DAMAGES
from partitioner.formats.avro_schema import WrongSchema, ever_left_out, parse_schema
from partitioner.formats.rows import LeftOut, Unreadable
from partitioner.segments import Piece
from partitioner.shape.rows import Row, encode_row

MAX_ROWS = 2_000
_USUAL_JSON_SHARE = 3.0
"""Bytes of JSON to a byte of a block, where none can be read."""
_SAMPLE_ROWS = 500
_DAMAGES: tuple[type[Exception], ...] = (
    *DAMAGES,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    RecursionError,
)
"""What decoding raises for bytes that are not what they should be."""

_Rows = list[Row | Unreadable | None]


class AvroFile:
    """A RowFile by the headers of its blocks, 16 bytes of memory each.

    Of a block, some rows are read, to know how much JSON they are. Raises Refused where the file's header
    can't be read, or says what can't.
    """

    damage = ""

    def __init__(self, file: BinaryIO, name: str) -> None:
        try:
            header = read_header(file)
            schema = parse_schema(header.schema)
        except (NotAvro, WrongSchema) as error:
            raise Refused(f"{name} can't be read: {error}.") from error
        found = ((block.start, block.count) for block in walk(file, header.marker, header.end))
        blocks = np.fromiter(found, dtype=np.dtype("i8,i8"))
        self._starts = np.append(blocks["f0"], file.seek(0, 2))
        self._first_rows = np.concatenate(([0], np.cumsum(blocks["f1"])))
        self._json_share = _json_share(file, header, schema)

    @property
    def rows(self) -> int:
        return int(self._first_rows[-1])

    def bytes_before(self, row: int) -> int:
        return int(np.interp(row, self._first_rows, self._starts))

    def json_bytes(self, start: int, end: int) -> int:
        return int((self.bytes_before(end) - self.bytes_before(start)) * self._json_share)

    def piece(self, start: int, end: int) -> tuple[int, int, int]:
        """Bytes [start, end) of the file, and how many rows of the first block there are to be skipped."""
        first = int(np.searchsorted(self._first_rows, start, side="right")) - 1
        after = int(np.searchsorted(self._first_rows, end, side="left"))
        return int(self._starts[first]), int(self._starts[after]), start - int(self._first_rows[first])


def read_rows(file: BinaryIO, piece: Piece, left_out: LeftOut) -> Iterator[_Rows]:
    """The rows of a piece in order, at most MAX_ROWS in each list."""
    header = read_header(file)
    schema = parse_schema(header.schema)
    skip, left = piece.skip, piece.lines
    for block in walk(file, header.marker, piece.start, piece.end):
        wanted = range(skip, min(block.count, skip + left))
        if wanted:
            yield from _read_block(file, header, schema, block, wanted, left_out)
        skip, left = 0, left - len(wanted)


def _read_block(
    file: BinaryIO, header: Header, schema: Any, block: Block, wanted: range, left_out: LeftOut
) -> Iterator[_Rows]:
    """Lists begin at the same rows for every worker, so that damage costs all of them the same."""
    if block.is_gap:
        message = f"bytes {block.start} to {block.end} are no whole block: they are damaged, or cut off"
        yield from _lost(message, len(wanted))
        return
    rows = _rows_of(file, header, schema, block)
    for at in range(0, wanted.stop, MAX_ROWS):
        end = min(at + MAX_ROWS, block.count)
        first, after = (max(at, min(border, end)) for border in (wanted.start, wanted.stop))
        try:
            _drop(rows, first - at)
            before = ever_left_out.not_finite
            taken: _Rows = list(islice(rows, after - first))
            not_finite = ever_left_out.not_finite - before
            _drop(rows, end - after + (end == block.count))
        except _DAMAGES:
            message = f"the block at byte {block.start} is damaged, from its row {at + 1} on"
            yield from _lost(message, wanted.stop - max(at, wanted.start))
            return
        left_out.not_finite += not_finite
        if taken:
            yield taken


def _rows_of(file: BinaryIO, header: Header, schema: Any, block: Block) -> Iterator[Row]:
    """Raises one of _DAMAGES, and also where bytes are left behind the last row."""
    file.seek(block.data_start)
    data = CODECS[header.codec](file.read(block.data_end - block.data_start))
    stream = BytesIO(data)
    for _ in range(block.count):
        row: Any = fastavro.schemaless_reader(stream, schema, None, handle_unicode_errors="surrogateescape")
        yield row
    if stream.tell() < len(data):
        raise ValueError("bytes are left")


def _drop(rows: Iterator[Row], count: int) -> None:
    deque(islice(rows, count), 0)


def _lost(message: str, count: int) -> Iterator[_Rows]:
    for at in range(0, count, MAX_ROWS):
        yield [Unreadable(b"", Flaw("", message))] * min(MAX_ROWS, count - at)


def _json_share(file: BinaryIO, header: Header, schema: Any) -> float:
    """Bytes of JSON to a byte of the file, by the first rows of the first block that has any."""
    blocks = walk(file, header.marker, header.end)
    block = next((each for each in blocks if each.count and not each.is_gap), None)
    if block is None:
        return _USUAL_JSON_SHARE
    try:
        rows = list(islice(_rows_of(file, header, schema, block), _SAMPLE_ROWS))
        json_bytes = sum(len(encode_row(row)) for row in rows)
    except _DAMAGES:
        return _USUAL_JSON_SHARE
    return json_bytes / len(rows) * block.count / (block.end - block.start)
