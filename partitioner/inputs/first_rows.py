"""The first rows of a source, by which its shape is judged before anything is written."""

from collections.abc import Iterable
from itertools import islice

from partitioner.formats import Avro, Parquet
from partitioner.formats.rows import LeftOut
from partitioner.inputs.opener import Opener, laid_out_reads, open_rows
from partitioner.lines import read_blocks, split_lines
from partitioner.read import rows_of_lines
from partitioner.segments import Piece
from partitioner.shape.rows import Row
from partitioner.sources import Source

_FIRST_ROWS = 100


def first_rows_of_text(source: Source, stream: Iterable[bytes]) -> tuple[Row, ...]:
    """Of the inflated bytes; no more of them is read than the first block."""
    block = next(read_blocks(laid_out_reads(stream, source.format)), None)
    if block is None or block.is_over_long:
        return ()
    lines = split_lines(block.data)[:_FIRST_ROWS]
    rows = rows_of_lines(lines, source.format, holds_letters=source.holds_letters)
    return tuple(row for row in rows if isinstance(row, dict))


def first_rows_of_file(source: Source, opener: Opener) -> tuple[Row, ...]:
    """Of a format whose rows are found by number, where it can be read as it is stored."""
    if source.codecs or source.is_stdin:
        return ()
    index, path = opener.row_file(source)
    count = min(_FIRST_ROWS, index.rows)
    if not count:
        return ()
    start, end, skip = index.piece(0, count)
    piece = Piece(
        source.file, path, start, end, 1, count, holds_letters=False, format=source.format, skip=skip
    )
    if isinstance(source.format, Parquet):
        from partitioner.formats.parquet import read_rows  # noqa: PLC0415 (pyarrow takes 0.3 s to import)
    else:
        assert isinstance(source.format, Avro)
        from partitioner.formats.avro import read_rows  # noqa: PLC0415 (the same)
    with open_rows(path) as file:
        rows = [row for batch in read_rows(file, piece, LeftOut()) for row in batch]
    return tuple(row for row in islice(rows, count) if isinstance(row, dict))
