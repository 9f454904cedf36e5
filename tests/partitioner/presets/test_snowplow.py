"""Snowplow's enriched events, as TSV and as JSON."""

import json

import pytest
from hypothesis import given

from partitioner.presets.snowplow import COLUMNS, transform
from partitioner.shape.rows import Row, Unusable, decode_row, encode_row
from tests.partitioner.presets.vendor import (
    DATA,
    own_properties,
    record_of,
    rows_of,
    shows_acceptance,
    shows_asides,
    shows_golden,
    shows_own,
)

TSV = DATA / "snowplow" / "input.tsv"
EVENT: Row = {"event": "page_view", "event_id": "e", "derived_tstamp": "2024-03-13 10:21:14.123"}
ORDER: Row = {
    **EVENT,
    "event": "unstruct",
    "event_vendor": "com.acme",
    "event_name": "orderPaid",
    "event_version": "1-0-0",
}


def rows_of_tsv() -> list[Row]:
    """Without its empty fields, each a text."""
    lines = [line.split("\t") for line in TSV.read_text().splitlines()]
    return [
        {column: text for column, text in zip(COLUMNS, texts, strict=True) if text != ""} for texts in lines
    ]


def unstruct(own: Row, schema: str = "iglu:com.acme/orderPaid/jsonschema/1-0-0") -> str:
    outer = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0"
    return encode_row({"schema": outer, "data": {"schema": schema, "data": own}}).decode()


def test_rows_become_the_golden_records() -> None:
    shaped = shows_golden("snowplow", rows_of("snowplow"))
    shows_asides("snowplow", shaped)
    shows_acceptance(shaped)


def test_rows_of_tsv_become_the_golden_records() -> None:
    shows_acceptance(shows_golden("snowplow", rows_of_tsv(), "golden_of_tsv.ndjson"))


def test_tsv_and_json_make_the_same_records() -> None:
    """But for the spelling of times, numbers and booleans, and `geo_location`, which only the SDK adds."""
    golden = [json.loads(line) for line in (DATA / "snowplow" / "golden.ndjson").read_bytes().splitlines()]
    records = [json.loads(encode_row(transform(row))) for row in rows_of_tsv()]
    for ours, theirs in zip(records, golden, strict=True):
        assert ours["event"] == theirs["event"]
        properties = ours["properties"]
        assert properties.keys() == theirs["properties"].keys() - {"geo_location"}
        for name, value in properties.items():
            if name in {"time", "distinct_id", "$insert_id", "ip", "items"} or name.startswith("contexts_"):
                assert value == theirs["properties"][name], name


def test_the_columns_are_the_131_of_the_enriched_event() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 131
    assert (COLUMNS[0], COLUMNS[5], COLUMNS[52], COLUMNS[58], COLUMNS[122], COLUMNS[-1]) == (
        *("app_id", "event", "contexts", "unstruct_event", "derived_contexts", "true_tstamp"),
    )


@pytest.mark.parametrize(
    ("row", "event"),
    [
        ({"event": "page_ping"}, "page_ping"),
        ({"event": "struct", "se_action": "add"}, "add"),
        ({"event": "struct", "se_action": 5}, "5"),
        ({"event": "struct"}, "struct"),
        ({"event": "unstruct", "event_name": "sign_up"}, "sign_up"),
        ({"event": "unstruct", "unstruct_event": unstruct({})}, "orderPaid"),
        ({"event": "unstruct", "unstruct_event": unstruct({}, "odd")}, "unstruct"),
        ({"event": "unstruct"}, "unstruct"),
    ],
)
def test_the_event_is_what_was_tracked(row: Row, event: str) -> None:
    assert record_of("snowplow", {**EVENT, **row})["event"] == event


def test_the_time_is_the_best_that_there_is() -> None:
    """All are UTC."""
    row: Row = {"event": "page_view", "collector_tstamp": "2024-03-13 10:21:16"}
    times = []
    for more in (
        {},
        {"dvce_created_tstamp": "2024-03-13T10:21:15Z"},
        {"derived_tstamp": "2024-03-13 10:21:14"},
    ):
        row.update(more)
        times.append(record_of("snowplow", row)["properties"]["time"])
    assert times == [1_710_325_276, 1_710_325_275, 1_710_325_274]


def test_an_app_is_known_by_its_session() -> None:
    """Which web pages may have beside their cookie's id."""
    session = {"contexts_com_snowplowanalytics_snowplow_client_session_1": [{"userId": "s"}]}
    assert record_of("snowplow", {**EVENT, **session})["properties"]["$device_id"] == "s"
    on_the_web = record_of("snowplow", {**EVENT, **session, "domain_userid": "d", "user_id": "u"})
    assert on_the_web["properties"]["$device_id"] == "d"
    assert on_the_web["properties"]["distinct_id"] == "u"


def test_what_says_nothing_is_left_out_and_zero_says_something() -> None:
    empties: Row = {
        "txn_id": None,
        "page_title": "",
        "contexts_a_b_1": [],
        "se_value": 0,
        "br_cookies": False,
    }
    properties = record_of("snowplow", {**EVENT, **empties})["properties"]
    assert {name: properties[name] for name in empties if name in properties} == {
        "se_value": 0,
        "br_cookies": False,
    }
    assert properties["br_cookies"] is False


@pytest.mark.parametrize("column", ["contexts", "derived_contexts", "unstruct_event"])
@pytest.mark.parametrize("text", ["{", "[]", 7])
def test_a_column_that_is_no_json_object_is_a_flaw(column: str, text: object) -> None:
    with pytest.raises(Unusable, match=f"'{column}' must be an object"):
        transform({**EVENT, "event": "unstruct", column: text})


def test_what_an_unknown_schema_describes_is_kept_with_it() -> None:
    odd = {"schema": "odd", "data": {"a": 1}}
    row = {**EVENT, "contexts": {"schema": "iglu:…", "data": [odd]}}
    assert record_of("snowplow", row)["properties"]["contexts"] == [odd]


@given(own=own_properties("unstruct_event.time", "snowplow.os_family", "geo_region"))
def test_no_property_of_a_self_describing_event_is_lost_or_changed(own: Row) -> None:
    """In both forms, which make the same record."""
    fields: Row = {
        **ORDER,
        "user_id": "u",
        "os_family": "iOS",
        "geo_region": "NSW",
        "user_ipaddress": "1.2.3.4",
    }
    from_json = record_of("snowplow", {**fields, "unstruct_event_com_acme_order_paid_1": own})
    shows_own(from_json["properties"], own, "unstruct_event")
    text = unstruct(own)
    from_tsv = record_of("snowplow", {**fields, "unstruct_event": text})
    assert decode_row(encode_row(from_tsv)) == decode_row(encode_row(from_json))
    properties = from_json["properties"]
    assert properties["time"] == 1_710_325_274_123
    assert (properties["distinct_id"], properties["ip"]) == ("u", "1.2.3.4")
    said = list(map(str, properties.values()))
    assert "iOS" in said
    assert "NSW" in said


@given(columns=own_properties("snowplow.$os", "geo_country"))
def test_no_other_column_is_lost_or_changed(columns: Row) -> None:
    """Of a warehouse that has more of them than Snowplow."""
    columns.pop("", None)
    properties = record_of("snowplow", {**columns, **EVENT, "os_family": "iOS"})["properties"]
    values = list(properties.values())
    for name, value in columns.items():
        empty = value is None or (not value and value in ("", [], {}))
        assert empty or any(each is value for each in values) or value in values, name
    assert "iOS" in map(str, values)
    assert properties["time"] == 1_710_325_274_123
