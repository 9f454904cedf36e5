"""No property that a customer gave an event is lost or changed, whatever its name."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from partitioner.presets._reserved import DEFAULT, WORKING
from partitioner.shape.rows import Row, number

AT = "2024-03-13T10:21:14.123Z"
MESSAGE = {"type": "track", "event": "Seen", "messageId": "m-1", "timestamp": AT, "userId": "u"}
CONTEXT = {
    "ip": "203.0.113.7",
    "locale": "en",
    "page": {"url": "https://shop.example.com/", "path": "/"},
    "os": {"name": "iOS"},
    "location": {"city": "Berlin", "country": "Germany"},
}

rows: dict[str, tuple[str, Callable[[Row], Row]]] = {
    "amplitude": (
        "event_properties",
        lambda own: {
            "event_type": "Seen",
            "event_time": "2024-03-13 10:21:14.123000",
            "amplitude_id": 1,
            "user_id": "u",
            "device_id": "d",
            "uuid": "e-1",
            "ip_address": "203.0.113.7",
            "city": "Berlin",
            "country": "Germany",
            "os_name": "ios",
            "groups": {"company": ["acme"]},
            "group_properties": {"company": {"seats": 1}},
            "event_properties": own,
        },
    ),
    "segment": ("properties", lambda own: {**MESSAGE, "context": CONTEXT, "properties": own}),
    "rudderstack": (
        "properties",
        lambda own: {**MESSAGE, "rudderId": "r", "context": CONTEXT, "properties": own},
    ),
}

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.builds(number, st.sampled_from(["1.10", "-0.0", "1e400", "0.1000000000000000000001"]))
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
vendors = ["amplitude.city", "properties.time", "event_properties.time", "context.page", "country", "company"]
vendors += ["context.locale", "group_properties.company", "context.context.locale"]
names = st.sampled_from(sorted(DEFAULT | WORKING) + vendors) | st.text(max_size=4)


@pytest.mark.parametrize("vendor", rows)
@given(own=st.dictionaries(names, values, max_size=6))
def test_each_is_a_property_with_the_same_value(vendor: str, own: Row) -> None:
    inside, row_of = rows[vendor]
    record = import_module(f"partitioner.presets.{vendor}").transform(row_of(own))
    properties = record["properties"]
    for name, value in own.items():
        if name not in WORKING:
            assert properties[name] is value
            continue
        moved = f"{inside}.{name}"
        while moved in own:
            moved = f"{inside}.{moved}"
        assert properties[moved] is value
    assert properties["time"] == 1_710_325_274_123
    assert properties["distinct_id"] == "u"
    assert properties["ip"] == "203.0.113.7"
    assert properties.keys().isdisjoint({"$ignore", "token", "bucket", "$bucket", "$time", "$event_name"})


@pytest.mark.parametrize("vendor", rows)
@given(own=st.dictionaries(names, values, max_size=6))
def test_each_field_of_the_vendors_stays_whatever_the_customers_are_called(vendor: str, own: Row) -> None:
    _, row_of = rows[vendor]
    properties = import_module(f"partitioner.presets.{vendor}").transform(row_of(own))["properties"]
    assert "'Berlin'" in str(properties)
    assert "'Germany'" in str(properties)
    assert "'en'" in str(properties) or "'seats'" in str(properties)


ga4_values: st.SearchStrategy[tuple[Row, Any]] = st.one_of(
    st.text(max_size=5).map(lambda text: ({"string_value": text}, text)),
    st.integers(-(2**63), 2**63 - 1).map(lambda whole: ({"int_value": str(whole)}, whole)),
    st.sampled_from(["1.10", "-0.5", "1e30"]).map(
        lambda text: ({"double_value": number(text)}, Raw(text.encode()))
    ),
    st.just(({}, None)),
)


@given(st.dictionaries(names, ga4_values, max_size=6))
def test_each_parameter_of_ga4_is_a_property_with_its_value(own: dict[str, tuple[Row, Any]]) -> None:
    row = {
        "event_name": "seen",
        "event_timestamp": "1710325274123456",
        "user_pseudo_id": "1.2",
        "geo": {"city": "Berlin", "country": "Germany"},
        "event_params": [{"key": key, "value": spelled} for key, (spelled, _) in own.items()],
    }
    properties = import_module("partitioner.presets.ga4").transform(row)["properties"]
    for name, (_, value) in own.items():
        moved = f"event_params.{name}" if name in WORKING else name
        assert properties[moved] == value
        assert type(properties[moved]) is type(value)
    assert properties["time"] == 1_710_325_274_123
    assert properties["distinct_id"] == "$device:1.2"
    assert "'Berlin'" in str(properties)
