"""A row becomes the record that the mapping says, and no value is another."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from partitioner.shape.flags import read_maps, read_types
from partitioner.shape.mapping import Mapping, RenamedEvent, transform_of
from partitioner.shape.rows import Row, Unusable, decode_row, encode_row
from partitioner.shape.times import NoZone

ECOM = Path(__file__).parents[2] / "data" / "ecom.ndjson.gz"


def mapping(*maps: str, types: tuple[str, ...] = (), timezone: str = "UTC", **more: Any) -> Mapping:
    return Mapping(read_maps(maps), read_types(types), timezone=timezone, **more)


def mapped(row: Row, *maps: str, types: tuple[str, ...] = (), **more: Any) -> str:
    """As JSON, which shows the order too."""
    before = encode_row(row)
    record = transform_of(mapping(*maps, types=types, **more))(row)
    assert encode_row(row) == before, "the row given is another now"
    return encode_row(record).decode()


def test_targets_come_first_and_the_rest_follows_under_its_own_names() -> None:
    """In the order of the maps, then of the columns."""
    row = {"uid": "u", "plan": "free", "name": "home", "at": "2024-03-13 10:21:14", "os": "iOS"}
    assert mapped(row, "event=name", "time=at", "distinct_id=uid") == (
        '{"event":"home","properties":{"time":1710325274,"distinct_id":"u","plan":"free","os":"iOS"}}'
    )


def test_event_and_time_are_the_columns_of_these_names_unless_mapped() -> None:
    """The time is read as a time in any case."""
    row = {"time": "2024-03-13 10:21:14", "event": "home", "id": 1}
    assert (
        mapped(row, "distinct_id=id") == '{"event":"home","properties":{"distinct_id":1,"time":1710325274}}'
    )


def test_a_column_may_be_the_source_of_several_targets() -> None:
    """It isn't repeated under its own name."""
    row = {"event": "home", "uid": 7}
    assert mapped(row, "distinct_id=uid", "$user_id=uid") == (
        '{"event":"home","properties":{"distinct_id":7,"$user_id":7}}'
    )


def test_a_path_leaves_out_what_it_leads_to_alone() -> None:
    """The object's other keys stay where they were."""
    row = {"event": "home", "user": {"id": 7, "plan": "free"}, "at": {"ms": 1710325274123}}
    assert mapped(row, "distinct_id=user.id", "time=at.ms") == (
        '{"event":"home","properties":{"distinct_id":7,"time":1710325274123,"user":{"plan":"free"}}}'
    )


def test_a_column_with_a_dot_wins_over_the_path() -> None:
    """The object beside it is no source then."""
    row = {"event": "home", "user.id": 7, "user": {"id": 8}}
    assert (
        mapped(row, "distinct_id=user.id")
        == '{"event":"home","properties":{"distinct_id":7,"user":{"id":8}}}'
    )


def test_constants() -> None:
    """Text, but for what is a number or a boolean in JSON; an event's name is always text."""
    row = {"x": 1}
    constants = ("event==1", "a==shop", "b==1.10", "c==true", "d==007", "e===", "f==null", "time==1710325274")
    assert mapped(row, *constants) == (
        '{"event":"1","properties":{"a":"shop","b":1.10,"c":true,"d":"007","e":"=","f":"null",'
        '"time":1710325274,"x":1}}'
    )


def test_a_target_takes_the_place_of_another_column_of_its_name() -> None:
    """One name stands once in a record."""
    row = {"event": "old", "name": "new", "distinct_id": "other", "uid": 7}
    assert mapped(row, "event=name", "distinct_id=uid") == (
        '{"event":"new","properties":{"distinct_id":7,"event":"old"}}'
    )


def test_what_a_row_lacks_its_record_lacks() -> None:
    """The check of records says what that means; null is a value."""
    assert (
        mapped({"uid": None}, "event=name", "time=at", "distinct_id=uid")
        == '{"properties":{"distinct_id":null}}'
    )


def test_a_record_can_be_mapped() -> None:
    """The keys of `properties` are columns, and stay where they were."""
    row = {"event": "home", "properties": {"a": 1, "time": 1710325274, "user_id": 7, "distinct_id": "x"}}
    assert mapped(row, "distinct_id=properties.user_id") == (
        '{"event":"home","properties":{"distinct_id":7,"a":1,"time":1710325274}}'
    )
    assert mapped(row, "event=properties.user_id", types=("properties.user_id=text",)) == (
        '{"event":"7","properties":{"event":"home","a":1,"time":1710325274,"distinct_id":"x"}}'
    )


def test_what_stands_beside_properties_and_in_it_is_refused() -> None:
    """Neither of the two is lost in silence."""
    row = {"event": "home", "a": 1, "properties": {"a": 2}}
    with pytest.raises(Unusable, match="'a' stands both"):
        transform_of(mapping())(row)
    assert mapped(row, "a=properties.a") == '{"event":"home","properties":{"a":2}}'


