"""Where a JSON value ends that stands among other bytes."""

import re
from enum import Enum
from typing import NamedTuple

import msgspec

# msgspec says where a value ended only in words. The version is pinned, and tests hold the words.
_FOLLOWED = re.compile(r"trailing characters \(byte (\d+)\)")
_MALFORMED = re.compile(r"\(byte (\d+)\)")
_TRUNCATED = "truncated"

# A number or a word that the bytes end in may still become one: `1.` isn't malformed where `5` comes next.
_UNDECIDED_BYTES = 16

_decode = msgspec.json.Decoder(msgspec.Raw).decode


class Is(Enum):
    WHOLE = "whole"
    BEGUN = "begun"
    """As far as the bytes go, it is well formed."""
    BROKEN = "broken"


class Value(NamedTuple):
    """`end` is where a whole value ends, or where a broken one stops to be JSON."""

    state: Is
    end: int


def value_at(data: bytes, at: int, is_last: bool) -> Value:
    """Of the value that begins at `at`. Unless `is_last`, more bytes may come behind `data`."""
    try:
        _decode(memoryview(data)[at:])
    except msgspec.DecodeError as error:
        return _told(str(error), data, at, is_last)
    except RecursionError:
        return Value(Is.BROKEN, at)
    return Value(Is.WHOLE if is_last else Is.BEGUN, len(data))


def _told(message: str, data: bytes, at: int, is_last: bool) -> Value:
    if followed := _FOLLOWED.search(message):
        return Value(Is.WHOLE, at + int(followed[1]) - 1)
    malformed = _MALFORMED.search(message)
    if malformed is None:
        assert _TRUNCATED in message, message
        return Value(Is.BEGUN, len(data))
    end = at + int(malformed[1])
    if not is_last and end + _UNDECIDED_BYTES > len(data):
        return Value(Is.BEGUN, len(data))
    return Value(Is.BROKEN, end)
