"""The quick half of reading: what can be said of many usual records at once.

A record is usual if msgspec reads it into the types below and it is far from every limit. What isn't usual
isn't wrong: it gets the careful look, which alone decides about flaws. Each test is made on all lines
together first, and only if that fails on single ones, of which as few as can be.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, repeat
from typing import Annotated, Any

import msgspec

from .identity import FORBIDDEN_IDS, MAX_INSERT_ID_BYTES, first_that_says, is_valid_id, text_of
from .rules import (
    EARLIEST_SECONDS,
    MAX_AHEAD_SECONDS,
    MAX_OBJECT_DEPTH,
    MAX_RECORD_BYTES,
    flaw_of_time,
    seconds_of,
)
from .splice import MAX_NESTING

ROOM_BYTES = 120
"""More than all that is ever added to a record."""

_MAX_COMMAS = 250  # then no list and no object comes near 255, three properties added included
_MAX_BRACES = 2 + MAX_OBJECT_DEPTH
# Lines this short have no room for what is counted in longer ones: 255 elements, or 251 brackets open at
# once; without any list, 253 different keys.
_SHORT_BYTES = 500
_SHORT_WITHOUT_LISTS_BYTES = 1_500
_SOME_LINES = 20
_FORBIDDEN_DISTINCT_IDS = FORBIDDEN_IDS | {0, -1}
_NIL_ID = "00000000-0000-0000-0000-000000000000"
_LONGEST_WORD = max(len(word) for word in FORBIDDEN_IDS if word != _NIL_ID)
_ID_BYTES = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

UNSET = msgspec.UNSET


class Properties(msgspec.Struct, gc=False):
    time: int | float
    distinct_id: str | int | msgspec.UnsetType = UNSET
    insert_id: (
        Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_INSERT_ID_BYTES)] | msgspec.UnsetType
    ) = msgspec.field(name="$insert_id", default=UNSET)
    ip: Annotated[str, msgspec.Meta(min_length=1)] | int | msgspec.UnsetType = UNSET
    user_id: Any = msgspec.field(name="$user_id", default=None)
    device_id: Any = msgspec.field(name="$device_id", default=None)

    def identity(self) -> str:
        distinct_id = None if self.distinct_id is UNSET else self.distinct_id
        return text_of(first_that_says(distinct_id, self.user_id, self.device_id))


class Record(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """Nothing beside event and properties: where a line ends in `}}`, the first closes properties."""

    event: str
    properties: Properties


_decode = msgspec.json.Decoder(Record).decode


@dataclass(frozen=True, slots=True)
class Usual:
    """Usual records in columns; `indexes` are their places among the lines they were read from."""

    indexes: Sequence[int]
    lines: Sequence[bytes]
    records: list[Record]
    events: list[str]
    times: list[int | float]
    distinct_ids: list[str | int | msgspec.UnsetType]
    identities: list[str]
    """Each distinct_id as text, or what stands for it."""
    insert_ids: list[str | msgspec.UnsetType]
    lack_ip: list[bool]

    def only(self, chosen: list[bool]) -> "Usual":
        return _in_columns(
            list(compress(self.indexes, chosen)),
            list(compress(self.lines, chosen)),
            list(compress(self.records, chosen)),
        )

    def seconds(self) -> list[int]:
        if set(map(type, self.times)) == {int} and max(self.times) < EARLIEST_SECONDS * 1_000:
            return self.times  # type: ignore[return-value] # all int, as was just seen
        return list(map(seconds_of, self.times))


def read_usual(lines: Sequence[bytes], now_seconds: float) -> Usual:
    """Those of the lines that have no flaw, and nothing to mend but a missing $insert_id or ip."""
    usual = _decoded(lines)
    unusual = {*_unusual_lines(usual.lines), *_unusual_records(usual, now_seconds)}
    if not unusual:
        return usual
    return usual.only([place not in unusual for place in range(len(usual.lines))])


def _decoded(lines: Sequence[bytes]) -> Usual:
    records: list[Record] = []
    skipped: list[int] = []
    ahead = iter(lines)
    while True:
        try:
            records.extend(map(_decode, ahead))  # which keeps what came before an error
        except (ValueError, RecursionError):
            skipped.append(len(records) + len(skipped))
        else:
            break
    indexes: Sequence[int] = range(len(lines))
    if skipped:
        indexes = sorted(set(indexes).difference(skipped))
        lines = [lines[index] for index in indexes]
    return _in_columns(indexes, lines, records)


def _in_columns(indexes: Sequence[int], lines: Sequence[bytes], records: list[Record]) -> Usual:
    every = [record.properties for record in records]
    distinct_ids = [properties.distinct_id for properties in every]
    return Usual(
        indexes,
        lines,
        records,
        [record.event for record in records],
        [properties.time for properties in every],
        distinct_ids,
        _identities(distinct_ids, every),
        [properties.insert_id for properties in every],
        [properties.ip is UNSET for properties in every],
    )


def _identities(distinct_ids: list[str | int | msgspec.UnsetType], every: list[Properties]) -> list[str]:
    if set(map(type, distinct_ids)) == {str} and all(distinct_ids):
        return distinct_ids  # type: ignore[return-value] # all str, as was just seen
    identities: list[Any] = distinct_ids.copy()
    for place, distinct_id in enumerate(distinct_ids):
        if type(distinct_id) is not str or not distinct_id:
            identities[place] = every[place].identity()
    return identities


def _unusual_lines(lines: Sequence[bytes]) -> Iterator[int]:
    """msgspec reads over invalid UTF-8 in what it isn't asked for, and knows none of Mixpanel's limits."""
    together = b" ".join(lines)
    if b"\n" in together:
        yield from (place for place, line in enumerate(lines) if b"\n" in line)
    if not together.isascii() and not _are_utf8(lines):
        yield from (place for place, line in enumerate(lines) if not _are_utf8([line]))
    if _may_nest_deep(lines, together):
        yield from (place for place, line in enumerate(lines) if line.count(b"{") > _MAX_BRACES)
    long = [place for place, line in enumerate(lines) if len(line) > _SHORT_BYTES]
    yield from (place for place in long if _is_near_a_limit(lines[place]))


def _may_nest_deep(lines: Sequence[bytes], together: bytes) -> bool:
    """All together are counted in half the time of each alone, which is in vain where many nest a little."""
    some = lines[:_SOME_LINES]
    if (
        b"".join(some).count(b"{") == 2 * len(some)
        and together.count(b"{") <= 2 * len(lines) + MAX_OBJECT_DEPTH
    ):
        return False
    return max(map(bytes.count, lines, repeat(b"{")), default=0) > _MAX_BRACES


def _is_near_a_limit(line: bytes) -> bool:
    if len(line) <= _SHORT_WITHOUT_LISTS_BYTES and b"[" not in line:
        return False
    return (
        len(line) > MAX_RECORD_BYTES - ROOM_BYTES
        or line.count(b",") > _MAX_COMMAS
        or line.count(b"[") + _MAX_BRACES > MAX_NESTING
    )


def _are_utf8(lines: Sequence[bytes]) -> bool:
    """One by one: all together would be a string of four bytes a character, and memory anew for each."""
    try:
        deque(map(bytes.decode, lines), maxlen=0)
    except UnicodeDecodeError:
        return False
    return True


def _unusual_records(usual: Usual, now_seconds: float) -> Iterator[int]:
    if not all(map(str.strip, set(usual.events))):
        yield from (place for place, event in enumerate(usual.events) if not event.strip())
    if not _are_legal_times(usual.times, now_seconds):
        yield from (place for place, time in enumerate(usual.times) if flaw_of_time(time, now_seconds))
    if not _FORBIDDEN_DISTINCT_IDS.isdisjoint(usual.distinct_ids):
        given = enumerate(usual.distinct_ids)
        yield from (place for place, distinct_id in given if distinct_id in _FORBIDDEN_DISTINCT_IDS)
    if not all(usual.identities):
        pairs = enumerate(zip(usual.identities, usual.distinct_ids, strict=True))
        yield from (place for place, (identity, given) in pairs if not identity and given is UNSET)
    if not _are_valid_ids(usual.insert_ids):
        yield from (
            place
            for place, insert_id in enumerate(usual.insert_ids)
            if insert_id is not UNSET and not is_valid_id(insert_id)
        )


def _are_legal_times(times: list[int | float], now_seconds: float) -> bool:
    earliest, latest = min(times, default=EARLIEST_SECONDS), max(times, default=EARLIEST_SECONDS)
    limit_seconds = now_seconds + MAX_AHEAD_SECONDS
    return any(
        earliest >= EARLIEST_SECONDS * unit and latest <= limit_seconds * unit  # all in seconds, or all in ms
        for unit in (1, 1_000)
    )


def _are_valid_ids(insert_ids: list[str | msgspec.UnsetType]) -> bool:
    """Whether all that are there are valid. Forbidden words are short: most ids are told by their length."""
    given = [insert_id for insert_id in insert_ids if insert_id is not UNSET]
    together = "\n".join(given)
    if together.encode().translate(None, _ID_BYTES) != b"\n" * (len(given) - 1):
        return False
    if min(map(len, given), default=MAX_INSERT_ID_BYTES) > _LONGEST_WORD and _NIL_ID not in together:
        return True
    return FORBIDDEN_IDS.isdisjoint(map(str.lower, given))
