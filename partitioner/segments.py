"""A segment is a record-exact piece of an export, to be made into one chunk by one worker.

Its borders come from counting lines and bytes of the input, neither from which lines are records nor from who
is at work, so the same input always gives the same segments.
"""

import msgspec

from partitioner.formats import NDJSON, Format


class Place(msgspec.Struct, frozen=True):
    """Where a segment begins: a byte of the (inflated) source, and the number of its line there, from 1."""

    source: int = 0
    offset: int = 0
    line: int = 1


class Piece(msgspec.Struct, frozen=True):
    """Rows of one source: of text, bytes [start, end) of the file at `path`, which is the source itself or a
    spool; of other formats, what their RowFile says.

    `damage` says what is wrong with the source right behind them; a last line without newline is cut off.
    `first_line` and `lines` count rows where a row isn't a line.
    """

    file: str
    path: str
    start: int
    end: int
    first_line: int
    lines: int
    holds_letters: bool
    damage: str = ""
    format: Format = NDJSON
    skip: int = 0
    """How many rows from `start` on belong to the piece before."""


class Segment(msgspec.Struct, frozen=True):
    """`after` is where the next one begins. `checksum` is of the bytes that came through the spool."""

    number: int
    pieces: tuple[Piece, ...]
    after: Place
    read_bytes: int
    """Of the export, as its files are."""
    spool: str = ""
    checksum: int = 0


class Limits(msgspec.Struct, frozen=True):
    lines: int
    bytes: int
