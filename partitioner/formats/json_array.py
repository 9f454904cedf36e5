"""Lays out JSON arrays: each element on a line of its own, in bounded memory whatever their size.

White space between an element's tokens stays, but a newline or carriage return there becomes a space (within
strings JSON has none); all other bytes are kept. Commas are taken for white space, so that one too many or
too few costs nothing. Several arrays may follow each other, or stand within another.

What is damaged is one line, with all up to where the next element seems to begin: it is rejected as a row is,
and the array goes on. `damage` is that the last array has no end; an element that is cut off there is a last
line without newline.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from partitioner.formats.begun import Begun, gathered
from partitioner.formats.json_values import Is, Value, value_at
from partitioner.lines import MAX_LINE_BYTES

CUT_OFF = "the JSON array is cut off: its closing bracket is missing"

_ARRAY_OF_OBJECTS = re.compile(rb"\[\s*\{")
_BETWEEN = re.compile(rb"[\s,]*")
_ONE_LINE = bytes.maketrans(b"\n\r", b"  ")
# What is broken must not become whole because a newline within a string is a space.
_BROKEN_LINE = bytes.maketrans(b"\n\r", b"\v\v")
# NUL is in no JSON, and so can stand between elements until their own newlines are gone.
_LINES = bytes.maketrans(b"\n\r\0", b"  \n")

# Between two elements, with the name that the second begins with: it tells them from objects further in.
_BORDER = re.compile(rb'\}\s*,\s*\{\s*(?:"(?:[^"\\]|\\.)*"|\})')
_BORDER_BYTES = 4_096
_ARRAY_BORDER = b"]\n["  # where each line is an array
# Where the next element may begin behind damage, within an array and outside. Those like the first ones are
# looked for first, as far as this:
_ELEMENT = re.compile(rb"(\})(?:\s*,|\s*\][\s,]*\[)\s*(?=\{)")
_ARRAY = re.compile(rb"(\}|(?=\[))(?:\s*,|\[)\s*(?=\{)")
_AHEAD_BYTES = 1_000_000

_BRACKET = re.compile(rb'["\[\]{}]')
_IN_STRING = re.compile(rb'(?:[^"\\]|\\.)*+', re.DOTALL)

_decode_many = msgspec.json.Decoder(list[msgspec.Raw]).decode


class JsonArrayLines:
    """Iterated once. `damage` is known when all is read."""

    def __init__(self, reads: Iterable[bytes]) -> None:
        self._begun = Begun(reads)
        self._depth = 0
        """How many arrays are open."""
        self._first_border = self._border = b""
        self._is_odd = False
        """Whether the elements in sight have to be found one by one."""
        self.damage = ""

    def __iter__(self) -> Iterator[bytes]:
        return gathered(self._rows())

    def _rows(self) -> Iterator[bytes]:
        while self._find_row():
            many = self._many()
            if many:
                yield many
            else:
                yield from self._one()
        if self._depth:
            self.damage = CUT_OFF

    def _find_row(self) -> bool:
        """Goes to where a row begins; False at the end."""
        begun = self._begun
        while True:
            between = _BETWEEN.match(begun.data, begun.at)
            assert between
            begun.at = between.end()
            here = begun.data[begun.at : begun.at + 1]
            if not here:
                if not self._grow():
                    return False
            elif here == b"[" and (not self._depth or self._holds_objects()):
                self._depth, begun.at = self._depth + 1, begun.at + 1
            elif here == b"]" and self._depth:
                self._depth, begun.at = self._depth - 1, begun.at + 1
            else:
                return True

    def _holds_objects(self) -> bool:
        """Whether the array that begins here isn't an element, but holds elements."""
        while self._begun.bytes < _BORDER_BYTES and self._grow():
            pass
        return _ARRAY_OF_OBJECTS.match(self._begun.data, self._begun.at) is not None

    def _grow(self) -> bool:
        self._is_odd = False
        return self._begun.grow()

    def _many(self) -> bytes:
        """The elements up to the array's end or the last border in sight; empty where it is one further in.

        If all up to there is JSON, it is a border: from where an element begins there is but one way to read.
        """
        begun = self._begun
        if self._is_odd or not self._border or not self._depth:
            return b""
        end = begun.data.find(_ARRAY_BORDER, begun.at)
        if end < 0:
            end = begun.data.rfind(self._border, begun.at) + 1
        try:
            elements = _decode_many(b"[%b]" % begun.data[begun.at : end]) if end else []
        except (msgspec.DecodeError, RecursionError):
            elements = []
        lines = b"\0".join([b"", *elements, b""]).translate(_LINES)
        if not elements or b"\n[" in lines:
            self._is_odd = True
            return b""
        begun.at = end
        return lines[1:]

    def _one(self) -> Iterator[bytes]:
        begun = self._begun
        value = self._value()
        if value.end - begun.at > MAX_LINE_BYTES:
            yield from self._over_long()
        elif value.state is Is.BROKEN:
            yield from self._broken(value.end - begun.at)
        elif value.state is Is.WHOLE:
            row = begun.data[begun.at : value.end].rstrip()
            yield row.translate(_ONE_LINE) + b"\n"
            begun.at += len(row)
            self._learn()
        else:
            self.damage = CUT_OFF
            yield begun.data[begun.at :].translate(_ONE_LINE)
            begun.at = len(begun.data)

    def _value(self, ahead: int = 0) -> Value:
        """The value that begins `ahead` bytes further on. One that is begun is over-long, or cut off."""
        begun = self._begun
        while True:
            value = value_at(begun.data, begun.at + ahead, begun.is_last)
            if value.state is not Is.BEGUN or begun.bytes - ahead > MAX_LINE_BYTES or not self._grow():
                return value

    def _learn(self) -> None:
        """What stands between the element that ended here and the next.

        The first border is told by the bytes alone, not by how they are read.
        """
        begun = self._begun
        if not self._first_border and not begun.is_last and begun.bytes < _BORDER_BYTES:
            begun.at -= 1
            self._grow()
            begun.at += 1
        border = _BORDER.match(begun.data, begun.at - 1, begun.at - 1 + _BORDER_BYTES)
        if border:
            self._border = border[0]
            self._first_border = self._first_border or border[0]

    def _broken(self, ahead: int) -> Iterator[bytes]:
        """All up to where a row seems to begin, or to the end; as far as `ahead` it is well formed."""
        begun = self._begun
        while True:
            while begun.bytes - ahead < _AHEAD_BYTES + _BORDER_BYTES and self._grow():
                pass
            found = self._next_row(ahead)
            if found:
                end, begins = found
                yield begun.data[begun.at : begun.at + end].translate(_BROKEN_LINE) + b"\n"
                begun.at += begins
                return
            ahead += _AHEAD_BYTES
            if begun.bytes <= ahead:
                break
            yield begun.data[begun.at : begun.at + ahead].translate(_BROKEN_LINE)
            begun.at, ahead = begun.at + ahead, 0
        rest = begun.data[begun.at :].rstrip()
        begun.at = len(begun.data)
        if self._depth and rest.endswith(b"]"):
            self._depth, rest = self._depth - 1, rest[:-1].rstrip()
        yield rest.translate(_BROKEN_LINE) + (b"" if self._depth else b"\n")

    def _next_row(self, ahead: int) -> tuple[int, int] | None:
        """Where what is broken ends and where a row begins, counted from here."""
        begun = self._begun
        start = begun.at + ahead
        if self._first_border:
            end = start + _AHEAD_BYTES + len(self._first_border)
            at = begun.data.find(self._first_border, start, end)
            if at >= 0:
                self._depth = self._depth or 1
                return at + 1 - begun.at, at + 1 - begun.at
        pattern = _ELEMENT if self._depth else _ARRAY
        last = ahead + _AHEAD_BYTES + _BORDER_BYTES
        while border := pattern.search(begun.data, start, begun.at + last):
            end, begins = border.end(1) - begun.at, border.end() - begun.at
            if self._value(begins).state is not Is.BROKEN:
                self._depth = self._depth or 1
                return end, begins
            start = begun.at + begins
        return None

    def _over_long(self) -> Iterator[bytes]:
        """As much of its beginning as tells that it is over-long; goes to its end by its brackets alone."""
        begun = self._begun
        yield begun.data[begun.at : begun.at + MAX_LINE_BYTES + 1].translate(_ONE_LINE) + b"\n"
        depth = 0
        while True:
            bracket = _BRACKET.search(begun.data, begun.at)
            begun.at = bracket.end() if bracket else len(begun.data)
            if bracket is None:
                if not self._grow():
                    self.damage = CUT_OFF
                    return
                continue
            if bracket[0] == b'"':
                self._skip_string()
            else:
                depth += 1 if bracket[0] in b"[{" else -1
            if depth <= 0:
                return

    def _skip_string(self) -> None:
        begun = self._begun
        while True:
            inside = _IN_STRING.match(begun.data, begun.at)
            assert inside
            begun.at = inside.end()
            if begun.data[begun.at : begun.at + 1] == b'"':
                begun.at += 1
                return
            if not self._grow():
                begun.at = len(begun.data)
                return
