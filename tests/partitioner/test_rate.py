"""`upload --rate`: so much a second over any stretch, in the manifest's order."""

from dataclasses import replace

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partitioner.rate import Pace, Rate, RateType
from tests.fakes.cloud import make_chunk
from tests.fakes.hand_clock import HandClock

CHUNK = make_chunk("a", b"content")


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("10000", Rate(10_000)),
        ("10,000", Rate(10_000)),
        ("0.5", Rate(0.5)),
        ("20MB", Rate(20e6, is_of_bytes=True)),
        ("500 kb", Rate(500e3, is_of_bytes=True)),
        ("1.5GB", Rate(1.5e9, is_of_bytes=True)),
    ],
)
def test_a_rate_is_of_records_or_bytes(text: str, rate: Rate) -> None:
    """The unit tells."""
    assert RateType().convert(text, None, None) == rate


@pytest.mark.parametrize("text", ["", "fast", "0", "-5", "MB", "nan", "inf", "20TB"])
def test_what_is_no_rate_is_told_how_one_looks(text: str) -> None:
    """A matter of usage."""
    with pytest.raises(click.BadParameter, match="10000 is so many records a second, 20MB bytes of JSON"):
        RateType().convert(text, None, None)


@given(st.lists(st.tuples(st.integers(1, 1_000), st.floats(0, 20)), min_size=2, max_size=30), st.booleans())
def test_no_stretch_of_time_has_more_than_its_share(
    chunks: list[tuple[int, float]], is_of_bytes: bool
) -> None:
    """Between the beginnings of any two chunks what began is at most the rate times the seconds passed."""
    clock, rate = HandClock(), 100.0
    pace = Pace(Rate(rate, is_of_bytes), clock.clock)
    begun = []
    for amount, pause_seconds in chunks:
        clock.advance(pause_seconds)
        pace.wait(replace(CHUNK, json_bytes=amount) if is_of_bytes else replace(CHUNK, records=amount))
        begun.append((clock.monotonic_seconds(), amount))
    assert begun[0][0] == chunks[0][1], "the first waits for nothing"
    for first, (began, _) in enumerate(begun):
        amount = 0
        for later in range(first + 1, len(begun)):
            amount += begun[later - 1][1]
            assert amount <= rate * (begun[later][0] - began) + 1e-6


def test_it_is_no_slower_than_its_rate() -> None:
    """Without pauses all of the rate is used."""
    clock = HandClock()
    pace = Pace(Rate(10), clock.clock)
    for _ in range(11):
        pace.wait(replace(CHUNK, records=20))
    assert clock.monotonic_seconds() == pytest.approx(20)
