"""Reads Parquet: the planner its footer, a worker the row groups of its piece.

A worker reads a row group a few thousand rows at a time, a page of each column at once, so that its memory is
bounded by pages and not by row groups. What stands before a piece in its row group is decoded and dropped, a
tenth of what it would cost to read (0.25 µs of 2.4 for a row of 12 columns): row groups have no index by
which Arrow could pass over them.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from function.records import Flaw
from partitioner.exits import Refused
from partitioner.formats.arrow_values import rows_of
from partitioner.formats.rows import LeftOut, Unreadable
from partitioner.segments import Piece
from partitioner.shape.rows import Row, encode_row

MAX_ROWS = 2_000
_BATCH_BYTES = 8_000_000
"""Of a batch as Arrow holds it; as rows of Python it is about four times as much."""
_LIST_VALUES = 60_000
"""Of a list of rows: a value takes up to 100 bytes there."""
_READ_BYTES = 64 * 1024
_SAMPLE_ROWS = 500
_USUAL_ROW_BYTES = 500
_DAMAGES = (OSError, ValueError, EOFError, NotImplementedError)
"""What Arrow raises for bytes that are not what they should be; ArrowInvalid is a ValueError."""

_Rows = list[Row | Unreadable | None]


class ParquetFile:
    """A RowFile by its footer. The first rows are read too, to know how much JSON they are.

    Once made, it needs the file no more. Raises Refused where the footer can't be read or a column has a type
    that can't become JSON.
    """

    damage = ""

    def __init__(self, file: BinaryIO, name: str) -> None:
        try:
            opened = _open(file)
            columns = opened.schema_arrow.names
        except _DAMAGES as error:
            raise Refused(
                f"{name} can't be read: its footer is damaged or cut off ({_reason(error)})."
            ) from error
        twice = sorted({column for column in columns if columns.count(column) > 1})
        if twice:
            raise Refused(f"{name} can't be read: two of its columns are called {twice[0]!r}.")
        about = opened.metadata
        groups = [about.row_group(index) for index in range(about.num_row_groups)]
        self._first_rows = [0, *accumulate(group.num_rows for group in groups)]
        self._first_bytes = [0, *accumulate(map(_stored_bytes, groups))]
        try:
            self._row_bytes = _row_bytes(opened, groups)
        except NotImplementedError as error:
            raise Refused(f"{name} can't be read: it has {error}.") from error

    @property
    def rows(self) -> int:
        return self._first_rows[-1]

    def bytes_before(self, row: int) -> int:
        group = self._group_of(row)
        first, after = self._first_rows[group : group + 2]
        start, end = self._first_bytes[group : group + 2]
        return start + (end - start) * (row - first) // max(1, after - first)

    def json_bytes(self, start: int, end: int) -> int:
        return int(
            sum(
                self._row_bytes[group] * (min(end, after) - max(start, first))
                for group, (first, after) in enumerate(pairwise(self._first_rows))
                if first < end and start < after
            )
        )

    def piece(self, start: int, end: int) -> tuple[int, int, int]:
        """Row groups [start, end), and how many rows of the first of them are to be skipped."""
        group = self._group_of(start)
        return group, self._group_of(end - 1) + 1, start - self._first_rows[group]

    def _group_of(self, row: int) -> int:
        return max(0, min(bisect_right(self._first_rows, row), len(self._first_rows) - 1) - 1)


def read_rows(file: BinaryIO, piece: Piece, left_out: LeftOut) -> Iterator[_Rows]:
    """The rows of a piece in order, at most MAX_ROWS in each list.

    From a batch that can't be read on, the rest of its row group is lost, each row of it Unreadable.
    """
    opened = _open(file)
    skip, left = piece.skip, piece.lines
    for group in range(piece.start, piece.end):
        taken = min(left, opened.metadata.row_group(group).num_rows - skip)
        yield from _read_group(opened, group, range(skip, skip + taken), left_out)
        skip, left = 0, left - taken


def _read_group(opened: pq.ParquetFile, group: int, wanted: range, left_out: LeftOut) -> Iterator[_Rows]:
    """Batches begin at the same rows for every worker, so that damage costs all of them the same."""
    at, intervals = 0, _intervals(opened)
    batches = opened.iter_batches(_batch_rows(opened, group), [group], use_threads=False)
    reason = "it ends too early"
    while at < wanted.stop:
        try:
            batch = next(batches, None)
        except _DAMAGES as error:
            batch, reason = None, _reason(error)
        if batch is None:
            break
        first, end = max(at, wanted.start), min(at + len(batch), wanted.stop)
        if first < end:
            yield from _converted(batch.slice(first - at, end - first), intervals, left_out)
        at += len(batch)
    lost = wanted.stop - max(at, wanted.start)
    flaw = Flaw("", f"row group {group} is damaged and can't be read from its row {at + 1} on: {reason}")
    while lost > 0:
        yield [Unreadable(b"", flaw)] * min(lost, MAX_ROWS)
        lost -= MAX_ROWS


def _converted(batch: pa.RecordBatch, intervals: frozenset[str], left_out: LeftOut) -> Iterator[_Rows]:
    by_bytes = len(batch) * _BATCH_BYTES // max(1, batch.nbytes)
    step = max(1, min(len(batch), by_bytes, _LIST_VALUES // max(1, batch.num_columns)))
    for at in range(0, len(batch), step):
        yield [*rows_of(batch.slice(at, step), intervals, left_out)]


def _row_bytes(opened: pq.ParquetFile, groups: Sequence[Any]) -> list[float]:
    """Of JSON a row, by row group: of the first as sampled, of the others by their share.

    Raises NotImplementedError for a type that can't become JSON.
    """
    stored = [group.total_byte_size / max(1, group.num_rows) for group in groups]
    first = next((index for index, group in enumerate(groups) if group.num_rows), None)
    if first is None:
        return stored
    try:
        batch = next(opened.iter_batches(_SAMPLE_ROWS, [first], use_threads=False))
        rows = rows_of(batch, _intervals(opened), LeftOut())
        sampled = sum(len(encode_row(row)) for row in rows) / max(1, len(rows))
    except NotImplementedError:
        raise
    except (*_DAMAGES, StopIteration):
        sampled = _USUAL_ROW_BYTES
    return [sampled * each / max(1.0, stored[first]) for each in stored]


def _open(file: BinaryIO) -> pq.ParquetFile:
    return pq.ParquetFile(
        file,
        pre_buffer=False,
        buffer_size=_READ_BYTES,
        # The moments that it may hold reach beyond what nanoseconds can.
        coerce_int96_timestamp_unit="us",
        page_checksum_verification=True,
    )


def _batch_rows(opened: pq.ParquetFile, group: int) -> int:
    about = opened.metadata.row_group(group)
    row_bytes = about.total_byte_size / max(1, about.num_rows)
    return max(1, min(MAX_ROWS, int(_BATCH_BYTES / max(1, row_bytes))))


def _intervals(opened: pq.ParquetFile) -> frozenset[str]:
    """Columns of intervals, which Arrow doesn't tell from other bytes."""
    schema = opened.schema
    columns = (schema.column(index) for index in range(len(schema)))
    return frozenset(column.path for column in columns if column.converted_type == "INTERVAL")


def _stored_bytes(group: Any) -> int:
    return sum(group.column(index).total_compressed_size for index in range(group.num_columns))


def _reason(error: BaseException) -> str:
    """In Arrow's words, of which the first sentence says it."""
    return " ".join(str(error).split()).partition(". ")[0].removesuffix(".")
