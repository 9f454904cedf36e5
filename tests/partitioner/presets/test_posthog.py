"""PostHog's batch exports and events API."""

from typing import Any

import pytest
from hypothesis import given

from partitioner.formats import NDJSON
from partitioner.presets.posthog import transform
from partitioner.shape.decide import First, decide_shape
from partitioner.shape.rows import Aside, Row, Unusable, encode_row
from partitioner.shape.wish import Shape
from tests.partitioner.presets.vendor import (
    own_properties,
    record_of,
    rows_of,
    shows_acceptance,
    shows_asides,
    shows_golden,
    shows_own,
)

USED = {"distinct_id", "$device_id", "$user_id", "$ip"}
EVENT: Row = {
    "uuid": "018e37a2-6000-7000-8000-000000000001",
    "event": "seen",
    "distinct_id": "u",
    "timestamp": "2024-03-13T10:21:14.123000+00:00",
}


def test_rows_become_the_golden_records() -> None:
    shaped = shows_golden("posthog", rows_of("posthog"))
    shows_asides("posthog", shaped)
    shows_acceptance(shaped)


def test_properties_may_be_an_object_or_its_text() -> None:
    """As lines of JSON have them, and as Parquet has them: the same bytes go on."""
    own = {"n": 1, "$os": "iOS", "text": "naïve"}
    given_as_object = record_of("posthog", {**EVENT, "properties": own, "person_properties": own})
    text = encode_row(own).decode()
    given_as_text = record_of("posthog", {**EVENT, "properties": text, "person_properties": text})
    assert encode_row(given_as_text) == encode_row(given_as_object)


@pytest.mark.parametrize("properties", ["{", "[]", 7, ["a"]])
def test_properties_that_are_no_object_are_a_flaw(properties: Any) -> None:
    with pytest.raises(Unusable, match="'properties' must be an object"):
        transform({**EVENT, "properties": properties})


@pytest.mark.parametrize(
    ("properties", "device_id", "user_id"),
    [
        ({}, None, "u"),
        ({"$device_id": "d"}, "d", "u"),
        ({"$device_id": "u"}, "u", None),
        ({"$device_id": "d", "$is_identified": False}, "u", None),
        ({"$device_id": "d", "$is_identified": True}, "d", "u"),
        ({"$process_person_profile": False}, "u", None),
        ({"$process_person_profile": True}, None, "u"),
        ({"$process_person_profile": False, "$is_identified": True}, None, "u"),
    ],
)
def test_whose_the_event_is(properties: Row, device_id: str | None, user_id: str | None) -> None:
    """Known: the user. Not known: a device, which becomes the user's once an event has both."""
    record = record_of("posthog", {**EVENT, "properties": properties})["properties"]
    assert (record.get("$device_id"), record.get("$user_id")) == (device_id, user_id)
    assert record["distinct_id"] == (user_id or f"$device:{device_id}")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("$identify", "identify"),
        ("$set", "profile"),
        ("$create_alias", "alias"),
        ("$merge_dangerously", "alias"),
        ("$groupidentify", "group"),
    ],
)
def test_what_is_no_event_is_set_aside(event: str, kind: str) -> None:
    assert transform({**EVENT, "event": event, "properties": {}}) == Aside(kind)


@given(own=own_properties("properties.time", "properties.token", "posthog.person_id", "person_id", "$lib"))
def test_no_property_is_lost_or_changed(own: Row) -> None:
    """Ids and the address, which are used, stand elsewhere only if they say the same."""
    own = {name: value for name, value in own.items() if name not in USED}
    row = {**EVENT, "properties": {**own, "$ip": "203.0.113.7"}, "person_id": "p", "ip": "203.0.113.8"}
    properties = record_of("posthog", row)["properties"]
    if "$lib" in own and "mp_lib" not in own:
        own["mp_lib"] = own.pop("$lib")
    shows_own(properties, own, "properties")
    assert properties["time"] == 1_710_325_274_123
    assert properties["ip"] == "203.0.113.7"
    assert "$ip" not in properties
    assert "p" in map(str, properties.values())


@pytest.mark.parametrize("name", sorted(USED - {"$ip"}))
def test_an_id_that_is_not_used_is_kept(name: str) -> None:
    row = {**EVENT, "properties": {"$is_identified": False, name: {"other": 1}}}
    assert record_of("posthog", row)["properties"][f"properties.{name}"] == {"other": 1}


def test_split_recognises_its_lines_of_json() -> None:
    """Though they have an event and properties, like a record."""
    rows = rows_of("posthog")
    decided = decide_shape(Shape(), [First("events.jsonl", NDJSON, rows)])
    assert decided.shape.preset == "posthog"
    assert "looks like an export of posthog" in decided.note
