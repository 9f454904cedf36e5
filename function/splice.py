"""A record's places: where each property stands, so that one can be changed and every other byte left.

The careful half of reading. It takes what JSON allows and quicker readers don't: integers of any size,
numbers beyond a double, lone surrogates written as escapes. Of a key that stands twice the last one counts,
as for every common reader.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

SPACE = b" \t\r\n"
"""JSON's white space (RFC 8259, 2), which is less than Python's."""

MAX_NESTING = 250
"""Brackets open at once. Far above what Mixpanel takes of objects (3) and far below where readers give up."""

_MAX_INT_DIGITS = 4_300  # Python converts no longer ones, since it takes time quadratic in their length
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_skip_space: Callable[[str, int], Any] = re.compile(r"[ \t\r\n]*").match


class NotJson(ValueError):  # noqa: N818 (the name says what the line is)
    """Not one JSON object in UTF-8 on one line."""


class NotUtf8(NotJson):
    pass


class TooDeep(NotJson):
    pass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a property's value stands in the text: [start, end)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """`places` and `end` (of the last property, before the closing brace) are for properties alone."""

    text: str
    members: dict[str, Any]
    places: dict[str, Place]
    end: int

    @property
    def properties(self) -> dict[str, Any] | None:
        found = self.members.get("properties")
        return found if isinstance(found, dict) else None

    def spliced(self, values: Iterable[tuple[str, str]]) -> bytes:
        """The line with these properties (key, value as JSON) put in place, or behind the last one."""
        edits = []
        added = ""
        for key, value in values:
            place = self.places.get(key)
            if place:
                edits.append((place.start, place.end, value))
            else:
                comma = "," if self.places or added else ""
                added += f'{comma}"{key}":{value}'
        edits.append((self.end, self.end, added))
        text = self.text
        for start, end, value in sorted(edits, reverse=True):
            text = text[:start] + value + text[end:]
        return text.encode()


def parse(line: bytes) -> Parsed:
    """Reads one JSON object without outer white space. Raises NotJson."""
    if nesting(line) > MAX_NESTING:
        raise TooDeep(f"more than {MAX_NESTING} brackets are open at once")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise NotUtf8(f"byte {error.start} is not UTF-8") from error
    if not text.startswith("{") or "\n" in text:
        raise NotJson("not a JSON object on one line")
    members: dict[str, Any] = {}
    places: dict[str, Place] = {}
    end = 0
    try:
        for key, at in (walk := _Walk(text, 0)):
            if key == "properties" and text[at] == "{":
                inner = _Walk(text, at)
                places, properties = {}, {}
                for name, start in inner:
                    properties[name] = inner.value(start)
                    places[name] = Place(start, inner.at)
                end = inner.at - 1
                members[key] = properties
                walk.at = inner.at
            else:
                members[key] = walk.value(at)
    except (ValueError, StopIteration, IndexError) as error:
        raise NotJson(f"malformed JSON: {error}") from error
    if walk.at != len(text):
        raise NotJson("more than one JSON value")
    return Parsed(text, members, places, end)


def nesting(line: bytes) -> int:
    """How many brackets are open at once, at most; an upper bound where the line isn't JSON, or has few."""
    brackets = line.count(b"{") + line.count(b"[")
    if brackets <= MAX_NESTING:
        return brackets
    deepest = depth = 0
    for byte in _STRING.sub(b"", line):
        if byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


class _Walk:
    """Goes over one object's keys, each with its value's place; the caller reads it before going on."""

    def __init__(self, text: str, at: int) -> None:
        self.text, self.at = text, at

    def __iter__(self) -> Iterator[tuple[str, int]]:
        text = self.text
        self._space(self.at + 1)
        if text[self.at] == "}":
            self.at += 1
            return
        while True:
            if text[self.at] != '"':
                raise NotJson(f"a key was due at character {self.at}")
            key = self.value(self.at)
            self._space(self.at)
            if text[self.at] != ":":
                raise NotJson(f"a colon was due at character {self.at}")
            self._space(self.at + 1)
            yield key, self.at
            self._space(self.at)
            if text[self.at] == "}":
                self.at += 1
                return
            if text[self.at] != ",":
                raise NotJson(f"a comma was due at character {self.at}")
            self._space(self.at + 1)

    def value(self, at: int) -> Any:
        found, self.at = _scan(self.text, at)
        return found

    def _space(self, at: int) -> None:
        self.at = _skip_space(self.text, at).end()


def _exact_int(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MAX_INT_DIGITS else Decimal(digits)


def _exact_float(digits: str) -> float | Decimal | str:
    number = float(digits)
    if number not in {float("inf"), float("-inf")}:
        return number
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent of more than 18 digits
        return digits.lower()


def _no_number(name: str) -> NoReturn:
    raise NotJson(f"{name} is no JSON")


_decoder: Any = json.JSONDecoder(  # Any: the stubs leave out scan_once, which the json module itself calls
    parse_int=_exact_int, parse_float=_exact_float, parse_constant=_no_number
)
_scan: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once
