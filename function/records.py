"""What a record must be, and how one that isn't quite is mended.

`flaw_of` is the truth: every documented rule, each with its source. Where the documents contradict each
other, or say nothing, a record passes and Mixpanel decides. `check` judges many lines at once, mends by
splicing what can be mended, and leaves all other bytes alone. It judges them as sent, additions included.

Sources: https://docs.mixpanel.com/reference/import-events ("import", 2026-08) and the pages it leads to.
Not judged, since the documents don't say what becomes of it: strings over 255 characters (truncated), list
and object properties over 8 KB, times over two years back, numbers beyond a double.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from .identity import FORBIDDEN_IDS, identity_of, is_valid_id, new_insert_id, text_of
from .splice import SPACE, NotJson, NotUtf8, Parsed, TooDeep, parse

MAX_BATCH_RECORDS = 2_000  # import
MAX_BATCH_BYTES = 2_000_000  # older prose and the 413's own example; the newer "10MB" isn't safe to rely on
MAX_RECORD_BYTES = 1_000_000  # import: "smaller than 1MB", which may mean 1,048,576: exactly 1,000,000 passes
MAX_PROPERTIES = 255  # import: "fewer than 255"; data-structure page: "up to 255"
MAX_NESTED_KEYS = 255  # import: "fewer than 255"; data-type page: "max 255"
MAX_ELEMENTS = 254  # import: "fewer than 255"
MAX_OBJECT_DEPTH = 3  # import; lists aren't counted, nor properties itself
EARLIEST_SECONDS = 31_536_000  # 1971-01-01, import
MAX_AHEAD_SECONDS = 3_600  # import and warehouse-connectors: rejected; what comes sooner is set to now

_FORBIDDEN_VALUES: tuple[Any, ...] = (
    0,
    -1,
    True,
    False,
    [],
    {},
)  # the list's, if they aren't meant as strings


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why Mixpanel refuses a record, in its own words where they are known; holds none of its values."""

    field: str
    message: str


class Head(msgspec.Struct, frozen=True, gc=False):
    """What tells records apart, as sent. `distinct_id` is $user_id or $device_id where it says nothing."""

    event: str
    time: int
    """Unix seconds, whichever unit the record has."""
    distinct_id: str
    insert_id: str


