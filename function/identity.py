"""`$insert_id`: which values Mixpanel takes, and what a record without one gets.

An id is a hash of what the record says, not of how it is written, so that neither the order of its keys nor
white space, nor which of our two readers read it, makes it another record.
"""

import json
import re
from hashlib import sha256
from typing import Any

import msgspec

MAX_INSERT_ID_BYTES = 36

FORBIDDEN_IDS = frozenset(
    {
        "00000000-0000-0000-0000-000000000000",
        *("anon", "anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown", "<nil>"),
        *("0", "-1", "true", "false", "[]", "{}"),
    }
)
"""For distinct_id and $insert_id alike: https://docs.mixpanel.com/reference/import-events (2026-08)."""

_is_legal = re.compile(rf"[A-Za-z0-9-]{{1,{MAX_INSERT_ID_BYTES}}}").fullmatch
_encode = msgspec.json.Encoder(order="sorted", decimal_format="number").encode


def is_valid_id(insert_id: object) -> bool:
    """A string Mixpanel takes; forbidden words in any case, as Mixpanel's own importer judges them."""
    return (
        isinstance(insert_id, str)
        and _is_legal(insert_id) is not None
        and insert_id.lower() not in FORBIDDEN_IDS
    )


def content_id(content: Any) -> str:
    """32 hex digits of a hash of the content in canonical form."""
    return sha256(_canonical(content)).hexdigest()[:32]


def text_of(value: Any) -> str:
    """A value as the text that Mixpanel would make an id of."""
    if isinstance(value, str):
        return value
    return "" if value is None else _canonical(value).decode()


def _canonical(content: Any) -> bytes:
    """JSON without white space, its keys sorted."""
    try:
        return _encode(content)
    except UnicodeEncodeError:  # a lone surrogate, which UTF-8 can't hold and JSON's escapes can
        return json.dumps(content, sort_keys=True, separators=(",", ":"), default=str).encode()


def says_nothing(value: Any) -> bool:
    return value is None or value == ""


def first_that_says(*values: Any) -> Any:
    """The first that is neither null nor empty, or an empty string."""
    for value in values:
        if not says_nothing(value):
            return value
    return ""


def identity_of(properties: dict[str, Any]) -> Any:
    """Whose record it is: where distinct_id says nothing, Mixpanel takes $user_id, then $device_id."""
    return first_that_says(*map(properties.get, ("distinct_id", "$user_id", "$device_id")))


def new_insert_id(record: dict[str, Any]) -> str | None:
    """What the record's id becomes, or None if it has a valid one, which is never touched.

    An integer becomes its text. No id, or a forbidden one, becomes a hash of the content. Any other is hashed
    with event, identity and time: it may be a sender's (59 bytes of Segment's), or junk like `1.23E+17` that
    many records share.
    """
    properties = record["properties"]
    found = properties.get("$insert_id")
    if is_valid_id(found):
        return None
    text = text_of(found)
    if isinstance(found, int) and is_valid_id(text):
        return text
    if not text or text.lower() in FORBIDDEN_IDS:
        others = {key: value for key, value in properties.items() if key != "$insert_id"}
        return content_id({**record, "properties": others})
    return content_id([text, record["event"], identity_of(properties), properties["time"]])
