"""Of checked records those of a time: nothing of the others is left, not even a count."""

from hypothesis import given
from hypothesis import strategies as st

from function.records import check
from partitioner.interval import Interval, chosen
from tests.fakes.exports import TIME_SECONDS, record

NOW = TIME_SECONDS + 86_400.0


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.booleans()), max_size=12),
    st.none() | st.integers(0, 10),
    st.none() | st.integers(0, 10),
)
def test_what_is_outside_might_as_well_not_be_there(
    drawn: list[tuple[int, bool, bool]], since: int | None, until: int | None
) -> None:
    """Lines, heads, places and counts are those of a check of the records inside alone; flaws all stay."""
    lines = [
        b"noise" if is_flawed else record(age, **{"$insert_id": None if lacks_id else f"id-{age}"})
        for age, lacks_id, is_flawed in drawn
    ]
    interval = Interval(
        None if since is None else TIME_SECONDS + since, None if until is None else TIME_SECONDS + until
    )
    inside = interval.inside(check(lines, NOW), lines, NOW)
    kept = [
        index
        for index, (age, _, is_flawed) in enumerate(drawn)
        if not is_flawed and (since is None or age >= since) and (until is None or age < until)
    ]
    alone = check([lines[index] for index in kept], NOW)
    assert (inside.lines, list(inside.heads), inside.added) == (alone.lines, list(alone.heads), alone.added)
    assert list(inside.indexes) == kept
    assert inside.flaws == check(lines, NOW).flaws


def test_milliseconds_are_judged_by_their_second() -> None:
    """As Mixpanel keeps them: 999 ms behind the last second is still that second."""
    lines = [record(1, time=TIME_SECONDS * 1000 + 999), record(2, time=TIME_SECONDS + 1)]
    inside = Interval(TIME_SECONDS, TIME_SECONDS + 1).inside(check(lines, NOW), lines, NOW)
    assert inside.lines == lines[:1]


def test_all_places_chosen_are_the_same_records() -> None:
    """Without a copy."""
    checked = check([record(1), record(2)], NOW)
    assert chosen(checked, [0, 1]).lines is checked.lines
