"""A column's type is what the user said, or the row is refused."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from partitioner.shape.column_types import COLUMN_TYPES, ColumnType, converter_of
from partitioner.shape.rows import Unusable, encode_row
from partitioner.shape.times import NoZone

RAW = Raw(b"1.10")


@pytest.mark.parametrize(
    ("column_type", "value", "typed"),
    [
        ("text", "007", "007"),
        ("text", 7, "7"),
        ("text", RAW, "1.10"),
        ("text", True, "true"),
        ("text", "", ""),
        ("text", [1, RAW], "[1,1.10]"),
        ("number", "1.10", RAW),
        ("number", " 12 ", Raw(b"12")),
        ("number", "-1e400", Raw(b"-1e400")),
        ("number", 5, 5),
        ("number", RAW, RAW),
        ("number", "", None),
        ("boolean", "TRUE", True),
        ("boolean", "t", True),
        ("boolean", "yes", True),
        ("boolean", "1", True),
        ("boolean", 1, True),
        ("boolean", "False", False),
        ("boolean", "f", False),
        ("boolean", "no", False),
        ("boolean", 0, False),
        ("boolean", False, False),
        ("time", "2024-03-13 10:21:14", "2024-03-13T10:21:14Z"),
        ("time", 1710325274, "2024-03-13T10:21:14Z"),
        ("json", '{"a": [1.10, 12345678901234567890]}', {"a": [RAW, 12345678901234567890]}),
        ("json", "null", None),
        ("json", {"a": 1}, {"a": 1}),
        ("json", " ", None),
    ],
)
def test_types(column_type: ColumnType, value: Any, typed: Any) -> None:
    """Numbers keep their spelling; what is empty is null in all but text."""
    result = converter_of("c", column_type, ZoneInfo("UTC"))(value)
    assert result == typed
    assert type(result) is type(typed)


@pytest.mark.parametrize(
    ("column_type", "value"),
    [
        ("number", "007"),
        ("number", "1,5"),
        ("number", "NaN"),
        ("number", "+1"),
        ("number", True),
        ("number", []),
        ("boolean", "maybe"),
        ("boolean", 2),
        ("boolean", RAW),
        ("boolean", {}),
        ("time", "yesterday"),
        ("time", True),
        ("json", "{a: 1}"),
    ],
)
def test_what_is_of_another_type_is_refused(column_type: ColumnType, value: Any) -> None:
    """The reason names the column and the type, and not the value."""
    with pytest.raises(Unusable, match=column_type) as refused:
        converter_of("c", column_type, ZoneInfo("UTC"))(value)
    assert refused.value.field == "properties.c"


def test_a_time_without_a_zone_names_the_flag() -> None:
    """And the column that has it."""
    with pytest.raises(NoZone, match=r"'properties\.c' .* --timezone"):
        converter_of("c", "time", None)("2024-03-13 10:21:14")


@given(
    st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.booleans()
    | st.lists(st.integers()),
    st.sampled_from(COLUMN_TYPES),
)
def test_anything_is_of_the_type_or_unusable(value: Any, column_type: ColumnType) -> None:
    """What comes out can be written as JSON."""
    try:
        typed = converter_of("c", column_type, ZoneInfo("UTC"))(value)
    except Unusable:
        return
    encode_row({"c": typed})
