"""Objects out of columns, whatever the columns are called."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from partitioner.formats.objects import objects_of


@given(st.data(), st.lists(st.text(), max_size=40, unique=True), st.integers(1, 4))
def test_each_row_has_what_its_columns_have_in_their_order(
    data: st.DataObject, names: list[str], count: int
) -> None:
    """And no more: names are text, and never read as code."""
    values = st.none() | st.integers()
    columns: list[list[Any]] = [data.draw(st.lists(values, min_size=count, max_size=count)) for _ in names]
    expected = [
        [(name, column[row]) for name, column in zip(names, columns, strict=True) if column[row] is not None]
        for row in range(count)
    ]
    assert [list(made.items()) for made in objects_of(names, columns, count)] == expected
