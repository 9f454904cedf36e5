"""mParticle's batches."""

import pytest
from hypothesis import given

from partitioner.presets.mparticle import recognises, transform
from partitioner.shape.rows import Aside, Row, Unusable
from tests.partitioner.presets.vendor import (
    own_properties,
    record_of,
    rows_of,
    shows_acceptance,
    shows_asides,
    shows_golden,
    shows_own,
)

TIME_MS = 1_710_325_274_123


def batch(data: Row, kind: str = "custom_event", **shared: object) -> Row:
    data = {"timestamp_unixtime_ms": TIME_MS, **data}
    return {"events": [{"event_type": kind, "data": data}], "environment": "production", **shared}


def test_rows_become_the_golden_records() -> None:
    shaped = shows_golden("mparticle", rows_of("mparticle"))
    shows_asides("mparticle", shaped)
    shows_acceptance(shaped)


@pytest.mark.parametrize(
    ("kind", "data", "event"),
    [
        ("custom_event", {"event_name": "Seen"}, "Seen"),
        ("screen_view", {"screen_name": "Home"}, "screen_view"),
        ("session_start", {}, "session_start"),
        ("commerce_event", {"event_name": "Bought", "custom_event_type": "purchase"}, "Bought"),
        ("commerce_event", {"custom_event_type": "add_to_cart"}, "add_to_cart"),
        ("commerce_event", {"product_action": {"action": "refund"}}, "refund"),
        ("commerce_event", {"promotion_action": {"action": "click"}}, "promotion_click"),
        ("commerce_event", {"product_impressions": []}, "commerce_event"),
    ],
)
def test_an_event_has_the_name_that_it_was_given_or_that_of_its_kind(
    kind: str, data: Row, event: str
) -> None:
    assert record_of("mparticle", batch(data, kind))["event"] == event


@pytest.mark.parametrize(
    ("data", "shared", "insert_id"),
    [
        ({"event_id": -12, "source_message_id": "m"}, {"batch_id": 7}, "-12"),
        ({"event_id": "12"}, {}, "12"),
        ({"source_message_id": "m"}, {"batch_id": 7}, "m"),
        ({}, {"batch_id": 7, "source_request_id": "r"}, "7-0"),
        ({}, {"batch_id": "7"}, "7-0"),
        ({}, {"source_request_id": "r"}, "r-0"),
        ({}, {}, None),
    ],
)
def test_an_event_has_an_id_of_its_own(data: Row, shared: Row, insert_id: str | None) -> None:
    """Without any, the check makes one of what the record says."""
    record = record_of("mparticle", batch(data, **shared))
    assert record["properties"].get("$insert_id") == insert_id


@pytest.mark.parametrize(
    "identities",
    [
        {"customer_id": "u", "email": "a@b"},
        [{"identity_type": "customer_id", "identity": "u"}, {"identity_type": "email", "identity": "a@b"}],
    ],
)
@pytest.mark.parametrize("mpid", [-5, "-5"])
def test_whose_the_event_is(identities: object, mpid: object) -> None:
    """Objects or lists, numbers or texts: the same identity."""
    server = record_of("mparticle", batch({}, user_identities=identities, mpid=mpid))["properties"]
    assert (server["distinct_id"], server["$user_id"], server["$device_id"]) == ("u", "u", "-5")
    assert server["user_identities"] == {"email": "a@b"}
    assert "mpid" not in server
    device = record_of("mparticle", batch({}, mp_deviceid="d", mpid=mpid))["properties"]
    assert (device["distinct_id"], device["$device_id"], device["mpid"]) == ("$device:d", "d", mpid)


def test_a_batch_gives_each_kind_of_aside_once() -> None:
    """The whole batch is what is kept of it."""
    changes = [{"event_type": "user_attribute_change", "data": {}}] * 3
    profile = {"event_type": "profile", "data": {}}
    assert transform({"events": [*changes, profile]}) == [Aside("user-attribute-change"), Aside("profile")]
    assert transform({"events": None}) == Aside("profile")


def test_a_key_of_the_account_is_not_sent() -> None:
    assert "secret" not in str(record_of("mparticle", batch({}, api_key="secret", api_keys=["secret"])))


def test_events_that_are_no_list_are_a_flaw() -> None:
    with pytest.raises(Unusable, match="must be a list"):
        transform({"events": {"a": 1}})


@pytest.mark.parametrize(
    "row",
    [
        {"events": [{"event_type": "a", "data": {}}]},
        {"events": [{"event_type": "a"}], "mpid": 1},
        {"events": [], "mpid": 1},
        {"events": "none", "mpid": 1},
    ],
)
def test_a_row_that_may_be_anyones_is_not_recognised(row: Row) -> None:
    assert not recognises(row)


@given(own=own_properties("custom_attributes.time", "device_info", "mpid", "data.location", "location"))
def test_no_property_is_lost_or_changed(own: Row) -> None:
    device = {"platform": "iOS", "os_version": "17.4", "brand": "B"}
    row = batch(
        {"custom_attributes": own, "location": {"latitude": 1}},
        device_info=device,
        mp_deviceid="d",
        mpid=5,
        ip="203.0.113.7",
    )
    properties = record_of("mparticle", row)["properties"]
    shows_own(properties, own, "custom_attributes")
    assert properties["time"] == TIME_MS
    assert properties["ip"] == "203.0.113.7"
    assert properties["distinct_id"] == "$device:d"
    said = str(list(properties.values()))
    assert all(text in said for text in ("17.4", "iOS", "'B'", "{'latitude': 1}"))
