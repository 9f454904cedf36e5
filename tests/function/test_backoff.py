import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.backoff import backoff_seconds


@pytest.mark.parametrize(
    ("attempt", "seconds"),
    [(1, 3.0), (2, 5.0), (3, 9.0), (4, 17.0), (5, 33.0), (6, 61.0), (7, 61.0), (10**9, 61.0)],
)
def test_doubles_from_two_to_sixty_seconds(attempt: int, seconds: float) -> None:
    """Each with the least jitter, a second."""
    assert backoff_seconds(attempt, None, lambda: 0.0) == seconds


@given(attempt=st.integers(1, 10_000), random=st.floats(0, 1, exclude_max=True))
def test_jitter_is_one_to_five_seconds(attempt: int, random: float) -> None:
    """On top of the doubling, whatever the attempt."""
    jitter_seconds = backoff_seconds(attempt, None, lambda: random) - min(60.0, 2.0 ** min(attempt, 10))
    assert 1 - 1e-9 <= jitter_seconds <= 5


@given(attempt=st.integers(1, 100), retry_after=st.floats(0, 3600), random=st.floats(0, 1, exclude_max=True))
def test_a_retry_after_is_obeyed(attempt: int, retry_after: float, random: float) -> None:
    """Never sooner, and with the jitter still, so that not all of a second come back at once."""
    seconds = backoff_seconds(attempt, retry_after, lambda: random)
    assert retry_after + 1 <= seconds <= retry_after + 5 + 1e-9
