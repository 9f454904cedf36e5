"""What a tracking plan says, as its file has it.

    unknown_events = "keep"              # those not named below: keep, drop or refuse (into _rejected/)
    unknown_properties = "keep"          # the same of properties

    [properties]                         # of every event
    email = "hash"

    [events."Review Submitted"]
    action = "keep"                      # or drop

    [events."Review Submitted".properties]    # of this event alone; wins over those of every event
    text = "truncate=100"

A property is kept, dropped, hashed, or truncated to so many characters (where it is text). `time` and
`$insert_id` are always kept, and need no entry; nor do `distinct_id`, `$user_id` and `$device_id`, which are
kept where no entry says other.
"""

import json
import re
from collections.abc import Iterator
from typing import Literal

import msgspec

KEEP, DROP, HASH, REFUSE = "keep", "drop", "hash", "refuse"
ALWAYS_KEPT = ("time", "$insert_id")
IDENTITY = ("distinct_id", "$user_id", "$device_id")

_TRUNCATE = re.compile(r"truncate=([1-9][0-9]{0,5})")
_BARE = re.compile(r"[A-Za-z0-9_-]+")

Unknown = Literal["keep", "drop", "refuse"]


class EventRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    action: Literal["keep", "drop"] = "keep"
    properties: dict[str, str] = {}


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file. Actions of properties are as they are spelled there."""

    unknown_events: Unknown = "keep"
    unknown_properties: Unknown = "keep"
    properties: dict[str, str] = {}
    events: dict[str, EventRules] = {}

    def entries(self) -> Iterator[str]:
        """All that is named, as keys of TOML, in one order."""
        for name, event in self.events.items():
            yield event_entry(name)
            for each in event.properties:
                yield property_entry(each, name)
        yield from map(property_entry, self.properties)

    @property
    def changes_properties(self) -> bool:
        """Whether anything but whole records may be left out or changed."""
        actions = {action for event in self.events.values() for action in event.properties.values()}
        return self.unknown_properties == DROP or bool((actions | set(self.properties.values())) - {KEEP})


class Plan(msgspec.Struct, frozen=True):
    """`sha256` is the file's. `key_mark` tells keys apart and is none of them; empty without a key."""

    rules: Rules
    sha256: str
    key_mark: str = ""

    def __str__(self) -> str:
        key = f", key {self.key_mark}" if self.key_mark else ""
        return f"a file of SHA-256 {self.sha256[:12]}…{key}"


def is_action(action: str) -> bool:
    return action in {KEEP, DROP, HASH} or _TRUNCATE.fullmatch(action) is not None


def characters_of(action: str) -> int:
    """How many a truncated text has at most; 0 for another action."""
    found = _TRUNCATE.fullmatch(action)
    return int(found[1]) if found else 0


def event_entry(event: str) -> str:
    return f"events.{toml_key(event)}"


def property_entry(name: str, event: str | None = None) -> str:
    above = "" if event is None else f"{event_entry(event)}."
    return f"{above}properties.{toml_key(name)}"


def toml_key(name: str) -> str:
    """https://toml.io/en/v1.0.0 (keys; basic strings, whose escapes are JSON's)."""
    if _BARE.fullmatch(name):
        return name
    return json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")
