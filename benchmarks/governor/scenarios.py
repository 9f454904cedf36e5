"""Each scenario, run with one of the three rates: what came of it as numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from benchmarks.governor.delivery import Delivery
from benchmarks.governor.engine import Engine
from benchmarks.governor.mixpanel import RECORDS_PER_SECOND, Count, LiveTraffic, VirtualMixpanel
from benchmarks.governor.rates import RATES
from benchmarks.governor.sending import FOREVER, ChunkWork, Pool
from function.mixpanel import Parcel

RECORD_BYTES = 400
ENDLESS_BATCHES = 10**9
# Seconds, drawn evenly.
SHORT, MIDDLING, LONG = (0.01, 0.03), (0.1, 0.4), (0.5, 2.0)
Latency = tuple[float, float]


@dataclass(slots=True)
class World:
    """One project, and whoever sends to it."""

    engine: Engine
    mixpanel: VirtualMixpanel
    random: Random

    def pool(self, name: str, rate: str, latency: Latency, in_flight: int = 20) -> Pool:
        random = self.random
        return Pool(
            self.engine,
            name,
            self.mixpanel,
            RATES[rate](),
            in_flight=in_flight,
            latency_seconds=lambda: random.uniform(*latency),
        )

    def work(self, pool: Pool, chunks: int, records: int = 2_000, until: float = FOREVER) -> None:
        """So many chunks that never end."""
        for number in range(chunks):
            ChunkWork(
                self.engine,
                pool,
                f"chunk-{number}",
                ENDLESS_BATCHES,
                Parcel(b"", records, records * RECORD_BYTES),
                self.random,
                posts_until=until,
            )

    def count(self, name: str) -> Count:
        return self.mixpanel.counts.setdefault(name, Count())


def world(seed: int = 1, **mixpanel: float | tuple[float, float] | None) -> World:
    return World(Engine(), VirtualMixpanel(**mixpanel), Random(seed))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Cell:
    """One steady case."""

    limit: float
    chunks: int
    records: int
    latency: Latency
    in_flight: int = 20


def steady(rate: str, cell: Cell, seconds: float) -> tuple[float, float]:
    """Records a second over all of it, beginning included; 429s among the requests."""
    on = world(records_per_second=cell.limit)
    on.work(on.pool("ours", rate, cell.latency, cell.in_flight), cell.chunks, cell.records)
    on.engine.run(seconds)
    count = on.count("ours")
    return count.records_between(0, seconds) / seconds, count.refused_share()


@dataclass(frozen=True, slots=True)
class LiveRun:
    """`come` and `gone`: records a second of ours, the second minute after the traffic came and went.
    `within`: those of the time between, but for the first minute.
    """

    come: float
    within: float
    gone: float
    live_refused: float
    refused: float


def live_traffic(rate: str, latency: Latency, seed: int = 1) -> LiveRun:
    """Ten minutes of others' traffic, half of the quota; five minutes of ours before."""
    start, end = 300.0, 900.0
    on = world(seed)
    on.work(on.pool("ours", rate, latency), chunks=6)
    LiveTraffic(on.engine, on.mixpanel, RECORDS_PER_SECOND / 2, start, end, on.random)
    on.engine.run(end + 120)
    ours, live = on.count("ours"), on.count("live")
    return LiveRun(
        ours.records_between(start + 60, start + 120) / 60,
        ours.records_between(start + 60, end) / (end - start - 60),
        ours.records_between(end + 60, end + 120) / 60,
        live.refused_share(),
        ours.refused_share(start, end),
    )


@dataclass(frozen=True, slots=True)
class Overlap:
    """`smaller_share` of the last two minutes together; `together` in records a second, but for the first
    minute; `after`: of the one that stays, in the second minute alone.
    """

    refused: float
    smaller_share: float
    together: float
    after: float


def overlap(rate: str, latency: Latency, seed: int = 1) -> Overlap:
    """Two processes that know nothing of each other, for five minutes; the first was there before."""
    start, end = 300.0, 600.0
    on = world(seed)
    on.work(on.pool("old", rate, latency), chunks=6, until=end)
    on.engine.at(start, lambda: on.work(on.pool("new", rate, latency), chunks=6))
    on.engine.run(end + 120)
    counts = [on.count("old"), on.count("new")]
    last = [count.records_between(end - 120, end) for count in counts]
    refused = sum(count.refused_between(start, end) for count in counts)
    return Overlap(
        refused / sum(count.requests_between(start, end) for count in counts),
        min(last) / max(1, sum(last)),
        sum(count.records_between(start + 60, end) for count in counts) / (end - start - 60),
        counts[1].records_between(end + 60, end + 120) / 60,
    )


