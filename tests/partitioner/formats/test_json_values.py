"""Where a JSON value ends, in the words of the library that knows."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partitioner.formats.json_values import Is, Value, value_at

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=6,
)


@given(VALUES, st.sampled_from([",", "]", "}", ',"', "x", "{", "[1]"]))
def test_a_value_ends_where_something_else_begins(value: Any, behind: str) -> None:
    """Whatever that is."""
    data = json.dumps(value).encode()
    assert value_at(b"##" + data + behind.encode(), 2, is_last=False) == Value(Is.WHOLE, 2 + len(data))


@given(VALUES, st.integers(1))
def test_a_value_that_is_cut_anywhere_is_begun(value: Any, where: int) -> None:
    """Never broken, as long as more may come."""
    data = json.dumps(value).encode()
    data = data[: where % len(data)]
    assert value_at(data, 0, is_last=False) == Value(Is.BEGUN, len(data))


@pytest.mark.parametrize(
    ("data", "at"), [(b'{"a":no,"b":1}', 6), (b'{"a" 1}', 5), (b'["a\nb"]', 3), (b"[1 2]", 3), (b"01", 1)]
)
def test_a_broken_value_says_where(data: bytes, at: int) -> None:
    """Within a byte."""
    value = value_at(data, 0, is_last=True)
    assert value.state is Is.BROKEN
    assert abs(value.end - at) <= 1


def test_a_value_that_is_too_deep_is_broken() -> None:
    """Rather than the end of the process."""
    assert value_at(b"[" * 1_000_000, 0, is_last=True).state is Is.BROKEN
