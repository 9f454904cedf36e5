"""Chunks made of fragments: full, in order, each record in exactly one."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from partitioner.jobs import Fragment, Share
from partitioner.join_plan import plan
from partitioner.segments import Limits


def fragment(number: int, batches: list[tuple[int, int]]) -> Fragment:
    """Of batches of so many records and bytes."""
    records, json_bytes = (sum(each[at] for each in batches) for at in (0, 1))
    pairs = array("I", [value for batch in batches for value in batch])
    return Fragment(number, 0, records, 1, json_bytes, 1, 2, 0, pairs.tobytes())


def records_of(shares: tuple[Share, ...]) -> list[tuple[int, int]]:
    return [
        (share.fragment, index)
        for share in shares
        for index in range(share.first, share.end)
        if index not in share.canary
    ]


@given(
    st.lists(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 50)), min_size=1, max_size=4), max_size=5),
    st.integers(1, 25),
    st.integers(10, 400),
    st.data(),
)
def test_each_record_is_in_exactly_one_chunk(
    drawn: list[list[tuple[int, int]]], most_records: int, most_bytes: int, data: st.DataObject
) -> None:
    """In order, but those of the canary; no chunk is over a limit that it could have kept."""
    fragments = [fragment(number, batches) for number, batches in enumerate(drawn)]
    canary = {
        each.number: tuple(sorted(data.draw(st.sets(st.integers(0, each.records - 1))))) for each in fragments
    }
    chunks = list(plan(fragments, Limits(most_records, most_bytes), canary))
    expected = [
        (each.number, index)
        for each in fragments
        for index in range(each.records)
        if index not in canary[each.number]
    ]
    assert [record for chunk in chunks for record in records_of(chunk)] == expected
    assert all(0 < len(records_of(chunk)) <= most_records for chunk in chunks)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(1, 25))
def test_where_bytes_are_no_matter_every_chunk_but_the_last_is_full(
    counts: list[int], most_records: int
) -> None:
    """Not one sliver for each fragment."""
    fragments = [fragment(number, [(records, 1)]) for number, records in enumerate(counts)]
    chunks = [len(records_of(chunk)) for chunk in plan(fragments, Limits(most_records, 10**9), {})]
    assert set(chunks[:-1]) <= {most_records}
    assert sum(chunks) == sum(counts)


def test_where_bytes_fill_a_chunk_it_ends_with_a_batch() -> None:
    """What is inside a batch isn't known."""
    chunks = list(plan([fragment(1, [(5, 60), (5, 60), (5, 60)])], Limits(100, 130), {}))
    assert chunks == [(Share(1, 0, 10),), (Share(1, 10, 15),)]


def test_a_batch_over_the_limit_is_a_chunk() -> None:
    """One record can be."""
    assert len(list(plan([fragment(1, [(1, 500), (1, 500)])], Limits(100, 130), {}))) == 2


def test_records_may_grow() -> None:
    """An id of a copy is longer than the one it had."""
    batches = fragment(1, [(10, 60), (10, 60)])
    assert len(list(plan([batches], Limits(100, 130), {}))) == 1
    assert len(list(plan([batches], Limits(100, 130), {}, growth_bytes=1))) == 2
