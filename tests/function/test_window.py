import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.window import WINDOW_SECONDS, Window

sendings = st.lists(
    st.tuples(st.floats(0, 20), st.integers(0, 2_000), st.integers(0, 2_000_000)), max_size=60
)


@given(sendings)
def test_the_load_is_the_last_minute_by_the_tighter_limit(sent: list[tuple[float, int, int]]) -> None:
    """As counted anew at every moment from all that was sent."""
    window = Window(1_000, 1_000_000)
    now, past = 0.0, []
    for pause, records, json_bytes in sent:
        now += pause
        window.add(now, records, json_bytes)
        past.append((now, records, json_bytes))
        within = [each for each in past if each[0] > now - WINDOW_SECONDS]
        by_records = sum(records for _, records, _ in within) / 1_000
        by_bytes = sum(json_bytes for _, _, json_bytes in within) / 1_000_000
        assert window.load(now) == pytest.approx(max(by_records, by_bytes))


def test_a_minute_at_the_rate_is_a_load_of_sixty() -> None:
    """And what is asked about comes on top."""
    window = Window(1_000, 1_000_000)
    for second in range(60):
        window.add(float(second), 1_000, 0)
    assert window.load(59.5) == 60
    assert window.load(59.5, 500) == 60.5
    assert window.load(60.5) == 59


def test_finds_what_was_sent_with_the_load_it_came_on_top_of() -> None:
    """That is what a 429 says was too much."""
    window = Window(1_000, 1_000_000)
    window.add(1.0, 3_000, 0)
    window.add(2.0, 500, 0)
    found = window.find(2.0)
    assert found is not None
    assert (found.load_before, found.load) == (3.0, 3.5)
    assert window.find(1.5) is None


def test_knows_what_leaves_next() -> None:
    """By when, and how much within a time."""
    window = Window(1_000, 1_000_000)
    assert window.next_change(5.0) == WINDOW_SECONDS
    window.add(10.0, 1_000, 0)
    window.add(11.0, 2_000, 0)
    assert window.next_change(12.0) == 58.0
    assert window.leaving(69.5, 0.6) == 1.0
    assert window.leaving(69.5, 2.0) == 3.0
