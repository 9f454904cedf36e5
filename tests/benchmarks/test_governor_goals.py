"""A small part of `python -m benchmarks.governor`: what the governor promises, held in virtual time."""

import pytest

from benchmarks.governor.engine import Engine, Process
from benchmarks.governor.mixpanel import VirtualMixpanel
from benchmarks.governor.rates import EXPONENTIAL, FIXED, OURS
from benchmarks.governor.scenarios import (
    LONG,
    MIDDLING,
    Cell,
    drain,
    live_traffic,
    outage,
    overlap,
    retry_after,
    steady,
)
from function.admission import Admission
from function.errors import DeadlineReached


@pytest.mark.parametrize("latency", [MIDDLING, LONG])
@pytest.mark.parametrize(("limit", "reachable"), [(30_000, 27_000), (20_000, 20_000), (2_700, 2_700)])
def test_almost_all_of_the_limit_is_used(
    limit: float, reachable: float, latency: tuple[float, float]
) -> None:
    """Of the smallest of the real one and ours; a fixed rate gets into endless 429s where it is lower."""
    carried, refused = steady(OURS, Cell(limit, 6, 2_000, latency), 3_600)
    assert carried > 0.95 * reachable
    assert refused < 0.02 if limit == 2_700 else refused < 0.005
    if limit < 27_000:
        assert steady(FIXED, Cell(limit, 6, 2_000, latency), 600)[1] > 0.4


@pytest.mark.slow
def test_live_traffic_is_given_way_to() -> None:
    """Half of the quota for ten minutes: hardly a request of it refused, and all of the rest used."""
    ours, fixed = live_traffic(OURS, MIDDLING), live_traffic(FIXED, MIDDLING)
    assert ours.live_refused < 0.015
    assert fixed.live_refused > 0.5
    assert ours.within > 0.9 * 15_000
    assert ours.gone > 0.97 * 27_000


def test_two_processes_settle() -> None:
    """Without an agreement; the first was there before, and keeps no more than its part."""
    run = overlap(OURS, MIDDLING)
    assert run.refused < 0.02
    assert run.smaller_share > 0.3
    assert run.together > 0.85 * 30_000


def test_a_retry_after_is_obeyed() -> None:
    """No request begins before it is over; others begin thousands."""
    assert retry_after(OURS, 2_700, 10.0, 600).early == 0
    assert retry_after(EXPONENTIAL, 2_700, 10.0, 600).early > 1_000


@pytest.mark.parametrize(("delivered", "seconds"), [(False, 60), (True, 120)])
def test_an_outage_is_probed_and_left_at_full_speed(delivered: bool, seconds: float) -> None:
    """One request each five seconds; then no minute is fuller than allowed."""
    run = outage(OURS, delivered=delivered)
    assert run.probes == 1
    assert run.recovery_seconds < seconds
    assert run.most_a_minute <= 30_000 * 60
    assert run.refused == 0
    assert (run.nacked > 0) == delivered


def test_a_backlog_drains_in_order() -> None:
    """Through the local topic's backlog and the function's admission: no nack, no pause, none left."""
    run = drain(OURS, 200, 3_600)
    assert run.done == 200
    assert run.records_per_second > 0.97 * 27_000
    assert (run.nacked, run.out_of_order) == (0, 0)
    assert run.idle_seconds < 1
    assert run.slowest_seconds < 540


def test_the_virtual_minute_counts_what_it_refuses() -> None:
    """So a sender that goes on at too high a rate is refused for ever."""
    mixpanel = VirtualMixpanel(records_per_second=100)
    said = [mixpanel.receive("a", second, 1_000, 1).status for second in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)]
    assert said == [200] * 6 + [429]
    assert mixpanel.receive("a", 60.5, 1_000, 1).status == 429
    assert mixpanel.receive("a", 62.5, 1_000, 1).status == 200


def test_processes_wait_in_virtual_time() -> None:
    """The real admission: two places, the third waits for one, the fourth until its deadline."""
    engine = Engine()
    admission = Admission(2, engine.clock, pause_seconds=60)
    log: list[tuple[float, str]] = []

    def work(name: str, seconds: float, deadline_seconds: float) -> None:
        ticket = admission.arrive(name)
        try:
            with admission.turn(ticket, alone=False, deadline_seconds=deadline_seconds):
                log.append((engine.now, name))
                with changed:
                    changed.wait(seconds)
        except DeadlineReached:
            log.append((engine.now, f"{name} too late"))

    changed = engine.clock.condition()
    for name, seconds, deadline_seconds in (("a", 10, 99), ("b", 20, 99), ("c", 30, 99), ("d", 1, 15)):
        Process(engine, lambda call=(name, seconds, deadline_seconds): work(*call))  # type: ignore[misc]
    engine.run()
    assert log == [(0.0, "a"), (0.0, "b"), (10.0, "c"), (15.0, "d too late")]


def test_a_mistake_in_a_process_is_not_lost() -> None:
    """The engine raises it."""
    engine = Engine()
    Process(engine, lambda: engine.clock.sleep(1))
    with pytest.raises(NotImplementedError):
        engine.run()
