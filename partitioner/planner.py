"""Reads sources from first to last and cuts them into segments."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from partitioner.draft import Draft
from partitioner.formats import TEXT, first_row
from partitioner.inputs.opener import Opener
from partitioner.lines import read_blocks
from partitioner.segments import Limits, Place, Segment
from partitioner.sources import Source


class Planner:
    """`begin` is asked for each segment, by its number, before it is begun.

    It waits until there is room for one more, and gives the place of its spool, or None where its bytes
    aren't wanted since its chunk is finished.
    """

    def __init__(
        self, sources: Sequence[Source], opener: Opener, limits: Limits, begin: Callable[[int], Path | None]
    ) -> None:
        self._sources, self._opener, self._limits, self._begin = sources, opener, limits, begin
        self._draft: Draft | None = None
        self._number = 1
        self._read_bytes = self._told_bytes = 0

    def segments(self, start: Place, number: int) -> Iterator[Segment]:
        """From `start` on, where segment `number` begins. Each is yielded as soon as it is cut."""
        self._number = number
        for index, source in enumerate(self._sources[start.source :], start.source):
            place = start if index == start.source else Place(index)
            if isinstance(source.format, TEXT):
                yield from self._of_text(source, place)
            else:
                yield from self._of_rows(source, place)
        if self._draft:
            yield self._close(Place(len(self._sources)), self._read_bytes)

    def _of_text(self, source: Source, place: Place) -> Iterator[Segment]:
        reads = self._opener.lines(source, place.offset)
        line = place.line if place.offset else first_row(source.format)
        for block in read_blocks(reads, reads.start):
            at = 0
            while at < len(block.data):
                end, lines = self._open().take(source, block, at, line)
                at, line = end, line + lines
                if at < len(block.data):
                    after = Place(place.source, block.start + at, line)
                    yield self._close(after, self._read_bytes + reads.bytes_read)
        if reads.damage:
            self._open().add_damage(source, line, reads.damage)
        self._read_bytes += reads.bytes_read

    def _of_rows(self, source: Source, place: Place) -> Iterator[Segment]:
        """A place's offset counts rows here."""
        file, path = self._opener.row_file(source)
        row, told = place.offset, self._read_bytes - file.bytes_before(place.offset)
        while row < file.rows:
            row += self._open().take_rows(source, file, path, row)
            if row < file.rows:
                yield self._close(Place(place.source, row, row + 1), told + file.bytes_before(row))
        if file.damage:
            self._open().add_damage(source, row + 1, file.damage)
        self._read_bytes = told + file.bytes_before(row)

    def _open(self) -> Draft:
        self._draft = self._draft or Draft(self._number, self._limits, self._begin(self._number))
        return self._draft

    def _close(self, after: Place, read_bytes: int) -> Segment:
        segment = self._open().close(after, read_bytes - self._told_bytes)
        self._draft, self._told_bytes, self._number = None, read_bytes, self._number + 1
        return segment
