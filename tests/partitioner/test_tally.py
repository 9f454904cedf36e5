"""Rejections by reason."""

from function.records import Flaw
from partitioner.jobs import Reason, Sample
from partitioner.tally import MAX_REASONS, OTHER, Tally


def tally_of(*messages: str) -> Tally:
    tally = Tally()
    for line, message in enumerate(messages, 1):
        tally.add(Flaw("f", message), Sample("a", line))
    return tally


def test_the_first_three_places_of_a_reason_are_kept() -> None:
    """Enough to look at, and no more to hold."""
    (reason,) = tally_of(*"xxxxx").reasons()
    assert reason == Reason("f", "x", 5, (Sample("a", 1), Sample("a", 2), Sample("a", 3)))


def test_the_commonest_come_first() -> None:
    """Equal ones in the input's order."""
    assert [reason.message for reason in tally_of(*"abbcca").commonest()] == ["a", "b", "c"]
    assert [reason.message for reason in tally_of(*"abccb").commonest()] == ["b", "c", "a"]


def test_tallies_add_up_as_if_they_had_been_one() -> None:
    """Chunk by chunk or all at once."""
    both = Tally()
    both.add_all(tally_of(*"ab").reasons())
    both.add_all(tally_of(*"bc").reasons())
    assert [(reason.message, reason.count) for reason in both.reasons()] == [("a", 1), ("b", 2), ("c", 1)]
    assert both.total == 4


def test_a_thousand_reasons_are_a_hundred_and_others() -> None:
    """A reason may name a property, and an export may have any number of those."""
    tally = tally_of(*map(str, range(1000)))
    reasons = tally.reasons()
    assert len(reasons) == MAX_REASONS + 1
    assert (reasons[-1].field, reasons[-1].message, reasons[-1].count) == (*OTHER, 1000 - MAX_REASONS)
    assert tally.total == 1000