def test_types_come_before_targets() -> None:
    """Of columns and of paths; null stays null."""
    row = {"event": 1, "price": "1.10", "user": {"born": "1969-12-31", "id": 7}, "tags": "[1]", "x": None}
    types = ("event=text", "price=number", "user.born=time", "tags=json", "x=number", "gone=number")
    assert mapped(row, "cost=price", types=types) == (
        '{"event":"1","properties":{"cost":1.10,"user":{"born":"1969-12-31T00:00:00Z","id":7},"tags":[1],"x":null}}'
    )


def test_what_is_dropped_is_in_no_record() -> None:
    """Columns and paths."""
    row = {"event": "home", "debug": 1, "user": {"password": "x", "id": 7}}
    assert mapped(row, drop=("debug", "user.password")) == '{"event":"home","properties":{"user":{"id":7}}}'


def test_events_are_renamed() -> None:
    """By the value that they have, mapped or not."""
    events = (RenamedEvent("page view", "Page View"),)
    assert mapped({"event": "page view"}, events=events) == '{"event":"Page View","properties":{}}'
    assert mapped({"e": "page view"}, "event=e", events=events) == '{"event":"Page View","properties":{}}'
    assert mapped({"event": "other"}, events=events) == '{"event":"other","properties":{}}'
    assert mapped({"event": [1]}, events=events) == '{"event":[1],"properties":{}}'


def test_a_local_time_without_a_zone_names_the_flag() -> None:
    """So that the command can end with it."""
    with pytest.raises(NoZone, match="--timezone"):
        transform_of(mapping("time=at", timezone=""))({"event": "home", "at": "2024-03-13 10:21:14"})


names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="."), min_size=1, max_size=6
).filter(
    lambda name: name not in {"event", "time", "properties"} and name.strip() == name and "=" not in name
)
numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False).map(
    lambda number: Raw(str(number).encode())
)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(row=st.dictionaries(names, values, min_size=1, max_size=6), data=st.data())
def test_no_value_changes(row: Row, data: st.DataObject) -> None:
    """Big integers, decimals as spelled, unicode, nesting, order of keys: what was read is written."""
    columns = data.draw(st.lists(st.sampled_from(list(row)), unique=True, max_size=3))
    targets = data.draw(st.lists(names, unique=True, min_size=len(columns), max_size=len(columns)))
    maps = [f"{target}={column}" for target, column in zip(targets, columns, strict=True)]
    first = {target: row[column] for target, column in zip(targets, columns, strict=True)}
    rest = {name: value for name, value in row.items() if name not in {*columns, *targets}}
    expected = encode_row({"event": "e", "properties": first | rest})
    assert mapped({"event": "e"} | row, *maps).encode() == expected
    read = decode_row(encode_row({"event": "e"} | row))
    assert mapped(read, *maps).encode() == expected


@given(
    row=st.dictionaries(names, st.dictionaries(names, values, min_size=1, max_size=3), min_size=1),
    data=st.data(),
)
def test_no_value_changes_under_a_path(row: Row, data: st.DataObject) -> None:
    """One leaf moves; all else stays."""
    column = data.draw(st.sampled_from(list(row)))
    key = data.draw(st.sampled_from(list(row[column])))
    left = {name: value for name, value in row[column].items() if name != key}
    rest = {name: left if name == column else value for name, value in row.items() if name != column or left}
    rest.pop("target", None)
    expected = encode_row({"event": "e", "properties": {"target": row[column][key]} | rest})
    assert mapped({"event": "e"} | row, f"target={column}.{key}").encode() == expected


def test_a_mapping_is_data() -> None:
    """It goes to workers, and into the file that a killed run goes on by."""
    told = mapping(
        "event=name", "a==1.10", types=("a=number",), drop=("x",), events=(RenamedEvent("a", "b"),)
    )
    assert msgspec.json.decode(msgspec.json.encode(told), type=Mapping) == told


def test_a_whole_export_becomes_its_records() -> None:
    """The rows that a shop's database would hold give the records, key by key in their order."""
    transform = transform_of(mapping("event=event", "time=timestamp", "distinct_id=user_id"))
    with gzip.open(ECOM) as lines:
        records = [decode_row(line) for line in lines]
    for record in records:
        properties = dict(record["properties"])
        moment = datetime.fromtimestamp(properties.pop("time"), UTC)
        user = {"user_id": properties.pop("distinct_id")}
        row = user | {"event": record["event"], "timestamp": f"{moment:%Y-%m-%d %H:%M:%S}"} | properties
        assert encode_row(transform(row)) == encode_row(record)
    assert len(records) == 31_106
