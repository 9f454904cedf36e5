"""Pieces of text become lines, and each line's end a place to go on from."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

from .blocks import Piece
from .errors import NotImportable
from .state import Position


class Lines:
    """The lines from `start` on, a few at a time; between two of them, `position` is where reading can go on.

    `waiting` holds complete lines without their newline, carriage returns kept. What ends them early is kept
    in `damage`: all complete lines before it are given, what it cuts through is not a line.
    """

    def __init__(self, pieces: Iterator[Piece], start: Position, max_line_bytes: int) -> None:
        self.waiting: list[bytes] = []
        self.damage: NotImportable | None = None
        self.ended = False
        self.position = start
        self._pieces, self._max_line_bytes = pieces, max_line_bytes
        self._tail = BytesIO()
        self._tail_bytes = 0
        self._origins: deque[tuple[int, Piece]] = deque()
        self._read_bytes = 0
        self._taken_bytes = 0

    def fill(self, lines: int, text_bytes: int) -> None:
        """Reads until that many lines, or lines of that many bytes, are waiting, or none are left."""
        while not self.ended and len(self.waiting) < lines and self._waiting_bytes() < text_bytes:
            self._pull()

    def take(self, lines: int) -> int:
        """Moves past so many waiting lines; returns how many bytes of text they were."""
        taken_bytes = min(sum(map(len, self.waiting[:lines])) + lines, self._read_bytes - self._taken_bytes)
        del self.waiting[:lines]
        self._taken_bytes += taken_bytes
        # Only what follows tells whether a member, or the object, ends here.
        while self._taken_bytes == self._read_bytes and not self.ended:
            self._pull()
        while len(self._origins) > 1 and self._origins[1][0] <= self._taken_bytes:
            self._origins.popleft()
        self.position = self._place(self._taken_bytes, self.position.line + lines)
        return taken_bytes

    def _waiting_bytes(self) -> int:
        return self._read_bytes - self._taken_bytes - self._tail_bytes

    def _place(self, text_bytes: int, line: int) -> Position:
        for begin, piece in reversed(self._origins):
            if begin <= text_bytes:
                return piece.position(text_bytes - begin, line)
        return replace(self.position, line=line)

    def _pull(self) -> None:
        try:
            piece = next(self._pieces)
        except NotImportable as damage:
            self._end(damage)
            return
        except StopIteration:
            self._end(None)
            return
        *complete, rest = piece.text.split(b"\n")
        # No place lies inside a piece in which no line ends: a long line isn't kept twice. Nor at its start,
        # if that is within a line: of the many tiny gzip members that one may go through none is kept.
        if complete or not self._tail_bytes or not piece.text:
            self._origins.append((self._read_bytes, piece if complete else replace(piece, text=b"")))
        if self._tail_bytes + len(complete[0] if complete else rest) > self._max_line_bytes:
            self._end(self._too_long())
            return
        self._read_bytes += len(piece.text)
        if complete:
            self._tail.write(complete[0])
            # Gives its buffer away without a copy, unlike a join: a long line is in memory once.
            complete[0] = self._tail.getvalue()
            self.waiting += complete
            self._tail, self._tail_bytes = BytesIO(), 0
        self._tail_bytes += self._tail.write(rest)

    def _end(self, damage: NotImportable | None) -> None:
        if self._tail_bytes and damage is None:
            self.waiting.append(self._tail.getvalue())
        self._tail, self._tail_bytes = BytesIO(), 0
        self.ended, self.damage = True, damage

    def _too_long(self) -> NotImportable:
        line = self.position.line + len(self.waiting) + 1
        place = self._place(self._read_bytes - self._tail_bytes, line)
        message = f"line {line:,} is longer than {self._max_line_bytes:,} bytes"
        return NotImportable("line-too-long", message, place.offset)
