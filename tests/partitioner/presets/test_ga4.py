"""Google Analytics' rows as records, whichever way BigQuery exported them."""

from pathlib import Path
from typing import Any

import pytest

from function.identity import content_id
from partitioner.presets.ga4 import transform
from partitioner.shape.rows import Row, Unusable, decode_row, encode_row

LINES = (Path(__file__).parents[2] / "data" / "presets" / "ga4" / "input.ndjson").read_bytes().splitlines()
COLUMNS = {name for line in LINES for name in decode_row(line)}
INTEGERS = {
    *(
        "event_timestamp",
        "event_previous_timestamp",
        "event_bundle_sequence_id",
        "user_first_touch_timestamp",
    ),
    *("event_server_timestamp_offset", "batch_event_index", "batch_page_id", "batch_ordering_id"),
    *("time_zone_offset_seconds", "quantity", "total_item_quantity", "unique_items"),
    *("int_value", "set_timestamp_micros"),
}
FIELDS: dict[str, set[str]] = {
    "value": {"string_value", "int_value", "float_value", "double_value"},
    "device": {"category", "advertising_id", "operating_system", "web_info", "time_zone_offset_seconds"},
    "geo": {"city", "region", "country", "metro"},
}


def as_parquet(value: Any, name: str = "") -> Any:
    """The row as Parquet has it: every column is there, INTEGER columns are numbers."""
    if isinstance(value, dict):
        columns = FIELDS.get(name, set()) | (set() if name else COLUMNS)
        return dict.fromkeys(columns) | {key: as_parquet(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_parquet(inner, "element") for inner in value]
    return int(value) if name in INTEGERS and isinstance(value, str) else value


def properties_of(row: Row) -> Row:
    record = transform(row)
    assert isinstance(record, dict)
    return record["properties"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("line", LINES)
def test_json_and_parquet_of_an_event_are_one_record(line: bytes) -> None:
    row = decode_row(line)
    parquet = as_parquet(row)
    assert parquet.keys() >= COLUMNS
    assert None in parquet.values()
    ours, others = transform(row), transform(parquet)
    assert content_id(others) == content_id(ours)  # of their JSON, in any order of keys


def test_the_id_is_the_events_whichever_table_it_is_in() -> None:
    """The intraday table lacks what the daily one adds later, and says nothing else of the event."""
    daily = decode_row(LINES[1])
    intraday = {name: value for name, value in daily.items() if name not in {"user_ltv", "is_active_user"}}
    assert properties_of(intraday)["$insert_id"] == properties_of(daily)["$insert_id"]


@pytest.mark.parametrize(
    "change",
    [
        {"event_timestamp": "1710325274123457"},
        {"event_name": "view"},
        {"user_pseudo_id": "1.1"},
        {"batch_event_index": "9"},
        {"stream_id": "1"},
        {"event_params": [{"key": "page_title", "value": {"string_value": "Other"}}]},
        {"items": [{"item_id": "A-2"}]},
    ],
)
def test_events_that_differ_have_different_ids(change: Row) -> None:
    """Two of one name may share a timestamp, and differ in their parameters alone."""
    row = decode_row(LINES[0])
    assert properties_of({**row, **change})["$insert_id"] != properties_of(row)["$insert_id"]


@pytest.mark.parametrize("spelled", ["0", "-1", "9223372036854775807", "-9223372036854775808"])
def test_an_int_value_is_the_number_it_spells(spelled: str) -> None:
    row = {**decode_row(LINES[0]), "event_params": [{"key": "n", "value": {"int_value": spelled}}]}
    assert encode_row({"n": properties_of(row)["n"]}) == b'{"n":%b}' % spelled.encode()


@pytest.mark.parametrize("spelled", ["007", "1_0", " 5", "-0", "", "-", "٣", "99999999999999999999"])
def test_what_spells_no_int64_stays_text(spelled: str) -> None:
    row = {**decode_row(LINES[0]), "event_params": [{"key": "n", "value": {"int_value": spelled}}]}
    assert properties_of(row)["n"] == spelled


def test_a_key_that_stands_twice_loses_neither_value() -> None:
    twice = [{"key": "a", "value": {"int_value": "1"}}, {"key": "a", "value": {"int_value": "2"}}]
    properties = properties_of({**decode_row(LINES[0]), "event_params": twice})
    assert (properties["a"], properties["event_params.a"]) == (1, 2)


def test_a_country_that_is_not_known_has_no_code() -> None:
    properties = properties_of({**decode_row(LINES[0]), "geo": {"country": "(not set)"}})
    assert properties["geo"] == {"country": "(not set)"}
    assert "mp_country_code" not in properties


def test_a_row_without_a_time_is_unusable() -> None:
    with pytest.raises(Unusable, match="missing"):
        transform({"event_name": "a", "event_params": []})
