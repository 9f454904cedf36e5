"""Heads in columns are a list of heads, to whoever looks."""

from hypothesis import given
from hypothesis import strategies as st

from function.heads import Head, Heads

HEADS = st.builds(Head, st.text(), st.integers(), st.text(), st.text())


def columns(heads: list[Head]) -> Heads:
    return Heads(
        [head.event for head in heads],
        [head.time for head in heads],
        [head.distinct_id for head in heads],
        [head.insert_id for head in heads],
    )


@given(st.lists(HEADS), st.slices(9))
def test_read_like_a_list(heads: list[Head], part: slice) -> None:
    """By number, by slice, one after the other, and compared with one."""
    read = columns(heads)
    assert len(read) == len(heads)
    assert [read[at] for at in range(len(heads))] == list(read) == heads
    assert read == heads
    assert heads == read
    assert read[part] == heads[part]
    assert read != [*heads, Head("", 0, "", "")]


@given(st.lists(HEADS), HEADS, st.integers(0, 9))
def test_put_in_like_into_a_list(heads: list[Head], head: Head, at: int) -> None:
    """At any place."""
    read = columns(heads)
    read.insert(at, head)
    heads.insert(at, head)
    assert read == heads
