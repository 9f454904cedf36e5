"""What Mixpanel documents about a record: each rule once, with its source.

Where the documents contradict each other, or say nothing, a record passes and Mixpanel decides.

Sources, as of 2026-08, named in short below:
import     https://docs.mixpanel.com/reference/import-events
openapi    the same page's definition of POST /import
events     https://docs.mixpanel.com/docs/data-structure/events-and-properties
types      https://docs.mixpanel.com/docs/data-structure/property-reference/data-type
warehouse  https://docs.mixpanel.com/docs/tracking-methods/warehouse-connectors

Not judged, since no document says that it is refused: strings and names over 255 characters (truncated), list
and object properties over 8 KB, a fraction in a time, keys that stand twice, numbers beyond a double.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .identity import FORBIDDEN_IDS, text_of
from .splice import NotJson, NotUtf8, TooDeep, read_object, without_surrogates

MAX_RECORD_BYTES = 1_000_000  # import: "smaller than 1MB", which may mean 1,048,576: exactly 1,000,000 passes
MAX_PROPERTIES = 255  # import: "fewer than 255"; events: "up to 255"
MAX_NESTED_KEYS = 255  # import: "fewer than 255"; types: "max 255"
MAX_ELEMENTS = 254  # import: "fewer than 255"
MAX_OBJECT_DEPTH = 3  # import and types; lists aren't counted, nor properties itself
EARLIEST_SECONDS = 31_536_000  # 1971-01-01; import
MAX_AHEAD_SECONDS = 3_600  # import and warehouse; what is ahead by less is set to the time of its arrival

_MAX_NAME_CHARACTERS = 255  # import: longer names are truncated


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why Mixpanel refuses a record, in its own words where they are known; holds none of its values."""

    field: str
    message: str


TOO_LONG = Flaw("", "must be smaller than 1 MB of JSON")
TOO_MANY = Flaw("properties", "'properties' is invalid: must be no more than 255")
ILLEGAL_ID = Flaw(
    "properties.$insert_id",
    "'properties.$insert_id' is invalid: must be at most 36 of a-z, A-Z, 0-9 and -, and no placeholder",
)

_NOT_JSON = Flaw("", "must be properly formatted JSON: one object on one line")
_NOT_UTF8 = Flaw("", "string should be valid utf8")
_TOO_DEEP = Flaw("", "max nesting depth is 3")
_NO_EVENT = Flaw("event", "'event' must not be missing or blank")
_EVENT_TYPE = Flaw("event", "'event' must be a string")
_NO_PROPERTIES = Flaw("properties", "'properties' must be a JSON object")
_FORBIDDEN = Flaw("properties.distinct_id", "'properties.distinct_id' is invalid: must not be a placeholder")
_NO_TIME = Flaw("properties.time", "'properties.time' is invalid: must not be missing")
_TIME_TYPE = Flaw("properties.time", "'properties.time' is invalid: must be specified as seconds since epoch")
_TIME_EARLY = Flaw("properties.time", "'properties.time' is invalid: must not be before 1971-01-01")
_TIME_LATE = Flaw("properties.time", "'properties.time' is invalid: must not be in the future")


def read_record(line: bytes) -> dict[str, Any] | Flaw:
    """One line without outer white space as a JSON object. Import: "properly formatted JSON"."""
    if len(line) > MAX_RECORD_BYTES:
        return TOO_LONG
    try:
        return read_object(line)
    except NotUtf8:
        return _NOT_UTF8
    except TooDeep:
        return _TOO_DEEP
    except NotJson:
        return _NOT_JSON


def flaw_beside_id(record: dict[str, Any], now_seconds: float) -> Flaw | None:
    """The first rule broken, but for those that adding or replacing something can break or mend.

    Import requires event, time, distinct_id and $insert_id; of the last two the documents also say what
    happens without them, so that only event and time are missed here. Openapi: event is a string, properties
    an object.
    """
    event = record.get("event")
    if event is not None and not isinstance(event, str):
        return _EVENT_TYPE
    if event is None or not event.strip():
        return _NO_EVENT
    properties = record.get("properties")
    if not isinstance(properties, dict):
        return _NO_PROPERTIES
    if _is_forbidden(properties.get("distinct_id")):
        return _FORBIDDEN
    return flaw_of_time(properties.get("time"), now_seconds) or next(_nested_flaws(properties), None)


def flaw_of_time(time: Any, now_seconds: float) -> Flaw | None:
    """Import: seconds or milliseconds, since 1971-01-01, at most an hour ahead. Openapi: an integer.

    No number is a legal time in both units before the year 2970, so that the limits alone tell them apart.
    """
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


def seconds_of(time: float) -> int:
    """A legal time, whichever unit it is in, as whole Unix seconds."""
    return int(time // 1_000 if time >= EARLIEST_SECONDS * 1_000 else time)


def _is_forbidden(distinct_id: Any) -> bool:
    """Import: "we disallow the following values", as text or JSON. Null means absence, and passes."""
    return text_of(distinct_id) in FORBIDDEN_IDS


def _nested_flaws(properties: dict[str, Any]) -> Iterator[Flaw]:
    for name, value in properties.items():
        todo: list[tuple[Any, int]] = [(value, 1)] if isinstance(value, dict | list) else []
        while todo:
            nested, depth = todo.pop()
            is_list = isinstance(nested, list)
            if is_list and len(nested) > MAX_ELEMENTS:
                yield _nested_flaw(name, "must have fewer than 255 elements")
            elif not is_list and len(nested) > MAX_NESTED_KEYS:
                yield _nested_flaw(name, "must have fewer than 255 keys")
            elif not is_list and depth > MAX_OBJECT_DEPTH:
                yield _nested_flaw(name, "max nesting depth is 3")
            inner: Any = nested if is_list else nested.values()
            deeper = depth if is_list else depth + 1
            todo.extend((each, deeper) for each in inner if isinstance(each, dict | list))


def _nested_flaw(name: str, message: str) -> Flaw:
    return Flaw(f"properties.{without_surrogates(name[:_MAX_NAME_CHARACTERS])}", message)
