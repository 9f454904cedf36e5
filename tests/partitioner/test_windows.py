"""Windows as they are written, and which one a time falls into."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partitioner.windows import MAX_WINDOWS, Edges, read_windows, windows_of

AS_OF = 1_780_000_000.5
DAY_SECONDS = 86_400


@pytest.mark.parametrize("text", ["7d,30d,rest", " 7D , 30d,REST", "12h,7d,4w,rest", "1d,rest"])
def test_windows_come_back_in_their_plain_form(text: str) -> None:
    """Spaces and capitals mean nothing."""
    words = read_windows(text)
    assert words == read_windows(words) == text.replace(" ", "").lower()


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("7d,30d", "end it with rest, like 7d,30d,rest"),
        ("", "end it with rest"),
        ("rest", "rest alone is no window"),
        ("30d,7d,rest", "say the newest window first"),
        ("7d,1w,rest", "1w is no longer than 7d"),
        ("7,rest", "'7' is no length of time"),
        ("0d,rest", "12h, 7d and 4w are"),
        ("7d,,rest", "'' is no length of time"),
        ("7d,rest,rest", "'rest' is no length of time"),
        ("\u0661d,rest", "is no length of time"),
        (",".join([*(f"{day}d" for day in range(1, MAX_WINDOWS + 1)), "rest"]), "32 are the most"),
    ],
)
def test_what_is_no_list_of_windows_is_told_how_one_looks(text: str, fix: str) -> None:
    """Each mistake has its own fix."""
    with pytest.raises(ValueError, match=fix):
        read_windows(text)


def test_folders_sort_newest_first() -> None:
    """As they stand in a listing, so they are imported."""
    windows = windows_of("12h,7d,30d,rest", AS_OF)
    assert [window.folder for window in windows] == ["01-12h/", "02-7d/", "03-30d/", "04-rest/"]
    assert windows[1].since == AS_OF - 7 * DAY_SECONDS
    assert windows[1].until == windows[0].since
    assert (windows[0].until, windows[-1].since) == (None, None)


@given(
    st.lists(st.integers(1, 2_000), min_size=1, max_size=MAX_WINDOWS - 1, unique=True).map(sorted),
    st.lists(st.integers(-3_000 * DAY_SECONDS, DAY_SECONDS), max_size=50),
)
def test_a_time_falls_into_exactly_the_window_that_says_so(days: list[int], ages: list[int]) -> None:
    """Of each time exactly one window holds [since, until), and it is the one that is told."""
    windows = windows_of(",".join([*(f"{day}d" for day in days), "rest"]), AS_OF)
    edges = [int(window.since) for window in windows if window.since is not None]
    times = [int(AS_OF) + age for age in ages] + edges + [edge + 1 for edge in edges]
    for time, told in zip(times, Edges.of(windows).windows_of(times), strict=True):
        holding = [
            number
            for number, window in enumerate(windows)
            if (window.since is None or window.since <= time)
            and (window.until is None or time < window.until)
        ]
        assert holding == [told]