@dataclass(frozen=True, slots=True)
class Added:
    """How many records were given what."""

    insert_ids: int = 0
    ips: int = 0
    distinct_ids: int = 0

    def __add__(self, other: "Added") -> "Added":
        return Added(
            self.insert_ids + other.insert_ids,
            self.ips + other.ips,
            self.distinct_ids + other.distinct_ids,
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """`lines` as sent, mended, without newlines; for each its head and its index in the input."""

    lines: list[bytes]
    heads: list[Head]
    indexes: Sequence[int]
    flaws: list[tuple[int, Flaw]]
    added: Added


@dataclass(frozen=True, slots=True)
class Mended:
    line: bytes
    head: Head
    added: Added


def flaw_of(line: bytes, now_seconds: float) -> Flaw | None:
    """The first rule that the record breaks as it stands, or None. Missing ids and ips are no flaw."""
    parsed = _read(line.strip(SPACE))
    if isinstance(parsed, Flaw):
        return parsed
    flaw = _flaw_beside_id(parsed, now_seconds)
    if flaw:
        return flaw
    properties = parsed.properties or {}
    if len(properties) > MAX_PROPERTIES:
        return _TOO_MANY
    insert_id = properties.get("$insert_id")
    return None if _says_nothing(insert_id) or is_valid_id(insert_id) else _ILLEGAL_ID


def mend(line: bytes, now_seconds: float) -> Mended | Flaw:
    """One record without outer white space, the careful way."""
    parsed = _read(line)
    if isinstance(parsed, Flaw):
        return parsed
    flaw = _flaw_beside_id(parsed, now_seconds)
    if flaw:
        return flaw
    properties = parsed.properties
    assert properties is not None
    insert_id = new_insert_id(parsed.members, properties)
    values: list[tuple[str, str]] = []
    if insert_id is not None:
        values.append(("$insert_id", f'"{insert_id}"'))
    if _says_nothing(properties.get("ip")):
        values.append(("ip", "0"))
    if properties.get("distinct_id") is None and identity_of(properties) == "":
        values.append(("distinct_id", '""'))
    if values:
        if len(properties.keys() | {key for key, _ in values}) > MAX_PROPERTIES:
            return _TOO_MANY
        line = parsed.spliced(values)
        if len(line) > MAX_RECORD_BYTES:
            return _TOO_LONG
    elif len(properties) > MAX_PROPERTIES:
        return _TOO_MANY
    keys = [key for key, _ in values]
    head = Head(
        parsed.members["event"],
        _seconds(properties["time"]),
        text_of(identity_of(properties)),
        properties["$insert_id"] if insert_id is None else insert_id,
    )
    return Mended(line, head, Added(keys.count("$insert_id"), keys.count("ip"), keys.count("distinct_id")))


def accepts(batch: bytes, now_seconds: float) -> bool:
    """True only if no line has a flaw (a quick answer; False may be wrong)."""
    return all(flaw_of(line, now_seconds) is None for line in batch.split(b"\n"))


def check(lines: Sequence[bytes], now_seconds: float) -> Checked:
    """Judges and mends. Blank lines (JSON's white space alone) are neither lines nor flaws."""
    good: list[bytes] = []
    heads: list[Head] = []
    indexes: list[int] = []
    flaws: list[tuple[int, Flaw]] = []
    added = Added()
    for index, whole_line in enumerate(lines):
        line = whole_line.strip(SPACE)
        if not line:
            continue
        mended = mend(line, now_seconds)
        if isinstance(mended, Flaw):
            flaws.append((index, mended))
        else:
            good.append(mended.line)
            heads.append(mended.head)
            indexes.append(index)
            added += mended.added
    return Checked(good, heads, indexes, flaws, added)


def with_insert_id(line: bytes, insert_id: str) -> bytes:
    """A valid record with another id in the place of its own."""
    return parse(line).spliced([("$insert_id", f'"{insert_id}"')])


def is_json_object(line: bytes) -> bool:
    """Whether every JSON reader would take the line for an object (so not with a lone surrogate in it)."""
    try:
        line.decode()
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        return False
    return b"\n" not in line


_TOO_LONG = Flaw("", "must be smaller than 1 MB of JSON")
_NOT_JSON = Flaw("", "must be properly formatted JSON, one object a line")
_NOT_UTF8 = Flaw("", "string should be valid utf8")
_TOO_DEEP = Flaw("properties", "'properties' is invalid: max nesting depth is 3")
_TOO_MANY = Flaw("properties", "'properties' is invalid: must have no more than 255 properties")
_NO_PROPERTIES = Flaw("properties", "'properties' must be a JSON object")
_NO_EVENT = Flaw("event", "'event' must not be missing or blank")
_EVENT_TYPE = Flaw("event", "'event' must be a string")
_ILLEGAL_ID = Flaw(
    "properties.$insert_id", "'properties.$insert_id' is invalid: must be 1 to 36 of A-Z a-z 0-9 -"
)
_NO_TIME = Flaw("properties.time", "'properties.time' is invalid: must not be missing")
_TIME_TYPE = Flaw("properties.time", "'properties.time' is invalid: must be specified as seconds since epoch")
_TIME_EARLY = Flaw("properties.time", "'properties.time' is invalid: must not be before 1971-01-01")
_TIME_LATE = Flaw("properties.time", "'properties.time' is invalid: must not be in the future")
_FORBIDDEN = Flaw(
    "properties.distinct_id", "'properties.distinct_id' is invalid: must not be a disallowed value"
)


def _read(line: bytes) -> Parsed | Flaw:
    if len(line) > MAX_RECORD_BYTES:
        return _TOO_LONG
    try:
        return parse(line)
    except NotUtf8:
        return _NOT_UTF8
    except TooDeep:
        return _TOO_DEEP
    except NotJson:
        return _NOT_JSON


def _flaw_beside_id(parsed: Parsed, now_seconds: float) -> Flaw | None:
    event = parsed.members.get("event")
    if event is None:
        return _NO_EVENT
    if not isinstance(event, str):
        return _EVENT_TYPE
    if not event.strip():
        return _NO_EVENT
    properties = parsed.properties
    if properties is None:
        return _NO_PROPERTIES
    distinct_id = properties.get("distinct_id")
    if distinct_id in FORBIDDEN_IDS if isinstance(distinct_id, str) else distinct_id in _FORBIDDEN_VALUES:
        return _FORBIDDEN
    return _flaw_of_time(properties.get("time"), now_seconds) or next(_nested_flaws(properties), None)


def _flaw_of_time(time: Any, now_seconds: float) -> Flaw | None:
    """Seconds or milliseconds, told apart by what the two limits leave: no time is legal as both."""
    if time is None:
        return _NO_TIME
    if isinstance(time, bool) or not isinstance(time, int | float):
        return _TIME_TYPE
    if time < EARLIEST_SECONDS:
        return _TIME_EARLY
    latest = now_seconds + MAX_AHEAD_SECONDS
    if time <= latest or EARLIEST_SECONDS * 1_000 <= time <= latest * 1_000:
        return None
    return _TIME_LATE


def _nested_flaws(properties: dict[str, Any]) -> Iterator[Flaw]:
    for name, value in properties.items():
        todo: list[tuple[Any, int]] = [(value, 1)] if isinstance(value, dict | list) else []
        while todo:
            nested, depth = todo.pop()
            is_list = isinstance(nested, list)
            if is_list and len(nested) > MAX_ELEMENTS:
                yield Flaw(f"properties.{name}", "array must have fewer than 255 elements")
            elif not is_list and len(nested) > MAX_NESTED_KEYS:
                yield Flaw(f"properties.{name}", "nested object must have no more than 255 keys")
            elif not is_list and depth > MAX_OBJECT_DEPTH:
                yield Flaw(f"properties.{name}", "max nesting depth is 3")
            inner: Any = nested if is_list else nested.values()
            deeper = depth if is_list else depth + 1
            todo.extend((each, deeper) for each in inner if isinstance(each, dict | list))


def _says_nothing(value: Any) -> bool:
    return value is None or value == ""


def _seconds(time: float) -> int:
    return int(time // 1_000 if time >= EARLIEST_SECONDS * 1_000 else time)
