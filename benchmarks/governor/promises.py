"""What the governor is to keep: each goal with the figure of ours and of the references, same scenario.

Steady cases are run for an hour with 1, 6 and 32 chunks at once, batches of 200 and 2,000 records, answers in
about 20 ms, 250 ms and 1.25 s; the worst of these counts. (200 records only with 20 ms, and for ten
minutes: 20 in flight carry no more.) Live traffic and overlapping processes are random: the mean of six runs
counts, the worst stands beside it.
"""

from collections.abc import Callable, Iterator
from statistics import mean

from benchmarks.goals import Goal
from benchmarks.governor.lines import Line, each
from benchmarks.governor.mixpanel import RECORDS_PER_SECOND as DOCUMENTED
from benchmarks.governor.mixpanel import WINDOW_SECONDS
from benchmarks.governor.rates import RECORDS_PER_SECOND as SETTING
from benchmarks.governor.scenarios import (
    LONG,
    MIDDLING,
    SHORT,
    Cell,
    drain,
    live_traffic,
    outage,
    overlap,
    retry_after,
    steady,
)

LOWER_PLAN, TENTH = 20_000.0, SETTING / 10
TWO_SECONDS = (2.0, 2.0)

IN_FLIGHT = (
    "20 requests of 2,000 records that take 2 s each are 20,000 records a second, whatever decides when they "
    "go; Mixpanel advises 10 to 20 clients, so more are for BATCHES_IN_FLIGHT to say (see the next line)"
)
SLOW_ANSWERS = (
    "before the first 429 is known, up to 20 more requests are on their way, are refused and count (with "
    "answers in 0.1 to 0.4 s: 2 to 5). Fewer in flight would not carry the limit where answers are slow"
)


def goals(*, small: bool = False) -> Iterator[Goal]:
    """Each as soon as it is measured. `small`: a minute's worth of them."""
    yield from _steady(small=small)
    yield from _drained(300 if small else 5_000)
    seeds = range(1, 2 if small else 7)
    yield from _live(seeds, (MIDDLING,) if small else (SHORT, MIDDLING, LONG))
    yield from _overlapping(seeds, (MIDDLING,) if small else (SHORT, MIDDLING, LONG))
    yield from _held_back()
    yield from _outages((300.0,) if small else (300.0, 420.0, 540.0))


def _steady(*, small: bool) -> Iterator[Goal]:
    every_chunks = (6,) if small else (1, 6, 32)
    kinds = [(2_000, MIDDLING)] if small else [(200, SHORT), (2_000, SHORT), (2_000, MIDDLING), (2_000, LONG)]
    for limit, what in ((DOCUMENTED, "the settings"), (LOWER_PLAN, "a plan of 20,000/s")):
        reachable = min(limit, SETTING)

        def worst(rate: str, limit: float = limit, reachable: float = reachable) -> tuple[float, float]:
            runs = [
                steady(rate, Cell(limit, chunks, records, latency), 600 if records == 200 or small else 3_600)
                for chunks in every_chunks
                for records, latency in kinds
            ]
            return min(carried for carried, _ in runs) / reachable, max(refused for _, refused in runs)

        yield from each(
            worst,
            Line(
                f"Governor, {what}: used, worst case", lambda w: f"{w[0]:.1%}", "97 %", lambda w: w[0] >= 0.97
            ),
            Line(
                f"Governor, {what}: 429s, worst case", lambda w: f"{w[1]:.2%}", "under 0.5 %", _under(0.005)
            ),
        )
    for in_flight, argued in ((20, IN_FLIGHT), (40, "")):
        cell = Cell(DOCUMENTED, 6, 2_000, TWO_SECONDS, in_flight)
        yield from each(
            lambda rate, cell=cell: steady(rate, cell, 600),  # type: ignore[misc]
            Line(
                f"Governor, every answer in 2 s, {in_flight} in flight: used",
                lambda w: f"{w[0] / SETTING:.1%}",
                "97 %",
                lambda w: w[0] >= 0.97 * SETTING,
                argued,
            ),
        )


def _under(share: float) -> Callable[[tuple[float, float]], bool]:
    return lambda measured: measured[1] < share


def _drained(chunks: int) -> Iterator[Goal]:
    backlog = f"Backlog of {chunks:,} chunks"
    # A third more time than at the settings: a sender that needs longer is not waited for.
    most_seconds = chunks * 200_000 / SETTING * 4 / 3
    yield from each(
        lambda rate: drain(rate, chunks, most_seconds),
        Line(
            f"{backlog}: used",
            lambda d: f"{d.records_per_second / SETTING:.1%}",
            "97 %",
            lambda d: d.records_per_second >= 0.97 * SETTING,
        ),
        Line(f"{backlog}: 429s", lambda d: f"{d.refused:.2%}", "under 0.5 %", lambda d: d.refused < 0.005),
        Line(
            f"{backlog}: places out of order",
            lambda d: f"{d.out_of_order}",
            "under 32",
            lambda d: d.out_of_order < 32,
        ),
        Line(
            f"{backlog}: deliveries nacked",
            lambda d: f"{d.nacked:.2%}",
            "under 1 %",
            lambda d: d.nacked < 0.01,
        ),
        Line(
            f"{backlog}: longest idle",
            lambda d: f"{d.idle_seconds:.2f} s",
            "1 s",
            lambda d: d.idle_seconds <= 1,
        ),
        Line(
            f"{backlog}: done, slowest",
            lambda d: f"{d.done:,}; {d.slowest_seconds:.0f} s",
            f"{chunks:,}; within one invocation of 540 s",
            lambda d: d.done == chunks and d.slowest_seconds < 540,
        ),
    )


