"""Reads sources from first to last and cuts them into segments."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from partitioner.draft import Draft
from partitioner.lines import read_blocks, read_file
from partitioner.segments import Limits, Place, Segment
from partitioner.sniff import BOM
from partitioner.sources import Source, Stdin, open_gzip


class _Stream:
    """The inflated bytes of a source, without a byte order mark at their beginning."""

    def __init__(self, source: Source, stdin: Stdin) -> None:
        self._source, self._stdin = source, stdin
        self._gunzip = open_gzip(source, stdin) if source.is_gzip else None
        self._passed_bytes = 0

    @property
    def damage(self) -> str:
        return self._gunzip.damage if self._gunzip else ""

    @property
    def read_bytes(self) -> int:
        return self._gunzip.bytes_read if self._gunzip else self._passed_bytes

    def reads(self, start: int) -> Iterator[bytes]:
        if not self._source.is_streamed:
            yield from self._counted(read_file(self._source.file, start))
            return
        for data in _without_mark(iter(self._gunzip or self._counted(self._stdin.read()))):
            yield data[start:]
            start = max(0, start - len(data))

    def first_offset(self) -> int:
        """Where a plain file's first line begins; the offsets of a stream don't count its mark."""
        has_mark = (
            not self._source.is_streamed and next(read_file(self._source.file, 0, len(BOM)), b"") == BOM
        )
        return len(BOM) if has_mark else 0

    def _counted(self, reads: Iterator[bytes]) -> Iterator[bytes]:
        for data in reads:
            self._passed_bytes += len(data)
            yield data


class Planner:
    """`begin` is asked for each segment, by its number, before it is begun.

    It waits until there is room for one more, and gives the place of its spool, or None where its bytes
    aren't wanted since its chunk is finished.
    """

    def __init__(
        self, sources: Sequence[Source], stdin: Stdin, limits: Limits, begin: Callable[[int], Path | None]
    ) -> None:
        self._sources, self._stdin, self._limits, self._begin = sources, stdin, limits, begin

    def segments(self, start: Place, number: int) -> Iterator[Segment]:
        """From `start` on, where segment `number` begins. Each is yielded as soon as it is cut."""
        draft: Draft | None = None
        read_bytes = told_bytes = 0
        for index, source in enumerate(self._sources[start.source :], start.source):
            stream = _Stream(source, self._stdin)
            offset = start.offset if index == start.source else 0
            line = start.line if index == start.source else 1
            offset = offset or stream.first_offset()
            for block in read_blocks(stream.reads(offset), offset):
                at = 0
                while at < len(block.data):
                    draft = draft or self._open(number)
                    end, lines = draft.take(source, block, at, line)
                    at, line = end, line + lines
                    if at < len(block.data):
                        now_bytes = read_bytes + stream.read_bytes
                        yield draft.close(Place(index, block.start + at, line), now_bytes - told_bytes)
                        draft, number, told_bytes = None, number + 1, now_bytes
            if stream.damage:
                draft = draft or self._open(number)
                draft.add_damage(source, line, stream.damage)
            read_bytes += stream.read_bytes
        if draft:
            yield draft.close(Place(len(self._sources)), read_bytes - told_bytes)

    def _open(self, number: int) -> Draft:
        return Draft(number, self._limits, self._begin(number))


def _without_mark(reads: Iterator[bytes]) -> Iterator[bytes]:
    begin = b""
    for data in reads:
        begin += data
        if len(begin) >= len(BOM):
            break
    yield begin.removeprefix(BOM)
    yield from reads
