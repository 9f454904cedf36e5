"""What no first row has is said before anything is written, with the name that was meant."""

from partitioner.shape.flags import read_maps, read_types
from partitioner.shape.mapping import Mapping, transform_of
from partitioner.shape.missing import lacks_zone, missing_columns
from partitioner.shape.rows import Row

ROWS: list[Row] = [{"name": "home", "at": "2024-03-13 10:21:14"}, {"name": "home", "user": {"id": 7}}]


def test_what_any_row_has_is_there() -> None:
    """Columns, and paths, of which some rows have none."""
    mapping = Mapping(read_maps(["event=name", "time=at", "distinct_id=user.id", "a==b"]), timezone="UTC")
    assert missing_columns(mapping, ROWS) == []


def test_a_column_that_is_missing_is_named_with_near_ones() -> None:
    """Of maps, types and what is dropped, each once."""
    mapping = Mapping(
        read_maps(["event=nam", "time=at", "a=user.idd", "b=nam"]), read_types(["zzz=text"]), ("nme",)
    )
    assert missing_columns(mapping, ROWS) == [
        "no row has a column 'nam'; did you mean 'name'?",
        "no row has a column 'user.idd'; did you mean 'user.id' or 'user'?",
        "no row has a column 'zzz'; there are name, at, user, user.id",
        "no row has a column 'nme'; did you mean 'name'?",
    ]


def test_event_and_time_come_from_somewhere() -> None:
    """Else the flag is named that says from where."""
    assert missing_columns(Mapping(read_maps(["event=name"])), ROWS) == [
        "which column is the time? Give --map time=COLUMN; there are name, at, user, user.id"
    ]
    assert missing_columns(Mapping(read_maps(["time=at"])), ROWS) == [
        "which column is the event? Give --map event=COLUMN; there are name, at, user, user.id"
    ]


def test_records_have_their_event_and_time() -> None:
    """Mixpanel's own shape."""
    record = {"event": "home", "properties": {"time": 1710325274, "uid": 7}}
    assert missing_columns(Mapping(read_maps(["distinct_id=properties.uid"])), [record]) == []


def test_many_columns_are_not_all_told() -> None:
    """Twenty, and how many more."""
    rows = [{f"column{number}": 1 for number in range(25)}]
    assert missing_columns(Mapping(read_maps(["event=x", "time=column1"])), rows)[0].endswith(
        "column19 and 5 more"
    )


def test_without_rows_nothing_is_missing() -> None:
    """An empty export is none that is wrong."""
    assert missing_columns(Mapping(read_maps(["event=name"])), []) == []


def test_a_zone_is_lacking_where_any_time_has_none() -> None:
    """Rows that are wrong otherwise don't tell."""
    maps = read_maps(["event=name", "time=at"])
    assert lacks_zone(transform_of(Mapping(maps)), ROWS)
    assert not lacks_zone(transform_of(Mapping(maps, timezone="UTC")), ROWS)
    rows: list[Row] = [{"name": "home", "at": 1710325274}, {"name": "home", "at": "never"}]
    assert not lacks_zone(transform_of(Mapping(maps)), rows)
