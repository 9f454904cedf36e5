"""Amplitude's rows as records."""

from typing import Any

import pytest

from partitioner.presets.amplitude import transform
from partitioner.shape.rows import Aside, Row, Unusable, number

ROW: Row = {"event_type": "Seen", "event_time": "2024-03-13 10:21:14.123000", "amplitude_id": 7}


def properties_of(**fields: Any) -> Row:
    record = transform({**ROW, **fields})
    assert isinstance(record, dict)
    return record["properties"]  # type: ignore[no-any-return]


def test_a_time_without_a_zone_is_utc() -> None:
    assert properties_of()["time"] == 1_710_325_274_123
    assert properties_of(event_time="2024-03-13 10:21:14")["time"] == 1_710_325_274


def test_a_row_without_a_time_is_unusable() -> None:
    with pytest.raises(Unusable, match="missing"):
        transform({"event_type": "Seen"})


def test_on_the_web_the_os_is_the_browser() -> None:
    web = properties_of(platform="Web", os_name="Chrome", os_version="122")
    assert (web["$browser"], web["$browser_version"]) == ("Chrome", "122")
    assert "$os" not in web
    app = properties_of(platform="iOS", os_name="ios", os_version="17.3.1")
    assert (app["$os"], app["$os_version"]) == ("ios", "17.3.1")


@pytest.mark.parametrize(
    ("user_id", "device_id", "distinct_id"),
    [
        ("u", "d", "u"),
        (None, "d", "$device:d"),
        ("", "d", "$device:d"),
        ("null", "d", "$device:d"),
        ("Undefined", "d", "$device:d"),
        (0, "d", "$device:d"),
        (12, None, "12"),
        (None, None, None),
    ],
)
def test_identity_is_what_simplified_id_merge_derives(user_id: Any, device_id: Any, distinct_id: Any) -> None:
    properties = properties_of(user_id=user_id, device_id=device_id)
    assert properties.get("distinct_id") == distinct_id
    assert properties.get("$device_id") == device_id
    assert properties.get("$user_id") == (distinct_id if distinct_id in {"u", "12"} else None)


def test_each_group_is_a_group_key() -> None:
    properties = properties_of(
        groups={"company": ["acme", "globex"]}, group_properties={"company": {"a": {}}}
    )
    assert properties["company"] == ["acme", "globex"]
    assert properties["group_properties.company"] == {"a": {}}


def test_profiles_are_set_aside() -> None:
    assert transform({**ROW, "event_type": "$identify"}) == Aside("identify")
    assert transform({**ROW, "event_type": "$groupidentify"}) == Aside("group")


def test_zero_and_false_are_values() -> None:
    properties = properties_of(session_id=0, paying=False, dma="", plan={}, adid=None)
    assert (properties["session_id"], properties["paying"]) == (0, False)
    assert properties.keys().isdisjoint({"dma", "plan", "adid"})


def test_event_properties_may_be_the_text_of_an_object() -> None:
    """Flat tables have them so."""
    assert properties_of(event_properties='{"price":1.10}')["price"] == number("1.10")
    assert properties_of(event_properties="")["time"] > 0


@pytest.mark.parametrize("lost", ["price: 1", "[1]", 7, [1]])
def test_event_properties_that_are_no_object_are_not_lost_in_silence(lost: Any) -> None:
    with pytest.raises(Unusable, match="must be an object") as raised:
        transform({**ROW, "event_properties": lost})
    assert raised.value.field == "event_properties"
