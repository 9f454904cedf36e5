"""The segment that is being cut: takes lines until no more fit."""

from pathlib import Path
from typing import BinaryIO

import msgspec
from isal import isal_zlib

from partitioner.formats import NDJSON, JsonArray
from partitioner.formats.rows import RowFile
from partitioner.lines import Block, count_lines
from partitioner.segments import Limits, Piece, Place, Segment
from partitioner.sources import Source

# The most that mending adds to a line: `"$insert_id":"<32>",` `"ip":0,` `"distinct_id":"",` are 73 bytes. A
# chunk is bounded by its bytes as sent, and a segment is cut before those are known.
ADDED_BYTES = 80


def fit(block: Block, at: int, limits: Limits) -> tuple[int, int]:
    """How far whole lines of the block, from `at` on, fit into the limits, and how many they are."""
    lines = count_lines(block.data, at)
    data_bytes = block.end - block.start if block.is_over_long else len(block.data) - at
    if lines <= limits.lines and data_bytes + lines * ADDED_BYTES <= limits.bytes:
        return len(block.data), lines
    low, high = at, at if block.is_over_long else len(block.data)
    while low < high:
        middle = (low + high + 1) // 2
        ended = block.data.count(b"\n", at, middle)
        if ended <= limits.lines and middle - at + ended * ADDED_BYTES <= limits.bytes:
            low = middle
        else:
            high = middle - 1
    end = block.data.rfind(b"\n", at, low) + 1 or at
    return end, count_lines(block.data, at, end)


class Draft:
    """Segment `number`, empty at first. Without a spool, the bytes of streamed sources go nowhere."""

    def __init__(self, number: int, limits: Limits, spool: Path | None) -> None:
        self.number, self._left = number, limits
        self._spool_path = spool
        self._spool: BinaryIO | None = None
        self._spooled_bytes = self._checksum = 0
        self._pieces: list[Piece] = []
        self._lines = 0

    def take(self, source: Source, block: Block, at: int, line: int) -> tuple[int, int]:
        """Takes the lines of the block, from `at` on, that fit; the first line of a segment always does.

        Returns where it stopped and how many lines it took. `line` is the number of the first.
        """
        end, lines = fit(block, at, self._left)
        if not lines and not self._lines:
            end, lines = block.data.find(b"\n", at) + 1 or len(block.data), 1
        if not lines:
            return at, 0
        data_bytes = block.end - block.start if block.is_over_long else end - at
        self._lines += lines
        self._left = Limits(self._left.lines - lines, self._left.bytes - data_bytes - lines * ADDED_BYTES)
        if source.is_streamed:
            start = self._spooled_bytes
            self._write(block.data[at:end])
            self._add(source, start, self._spooled_bytes, line, lines)
        else:
            start = block.start + at
            self._add(source, start, start + data_bytes, line, lines)
        return end, lines

    def take_rows(self, source: Source, file: RowFile, path: str, row: int) -> int:
        """Takes as many rows of a file, from `row` on, as fit, and returns how many."""
        most = min(file.rows - row, self._left.lines)
        row_bytes = max(1, file.json_bytes(row, row + most) // max(1, most)) + ADDED_BYTES
        taken = min(most, self._left.bytes // row_bytes)
        if taken <= 0:
            if self._lines:
                return 0
            taken = 1
        start, end, skip = file.piece(row, row + taken)
        self._lines += taken
        self._left = Limits(self._left.lines - taken, self._left.bytes - taken * row_bytes)
        self._pieces.append(
            Piece(
                source.file,
                path,
                start,
                end,
                row + 1,
                taken,
                holds_letters=False,
                format=source.format,
                skip=skip,
            )
        )
        return taken

    def add_damage(self, source: Source, line: int, damage: str) -> None:
        """`line` is the one that would have come next."""
        if not self._pieces or self._pieces[-1].file != source.file:
            self._add(source, self._spooled_bytes, self._spooled_bytes, line, 0)
        self._pieces[-1] = msgspec.structs.replace(self._pieces[-1], damage=damage)

    def close(self, after: Place, read_bytes: int) -> Segment:
        spool = ""
        if self._spool:
            self._spool.close()
            spool = self._spool.name
        return Segment(self.number, tuple(self._pieces), after, read_bytes, spool, self._checksum)

    def _add(self, source: Source, start: int, end: int, line: int, lines: int) -> None:
        last = self._pieces[-1] if self._pieces else None
        if last and last.file == source.file:
            self._pieces[-1] = msgspec.structs.replace(last, end=end, lines=last.lines + lines)
            return
        path = str(self._spool_path or "") if source.is_streamed else source.file
        form = NDJSON if isinstance(source.format, JsonArray) else source.format
        self._pieces.append(
            Piece(source.file, path, start, end, line, lines, source.holds_letters, format=form)
        )

    def _write(self, data: bytes) -> None:
        self._checksum = isal_zlib.crc32(data, self._checksum)
        self._spooled_bytes += len(data)
        if self._spool_path is None:
            return
        if self._spool is None:
            self._spool = self._spool_path.open("wb", buffering=0)
        self._spool.write(data)
