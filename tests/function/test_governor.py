from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.answers import Answer, Outcome
from function.governor import BURST_SECONDS, PROBE_SECONDS, Governor

ACCEPTED = Answer(Outcome.ACCEPTED, 200, imported=1)
RATE_LIMITED = Answer(Outcome.RETRY, 429, "rate-limited")
UNAVAILABLE = Answer(Outcome.RETRY, 503, "server-error")

batches = st.lists(
    st.tuples(st.integers(0, 2_000), st.integers(0, 2_000_000), st.floats(0, 5)), min_size=1, max_size=60
)
answers = st.sampled_from([None, ACCEPTED, RATE_LIMITED, UNAVAILABLE, Answer(Outcome.UNSENT)])


def go_times(governor: Governor, sizes: list[tuple[int, int, float]]) -> list[float]:
    """When each batch is let through, asked for `pause` seconds after the last, waiting as told."""
    now, times = 1_000.0, []
    for records, json_bytes, pause in sizes:
        now += pause
        while (delay := governor.delay_seconds(now, records, json_bytes)) > 0:
            now += delay
        times.append(now)
    return times


@given(sizes=batches, records_per_second=st.integers(1, 60_000), megabytes_per_minute=st.integers(1, 4_000))
def test_no_span_of_time_holds_more_than_its_rate(
    sizes: list[tuple[int, int, float]], records_per_second: int, megabytes_per_minute: int
) -> None:
    """For every span between two batches: at most its rate, a second's burst, and the batch on the edge."""
    times = go_times(Governor(records_per_second, megabytes_per_minute), sizes)
    bytes_per_second = megabytes_per_minute * 1_000_000 / 60
    for first in range(len(sizes)):
        for last in range(first, len(sizes)):
            span = times[last] - times[first] + BURST_SECONDS + 1e-6
            assert sum(records for records, _, _ in sizes[first:last]) <= records_per_second * span + 1e-6
            assert sum(size for _, size, _ in sizes[first:last]) <= bytes_per_second * span + 1e-6


