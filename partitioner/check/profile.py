"""What is known of an export, or of a part of it, as a worker tells it: summed up it stays as small.

Bounded whatever the input: so many names of events, of properties, and of pairs of both are told apart; the
rest is counted together. Names are told apart by their first 255 characters, which is what Mixpanel keeps.
"""

from typing import Any

import msgspec

from partitioner.jobs import Damage, Reason

MAX_EVENTS = 5_000
"""Also what Mixpanel shows at most: https://docs.mixpanel.com/reference/import-events (2026-08)."""
MAX_PROPERTIES = 5_000
MAX_PAIRS = 50_000
MAX_NAME_CHARACTERS = 255
MAX_EXAMPLES = 3


class EventProfile(msgspec.Struct):
    """`properties` says how many of the records have each."""

    records: int = 0
    properties: dict[str, int] = {}


class PropertyProfile(msgspec.Struct):
    """Values of one property, over all events. `empty` are null and "", which `types` leaves out."""

    values: int = 0
    empty: int = 0
    types: dict[str, int] = {}
    distinct: bytes = b""
    """A HyperLogLog sketch; empty without values."""
    longest: int = 0
    """Characters of a text."""
    over_long: int = 0
    """Texts that Mixpanel truncates."""
    largest: int = 0
    """Bytes of JSON of a list or an object."""
    over_large: int = 0
    worded: int = 0
    """Texts of several words."""
    personal: dict[str, int] = {}
    """How many values hold what."""
    examples: list[Any] = []

    @property
    def said(self) -> int:
        return self.values - self.empty


class Profile(msgspec.Struct):
    """`rows` are those that were read, `records` those that Mixpanel would take, `rejected` the others.

    `busy` is a sketch of frequent (day, distinct_id).
    """

    rows: int = 0
    json_bytes: int = 0
    records: int = 0
    rejected: int = 0
    reasons: tuple[Reason, ...] = ()
    damages: tuple[Damage, ...] = ()
    asides: dict[str, int] = {}
    events: dict[str, EventProfile] = {}
    properties: dict[str, PropertyProfile] = {}
    other_records: int = 0
    """Of events beyond those that are told apart."""
    other_values: int = 0
    over_long_names: int = 0
    """Records whose event's or property's name Mixpanel truncates."""
    first_time: int | None = None
    last_time: int = 0
    older: dict[int, int] = {}
    """How many records are older than so many days."""
    busy: bytes = b""
