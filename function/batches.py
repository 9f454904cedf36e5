"""A chunk as batches, each a body that is ready to be posted, from any place where a batch ended."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile

import google_crc32c
from isal import igzip_lib

from .blocks import Blocks, Limits, Source, read_plain
from .errors import NotImportable
from .foreign import SPACE, UTF8_BOM, refuse_foreign
from .inflate import read_members
from .members import MAGIC, GzipError, Header, inflate_body, json_bytes_of, plain_body, read_ready_member
from .ndjson import Lines
from .records import MAX_RECORD_BYTES, Added, Checked, Flaw, Heads, check, flaw_of
from .state import Position

__all__ = ["Batch", "Limits", "Rejection", "Source", "read_batches"]

_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line that our own rules refuse: its number in the (inflated) chunk from 1, and its bytes."""

    line: int
    flaw: Flaw
    content: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What lies between two places of a chunk: records to post, and lines that can't be.

    `body` is gzip, empty where no record is to be sent; `line_numbers` has a number for each record in it.
    """

    start: Position
    end: Position
    body: bytes
    records: int
    json_bytes: int
    line_numbers: Sequence[int]
    rejections: tuple[Rejection, ...] = ()

    def lines(self) -> list[bytes]:
        """The records as sent.

        Raises:
            NotImportable: a send-ready member that was damaged before it was uploaded, its count included.
        """
        if not self.body:
            return []
        message = f"the gzip member at byte {self.start.offset:,} is damaged"
        try:
            *lines, rest = inflate_body(self.body).split(b"\n")
        except GzipError as error:
            raise NotImportable("damaged-gzip", message, self.start.offset) from error
        if rest or len(lines) != self.records:
            raise NotImportable("damaged-gzip", message, self.start.offset)
        return lines


def read_batches(
    source: Source,
    start: Position,
    clock_seconds: Callable[[], float] = time.time,
    limits: Limits = _LIMITS,
) -> Iterator[Batch]:
    """The batches from `start` on, in order, each made when it is asked for and yielded once.

    `start` is the start or the end of a batch yielded before; each batch starts where the one before ended,
    and the last ends at (size, 0) with the checksum of the whole object. A batch depends on nothing but what
    follows its start (and the time, for records that lie ahead of it). Only the count of text without any
    record begins anew at `start`.

    Raises:
        NotImportable: what follows the last batch can't be imported; first of all where nothing can.
        ObjectGone, StorageUnavailable: from the source, at once. The iterator is of no use then.
    """
    blocks = Blocks(source, limits)
    # Which of both it is, only the object's first bytes say: they need a request of their own further on.
    head = source.read(0, len(MAGIC)) if start.offset else blocks.exactly(0, len(MAGIC))
    is_gzip = head == MAGIC
    read_pieces = read_members if is_gzip else read_plain
    if start == Position():
        refuse_foreign(read_pieces(blocks, start), source.size, limits)
    position = start
    while position.offset < source.size:
        ready = read_ready_member(blocks, position.offset) if is_gzip and not position.inflated else None
        if ready:
            batch = _ready_batch(*ready, position)
            position = batch.end
            yield batch
        else:
            lines = Lines(read_pieces(blocks, position), position, limits.line_bytes)
            position = yield from _Cutter(lines, clock_seconds, limits).batches()


def _ready_batch(header: Header, member: bytes, start: Position) -> Batch:
    line = start.line + header.records
    crc32c = google_crc32c.extend(start.crc32c, member)
    end = Position(start.offset + len(member), 0, line, crc32c)
    line_numbers = range(start.line + 1, line + 1)
    return Batch(start, end, plain_body(member), header.records, json_bytes_of(member), line_numbers)


class _Cutter:
    """Cuts lines into batches; holds nothing of a batch that it has given."""

    def __init__(self, lines: Lines, clock_seconds: Callable[[], float], limits: Limits) -> None:
        self._lines, self._clock_seconds, self._limits = lines, clock_seconds, limits
        self._barren_bytes = 0

    def batches(self) -> Generator[Batch, None, Position]:
        """Returns the place behind the last line, at which something other than lines may follow."""
        lines = self._lines
        lines.fill(self._limits.batch_records, self._limits.batch_bytes)
        while lines.waiting:
            yield self._cut()
            if self._barren_bytes >= self._limits.barren_bytes:
                raise _barren(self._barren_bytes, lines.position)
            lines.fill(self._limits.batch_records, self._limits.batch_bytes)
        before = lines.position
        lines.take(0)
        if lines.damage:
            raise lines.damage
        if lines.position != before:
            yield Batch(before, lines.position, b"", 0, 0, ())
        return lines.position

    def _cut(self) -> Batch:
        start = self._lines.position
        given = self._gathered()
        checked = _check(given, self._clock_seconds())
        count, sent = len(given), checked.lines
        json_bytes = sum(map(len, sent)) + len(sent)
        if json_bytes > self._limits.batch_bytes:
            # What mending has made too much is left for the next batch.
            fitting = self._fitting(sent)
            count, sent = checked.indexes[fitting], sent[:fitting]
            json_bytes = sum(map(len, sent)) + len(sent)
        rejections = tuple(
            Rejection(start.line + index + 1, flaw, given[index].removesuffix(b"\r"))
            for index, flaw in checked.flaws
            if index < count
        )
        text_bytes = self._lines.take(count)
        self._barren_bytes = 0 if sent else self._barren_bytes + text_bytes
        line_numbers = _line_numbers(checked.indexes[: len(sent)], start.line + 1)
        end = self._lines.position
        return Batch(start, end, _body(sent), len(sent), json_bytes, line_numbers, rejections)

    def _gathered(self) -> list[bytes]:
        """As many waiting lines as fit a batch as they stand; one that is too long for any stands alone."""
        given = self._lines.waiting[: self._limits.batch_records]
        if sum(map(len, given)) + len(given) > self._limits.batch_bytes:
            del given[max(1, self._fitting(given)) :]
        if self._lines.position.line == 0:
            given[0] = given[0].removeprefix(UTF8_BOM)
        return given

    def _fitting(self, lines: list[bytes]) -> int:
        sizes = accumulate(len(line) + 1 for line in lines)
        return sum(1 for _ in takewhile(self._limits.batch_bytes.__ge__, sizes))


def _check(lines: list[bytes], now_seconds: float) -> Checked:
    """As `check`, without decoding what is of no use: it may take many times its bytes of memory."""
    if not any(lines):
        return Checked([], Heads(), [], [], Added())
    if len(lines[0]) > MAX_RECORD_BYTES and len(lines) == 1:
        line = lines[0].strip(SPACE)
        if len(line) > MAX_RECORD_BYTES:
            flaw = flaw_of(line, now_seconds)
            assert flaw
            return Checked([], Heads(), [], [(0, flaw)], Added())
    return check(lines, now_seconds)


def _body(lines: list[bytes]) -> bytes:
    if not lines:
        return b""
    body: bytes = igzip_lib.compress(b"\n".join((*lines, b"")), level=1, flag=igzip_lib.COMP_GZIP)
    return body


def _line_numbers(indexes: Sequence[int], first: int) -> Sequence[int]:
    if isinstance(indexes, range):
        return range(indexes.start + first, indexes.stop + first)
    return [index + first for index in indexes]


def _barren(text_bytes: int, position: Position) -> NotImportable:
    message = f"{text_bytes:,} bytes in a row, up to line {position.line:,}, hold no record"
    return NotImportable("no-record", message, position.offset)