@given(told=st.lists(st.tuples(answers, st.floats(0, 5)), min_size=20, max_size=200))
def test_no_answer_lets_more_through_than_the_settings(told: list[tuple[Answer | None, float]]) -> None:
    """Whatever it is told, of whichever batch: no more than the rate and a second's burst; never for ever."""
    governor = Governor(1_000, 0)
    now, times = 1_000.0, []
    for answer, pause in told:
        now += pause
        for _ in range(200):
            delay = governor.delay_seconds(now, 500, 0)
            if delay == 0:
                break
            now += delay
        else:
            pytest.fail("it waits for ever")
        times.append(now)
        if answer is not None:
            governor.learn(answer, now, times[len(times) // 2])
    for first in range(len(times)):
        for last in range(first, len(times)):
            span = times[last] - times[first] + BURST_SECONDS
            assert 500 * (last - first) <= 1_000 * span + 1e-3


@pytest.mark.parametrize(
    ("records_per_second", "megabytes_per_minute", "per_minute"),
    [(27_000, 0, 810), (0, 1_800, 900), (27_000, 1_800, 810), (100_000, 1_800, 900)],
)
def test_keeps_up_with_the_rate(records_per_second: int, megabytes_per_minute: int, per_minute: int) -> None:
    """Ten minutes of full batches take ten minutes, by the tighter of the two limits."""
    times = go_times(
        Governor(records_per_second, megabytes_per_minute), [(2_000, 2_000_000, 0.0)] * (10 * per_minute)
    )
    assert times[-1] - times[0] == pytest.approx(600 - BURST_SECONDS, abs=0.3)


def test_an_idle_hour_saves_up_no_more_than_a_second() -> None:
    """Mixpanel counts a rolling minute: a burst after a pause would still be one."""
    governor = Governor(1_000, 0)
    governor.delay_seconds(0.0, 1_000, 0)
    at_once = 0
    while governor.delay_seconds(3_600.0, 100, 0) == 0:
        at_once += 100
    assert at_once == 1_100


def test_a_batch_larger_than_the_rate_goes_and_is_paid_for_afterwards() -> None:
    """Else it would wait for ever."""
    times = go_times(Governor(100, 0), [(2_000, 0, 0.0)] * 4)
    assert [later - sooner for sooner, later in pairwise(times)] == [19.0, 20.0, 20.0]


def test_what_has_to_wait_is_not_booked() -> None:
    """A caller that gives up costs the others nothing."""
    governor = Governor(1_000, 0)
    governor.delay_seconds(0.0, 2_000, 0)
    delays = {governor.delay_seconds(0.5, 2_000, 0) for _ in range(10)}
    assert delays == {0.5}


@given(sizes=batches)
def test_nought_is_off(sizes: list[tuple[int, int, float]]) -> None:
    """Both limits may be switched off."""
    governor = Governor(0, 0)
    assert all(governor.delay_seconds(7.0, records, json_bytes) == 0 for records, json_bytes, _ in sizes)


@pytest.mark.parametrize(("retry_after", "hold"), [(None, 2.0), (30.0, 30.0), (0.0, 0.0)])
def test_a_429_holds_back_everyone(retry_after: float | None, hold: float) -> None:
    """Also where both limits are off: the project's is not."""
    governor = Governor(0, 0)
    governor.learn(Answer(Outcome.RETRY, 429, "rate-limited", retry_after_seconds=retry_after), 100.0)
    if hold > 0:
        assert governor.delay_seconds(100.0, 1, 1) == hold
    assert governor.delay_seconds(100.0 + hold, 1, 1) == 0


def test_a_second_429_never_shortens_the_wait() -> None:
    """Twenty batches in flight bring twenty of them."""
    governor = Governor(0, 0)
    governor.learn(Answer(Outcome.RETRY, 429, "rate-limited", retry_after_seconds=30.0), 100.0)
    governor.learn(RATE_LIMITED, 101.0)
    assert governor.delay_seconds(101.0, 1, 1) == 29.0


@pytest.mark.parametrize("answer", [ACCEPTED, Answer(Outcome.STOP, 401, "credentials")])
def test_no_definite_answer_holds_back(answer: Answer) -> None:
    """They are their own batch's matter."""
    governor = Governor(0, 0)
    governor.learn(answer, 100.0)
    assert governor.delay_seconds(100.0, 1, 1) == 0


def test_a_failure_holds_back_nobody_for_long() -> None:
    """A lone 503, with its Retry-After, is its batch's matter; 20 ms pass before the next request."""
    governor = Governor(0, 0)
    governor.delay_seconds(100.0, 1, 1)
    governor.learn(Answer(Outcome.RETRY, 503, "server-error", retry_after_seconds=30.0), 100.0)
    assert governor.delay_seconds(100.0, 1, 1) == pytest.approx(0.02)


@pytest.mark.parametrize("failure", [UNAVAILABLE, Answer(Outcome.RETRY, 0, "timeout")])
def test_while_all_fails_one_request_each_five_seconds(failure: Answer) -> None:
    """From the ninth failure in a row on, which twenty in flight bring at once."""
    governor = Governor(27_000, 1_800)
    times = []
    now = 100.0
    for _ in range(20):
        now += governor.delay_seconds(now, 2_000, 800_000)
        governor.delay_seconds(now, 2_000, 800_000)
        times.append(now)
        governor.learn(failure, now)
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert gaps[9:] == [pytest.approx(PROBE_SECONDS)] * 10
    assert sum(gaps[:9]) < 2 * PROBE_SECONDS + 1


def test_one_success_ends_an_outage() -> None:
    """Full speed from then on, without a burst."""
    governor = Governor(27_000, 1_800)
    for _ in range(20):
        governor.learn(UNAVAILABLE, 100.0)
    governor.delay_seconds(200.0, 2_000, 800_000)
    assert governor.delay_seconds(200.0, 2_000, 800_000) == PROBE_SECONDS
    governor.learn(ACCEPTED, 200.1, 200.0)
    at_once = 0
    while governor.delay_seconds(200.1, 2_000, 800_000) == 0:
        at_once += 2_000
    assert at_once < 27_000 * BURST_SECONDS + 2_000 + 1
    assert at_once > 20_000