@dataclass(frozen=True, slots=True)
class RetryAfterRun:
    """`early`: requests begun while a Retry-After that was known ran."""

    records_per_second: float
    refused: float
    early: int


def retry_after(rate: str, limit: float, retry_after_seconds: float, seconds: float) -> RetryAfterRun:
    on = world(records_per_second=limit, retry_after_seconds=retry_after_seconds)
    pool = on.pool("ours", rate, MIDDLING)
    on.work(pool, chunks=6)
    on.engine.run(seconds)
    count = on.count("ours")
    early = 0
    refusals = iter([*pool.refused, FOREVER])
    held_until, next_refusal = 0.0, next(refusals)
    for begun in pool.begun:
        while next_refusal < begun:
            held_until, next_refusal = next_refusal + retry_after_seconds, next(refusals)
        early += begun < held_until - 1e-6
    return RetryAfterRun(count.records_between(0, seconds) / seconds, count.refused_share(), early)


@dataclass(frozen=True, slots=True)
class OutageRun:
    """`probes`: the most requests begun in any five seconds of the outage, but for its first ten.
    `recovery_seconds`: from its end until full speed for good. `most_a_minute`: records that arrived in any
    minute, refused or not. `nacked`: the share of deliveries.
    """

    probes: int
    recovery_seconds: float
    refused: int
    most_a_minute: int
    nacked: float


def outage(rate: str, *, delivered: bool, start: float = 300.0, seed: int = 1) -> OutageRun:
    """Ten minutes of 503; with chunks that never end, or delivered by the topic, so that they are nacked."""
    end = start + 600.0
    on = world(seed, outage=(start, end))
    pool = on.pool("ours", rate, MIDDLING)
    delivery = None
    if delivered:
        parcel = Parcel(b"", 2_000, 2_000 * RECORD_BYTES)
        delivery = Delivery(on.engine, pool, on.random, chunks=400, batches=100, parcel=parcel)
    else:
        on.work(pool, chunks=6)
    on.engine.run(end + 240)
    count = on.count("ours")
    probes = [at for at in pool.begun if start + 10 <= at < end]
    most = max((sum(at <= other < at + 5 for other in probes) for at in probes[:2_000]), default=0)
    span, needed = 10.0, 0.97 * 27_000
    slow = [
        second + span
        for second in range(235)
        if count.records_between(end + second, end + second + span) < needed * span and second < 220
    ]
    return OutageRun(
        most,
        max(slow, default=0.0),
        count.refused_between(0, FOREVER),
        on.mixpanel.window.most_records,
        delivery.nacked_share if delivery else 0.0,
    )


@dataclass(frozen=True, slots=True)
class DrainRun:
    """`out_of_order`: how many places a chunk began before its own, at most. `idle_seconds`: the longest time
    between two requests while chunks waited. `slowest_seconds`: from a chunk's delivery to its end, at most.
    """

    done: int
    records_per_second: float
    refused: float
    nacked: float
    out_of_order: int
    idle_seconds: float
    slowest_seconds: float


def drain(rate: str, chunks: int, most_seconds: float, latency: Latency = MIDDLING) -> DrainRun:
    """Chunks of 200,000 records through the topic."""
    batches, records = 100, 2_000
    on = world()
    pool = on.pool("ours", rate, latency)
    parcel = Parcel(b"", records, records * RECORD_BYTES)
    delivery = Delivery(on.engine, pool, on.random, chunks=chunks, batches=batches, parcel=parcel)
    while not delivery.is_drained and on.engine.now < most_seconds:
        on.engine.run(on.engine.now + 60)
    count = on.count("ours")
    seconds = count.times[-1]
    return DrainRun(
        len(delivery.seconds),
        count.records_between(0, FOREVER) / seconds,
        count.refused_share(),
        delivery.nacked_share,
        max((abs(place - number) for place, number in enumerate(delivery.begun)), default=0),
        max((later - sooner for sooner, later in pairwise(pool.begun)), default=0.0),
        max(delivery.seconds.values(), default=0.0),
    )


Scenario = Callable[[str], object]
