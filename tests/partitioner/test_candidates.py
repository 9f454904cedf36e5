"""The canary's records: spread over events, and the same whoever collected them in which order."""

from collections import Counter
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from partitioner import candidates
from partitioner.candidates import Candidates

MOST = 20
MUCH = 10**9


def found(fragments: dict[int, list[str]], order: list[int], most: int = MOST) -> Candidates:
    """Each fragment's records have these events; collected one by one, then put together in this order."""
    whole = Candidates(most, window=0)
    for fragment in order:
        some = Candidates(most)
        for first in range(0, len(fragments[fragment]), 7):
            events = fragments[fragment][first : first + 7]
            lines = [f"{fragment} {first + at} {event}".encode() for at, event in enumerate(events)]
            some.add(0, fragment, first, lines, events)
        whole.merge(some)
    return whole


@given(
    st.lists(st.lists(st.integers(0, 60).map("e{}".format), max_size=120), min_size=1, max_size=5),
    st.permutations(range(5)),
)
def test_the_same_records_whatever_the_order(drawn: list[list[str]], shuffled: list[int]) -> None:
    """Fragments are put together as workers finish; what comes of it depends on the records alone."""
    fragments = dict(enumerate(drawn))
    expected = found(fragments, list(fragments)).chosen(MUCH)
    order = [number for number in shuffled if number in fragments]
    assert found(fragments, order).chosen(MUCH) == expected


@given(st.lists(st.integers(0, 60).map("e{}".format), min_size=1, max_size=400))
def test_each_event_gets_its_share(events: list[str]) -> None:
    """As many of each, but for one; a rare event is there with all it has, and no place is left."""
    chosen = found({3: events}, [3]).chosen(MUCH)[3]
    assert list(chosen) == sorted(set(chosen))
    there, taken = Counter(events), Counter(events[index] for index in chosen)
    assert len(chosen) <= MOST
    if len(there) >= MOST:
        assert set(taken.values()) == {1}
        assert len(chosen) == MOST
    else:
        most = max(taken.values())
        assert all(most - 1 <= number or number == there[event] for event, number in taken.items())
        assert taken.keys() == there.keys()
        assert taken == there or len(chosen) == MOST


def test_a_newer_window_takes_the_place_of_an_older_one() -> None:
    """Only the newest window of all has a canary, so only the newest of a segment may matter."""
    some = Candidates(MOST)
    some.add(2, 10, 0, [b"old"], ["e"])
    some.add(1, 11, 0, [b"new"], ["e"])
    some.add(2, 10, 1, [b"old again"], ["e"])
    assert some.chosen(MUCH) == {11: (0,)}


def test_a_canary_has_at_most_so_many_bytes() -> None:
    """But one record, which no limit can make smaller."""
    some = Candidates(MOST)
    some.add(0, 1, 0, [b"x" * 100] * 5, ["e"] * 5)
    assert [len(some.chosen(most_bytes)[1]) for most_bytes in (1, 101, 202, 505)] == [1, 1, 2, 5]


def test_what_is_held_is_bounded() -> None:
    """However many records and names of events there are."""
    some, numbers = Candidates(MOST), count()
    for _ in range(200):
        events = [f"e{next(numbers)}" for _ in range(50)]
        some.add(0, 1, 0, [event.encode() for event in events], events)
        assert some.held <= candidates._SPARE * MOST + 50