def _answers(latency: tuple[float, float]) -> str:
    return f"answers in {latency[0]:g} to {latency[1]:g} s"


def _live(seeds: range, latencies: tuple[tuple[float, float], ...]) -> Iterator[Goal]:
    for latency in latencies:
        argued = SLOW_ANSWERS if latency == LONG else ""
        live = f"Live traffic, {_answers(latency)}"
        yield from each(
            lambda rate, latency=latency: [live_traffic(rate, latency, seed) for seed in seeds],  # type: ignore[misc]
            Line(
                f"{live}: its 429s, mean and worst",
                lambda runs: (
                    f"{mean(r.live_refused for r in runs):.2%}, {max(r.live_refused for r in runs):.2%}"
                ),
                "mean under 1 %",
                lambda runs: mean(r.live_refused for r in runs) < 0.01,
                argued,
            ),
            Line(
                f"{live}: of its rest used",
                lambda runs: f"{min(r.within for r in runs) / (DOCUMENTED / 2):.1%}",
                "90 %",
                lambda runs: min(r.within for r in runs) >= 0.9 * DOCUMENTED / 2,
            ),
            Line(
                f"{live}: a minute after it went",
                lambda runs: f"{mean(r.gone for r in runs) / SETTING:.1%}",
                "97 %",
                lambda runs: mean(r.gone for r in runs) >= 0.97 * SETTING,
                argued,
            ),
        )


def _overlapping(seeds: range, latencies: tuple[tuple[float, float], ...]) -> Iterator[Goal]:
    for latency in latencies:
        argued = SLOW_ANSWERS if latency == LONG else ""
        two = f"Two processes, {_answers(latency)}"
        yield from each(
            lambda rate, latency=latency: [overlap(rate, latency, seed) for seed in seeds],  # type: ignore[misc]
            Line(
                f"{two}: 429s, mean and worst",
                lambda runs: f"{mean(r.refused for r in runs):.2%}, {max(r.refused for r in runs):.2%}",
                "mean under 2 %",
                lambda runs: mean(r.refused for r in runs) < 0.02,
                argued,
            ),
            Line(
                f"{two}: smaller part, mean and worst",
                lambda runs: (
                    f"{mean(r.smaller_share for r in runs):.0%}, {min(r.smaller_share for r in runs):.0%}"
                ),
                "mean 30 %",
                lambda runs: mean(r.smaller_share for r in runs) >= 0.3,
            ),
            Line(
                f"{two}: both, of 30,000/s",
                lambda runs: f"{min(r.together for r in runs) / DOCUMENTED:.1%}",
                "85 %",
                lambda runs: min(r.together for r in runs) >= 0.85 * DOCUMENTED,
            ),
        )


def _held_back() -> Iterator[Goal]:
    yield from each(
        lambda rate: steady(rate, Cell(TENTH, 6, 2_000, MIDDLING), 3_600),
        Line(
            "A limit of a tenth: used",
            lambda w: f"{w[0] / TENTH:.1%}",
            "95 %",
            lambda w: w[0] >= 0.95 * TENTH,
        ),
        Line("A limit of a tenth: 429s in an hour", lambda w: f"{w[1]:.2%}", "under 1 %", _under(0.01)),
    )
    yield from each(
        lambda rate: retry_after(rate, TENTH, 10.0, 3_600),
        Line(
            "A limit of a tenth, Retry-After: requests before its end",
            lambda r: f"{r.early:,}",
            "0",
            lambda r: r.early == 0,
        ),
    )


def _outages(starts: tuple[float, ...]) -> Iterator[Goal]:
    most_a_minute = DOCUMENTED * WINDOW_SECONDS
    for delivered, what, seconds in ((False, "admitted", 60), (True, "nacked", 120)):
        name = f"Outage, {what} chunks"
        yield from each(
            lambda rate, delivered=delivered: [outage(rate, delivered=delivered, start=at) for at in starts],  # type: ignore[misc]
            Line(
                f"{name}: requests in any 5 s",
                lambda runs: f"{max(r.probes for r in runs)}",
                "6",
                lambda runs: max(r.probes for r in runs) <= 6,
            ),
            Line(
                f"{name}: full speed after",
                lambda runs: f"{max(r.recovery_seconds for r in runs):.0f} s",
                f"{seconds} s",
                lambda runs, seconds=seconds: max(r.recovery_seconds for r in runs) <= seconds,  # type: ignore[misc]
            ),
            Line(
                f"{name}: fullest minute; 429s",
                lambda runs: f"{max(r.most_a_minute for r in runs):,}; {sum(r.refused for r in runs)}",
                f"{most_a_minute:,.0f}; 0",
                lambda runs: (
                    max(r.most_a_minute for r in runs) <= most_a_minute and not sum(r.refused for r in runs)
                ),
            ),
        )
