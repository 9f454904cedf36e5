"""Heap Connect's tables."""

from typing import Any

import pytest
from hypothesis import given

from partitioner.presets.heap import recognises, transform
from partitioner.shape.rows import Row, encode_row
from tests.partitioner.presets.vendor import (
    own_properties,
    record_of,
    rows_of,
    shows_acceptance,
    shows_asides,
    shows_golden,
)

EVENT: Row = {"event_id": 1, "user_id": 2, "session_id": 3, "time": "2024-03-13 10:21:14"}


def test_rows_become_the_golden_records() -> None:
    shaped = shows_golden("heap", rows_of("heap"))
    shows_asides("heap", shaped)
    shows_acceptance(shaped)


@pytest.mark.parametrize(
    ("columns", "event"),
    [
        ({"event_table_name": "sign_up", "type": "click"}, "sign_up"),
        ({"type": "click", "path": "/"}, "click"),
        ({"path": None, "type": None}, "pageviews"),
        ({"view_controller": "Home"}, "pageviews"),
        ({"landing_page": "/"}, "sessions"),
    ],
)
def test_the_event_is_named_by_what_the_row_says_of_its_table(columns: Row, event: str) -> None:
    """The columns of a table are there even where they are null."""
    assert record_of("heap", {**EVENT, **columns})["event"] == event


def test_a_type_that_names_nothing_stays() -> None:
    record = record_of("heap", {**EVENT, "event_table_name": "sign_up", "type": "click"})
    assert record["properties"]["type"] == "click"


def test_the_event_has_an_identity_where_it_was_joined() -> None:
    record = record_of("heap", {**EVENT, "identity": "ann"})
    assert record["properties"]["distinct_id"] == "ann"
    assert record["properties"]["$device_id"] == "2"


def test_times_are_utc() -> None:
    """Which their text doesn't always say."""
    times = ("2024-03-13 10:21:14", "2024-03-13T10:21:14Z", "2024-03-13 11:21:14+01:00")
    properties = [record_of("heap", {**EVENT, "time": time})["properties"] for time in times]
    assert [each["time"] for each in properties] == [1_710_325_274] * 3


@pytest.mark.parametrize(
    "row", [EVENT, {"user_id": 1, "identity": "a"}, {**EVENT, "library": "web"}, {"from_user_id": 1, "a": 2}]
)
def test_a_row_that_may_be_anyones_is_not_recognised(row: Row) -> None:
    assert not recognises(row)


@given(columns=own_properties("country", "heap.city"))
def test_no_column_is_lost_or_changed(columns: Row) -> None:
    """But what is empty. A customer's properties are columns, under any name that Heap doesn't use."""
    own = {name: value for name, value in columns.items() if name not in {"time", "ip", ""}}
    properties = transform({**own, **EVENT, "city": "Sydney"})["properties"]  # type: ignore[call-overload,index] # a record
    values: list[Any] = list(properties.values())
    for name, value in own.items():
        empty = value is None or (not value and value in ("", [], {}))
        assert empty or any(each is value for each in values) or value in values, name
    assert "Sydney" in map(str, values)
    assert properties["time"] == 1_710_325_274
    assert properties["distinct_id"] == "$device:2"
    assert encode_row(properties)
