"""Reads the rows of a piece, whatever its format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from function.records import Flaw
from function.rules import read_record
from function.state import decode_dead_letter
from partitioner.formats import NDJSON, Avro, Csv, Format, Ndjson, Parquet
from partitioner.formats.marks import text_of
from partitioner.formats.rows import LeftOut, Rows, Unreadable
from partitioner.inputs.opener import open_rows
from partitioner.lines import read_blocks, read_file, split_lines
from partitioner.segments import Piece
from partitioner.shape.rows import Row, decode_row

OVER_LONG = Flaw("", "must be smaller than 1 MB of JSON (of over 16 MB only the beginning is kept)")
_NOT_UTF8 = Flaw("", "string should be valid utf8")
_KEPT_BYTES = 1_000
_WHITE_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Lines:
    """`lines` stand together in their source; `first` is the number of the first, from 1."""

    first: int
    lines: list[bytes]
    is_over_long: bool = False
    """Then it is one line's beginning."""


class Reader:
    """Reads a piece once, in order, a block at a time.

    Then `line` is the number behind the last, `cut_off` what damage has left of that one, and `left_out` what
    none of the rows could say.
    """

    def __init__(self, piece: Piece) -> None:
        self._piece = piece
        self.line = piece.first_line
        self.cut_off = b""
        self.left_out = LeftOut()

    @property
    def has_lines(self) -> bool:
        """Whether rows are lines of JSON."""
        return self._piece.format == NDJSON

    def lines(self) -> Iterator[Lines]:
        """Of a text format. What was a rejected record's letter is that record again."""
        piece = self._piece
        reads = read_file(piece.path, piece.start, piece.end) if piece.start < piece.end else ()
        for block in read_blocks(reads):
            lines = split_lines(block.data)
            if piece.damage and not block.data.endswith(b"\n"):
                self.cut_off = _text_of(lines.pop(), piece.format)
            if block.is_over_long:
                lines = [_text_of(line[:_KEPT_BYTES], piece.format) for line in lines]
            elif piece.holds_letters:
                lines = [_taken_out(line) for line in lines]
            yield Lines(self.line, lines, block.is_over_long)
            self.line += len(lines)

    def rows(self) -> Iterator[Rows]:
        """What is damaged or no JSON object is Unreadable in its row's place."""
        match self._piece.format:
            case Ndjson() | Csv():
                for block in self.lines():
                    yield Rows(block.first, self._rows_of(block))
            case Parquet() | Avro():
                yield from self._numbered()

    def _rows_of(self, block: Lines) -> list[Row | Unreadable | None]:
        if block.is_over_long:
            return [Unreadable(line, OVER_LONG) for line in block.lines]
        return rows_of_lines(block.lines, self._piece.format)

    def _numbered(self) -> Iterator[Rows]:
        # Imported here: pyarrow alone takes 0.3 s and 45 MB, which workers of other formats are spared.
        if isinstance(self._piece.format, Parquet):
            from partitioner.formats.parquet import read_rows  # noqa: PLC0415 (see above)
        else:
            from partitioner.formats.avro import read_rows  # noqa: PLC0415 (see above)
        with open_rows(self._piece.path) as file:
            for rows in read_rows(file, self._piece, self.left_out):
                yield Rows(self.line, rows)
                self.line += len(rows)


def _text_of(line: bytes, form: Format) -> bytes:
    return text_of(line, form) if isinstance(form, Csv) else line


def rows_of_lines(
    lines: Sequence[bytes], form: Format, *, holds_letters: bool = False
) -> list[Row | Unreadable | None]:
    """Of whole lines as the planner lays them out."""
    if isinstance(form, Csv):
        from partitioner.formats.csv_rows import read_rows  # noqa: PLC0415 (pyarrow takes 0.3 s to import)

        return read_rows(lines, form)
    return [_row(_taken_out(line) if holds_letters else line) for line in lines]


def _row(line: bytes) -> Row | Unreadable | None:
    try:
        return decode_row(line)
    except (ValueError, RecursionError):
        line = line.strip(_WHITE_SPACE)
    if not line:
        return None
    record = read_record(line)
    return Unreadable(line, record if isinstance(record, Flaw) else _NOT_UTF8)


def _taken_out(line: bytes) -> bytes:
    """The rejected content; the line itself where it is no letter, or would be more than one line."""
    content = decode_dead_letter(line)
    return line if content is None or b"\n" in content else content
