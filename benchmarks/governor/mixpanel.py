"""A virtual Mixpanel: one project's rolling minute, shared by everyone who sends to it."""

from bisect import bisect_left
from dataclasses import dataclass, field
from random import Random

from benchmarks.governor.engine import Engine
from function.answers import Answer, Outcome
from local.mixpanel.rate import RollingWindow

WINDOW_SECONDS = 60.0
# Source: https://docs.mixpanel.com/reference/import-events, Rate Limit (2026-08)
RECORDS_PER_SECOND, MEGABYTES_PER_MINUTE = 30_000.0, 2_000.0
ACCEPTED = Answer(Outcome.ACCEPTED, 200)
UNAVAILABLE = Answer(Outcome.RETRY, 503, "server-error")


@dataclass(slots=True)
class Count:
    """What one sender has sent, by the time of arrival."""

    times: list[float] = field(default_factory=list)
    accepted: list[int] = field(default_factory=list)
    """Records accepted up to and with each."""
    refused: list[int] = field(default_factory=list)
    """Requests answered 429 up to and with each."""

    def add(self, now: float, accepted_records: int, *, is_refused: bool) -> None:
        self.times.append(now)
        self.accepted.append((self.accepted[-1] if self.accepted else 0) + accepted_records)
        self.refused.append((self.refused[-1] if self.refused else 0) + is_refused)

    def records_between(self, start: float, end: float) -> int:
        """Accepted from `start` up to `end`."""
        return _up_to(self.accepted, self._index(end)) - _up_to(self.accepted, self._index(start))

    def requests_between(self, start: float, end: float) -> int:
        return self._index(end) - self._index(start)

    def refused_between(self, start: float, end: float) -> int:
        return _up_to(self.refused, self._index(end)) - _up_to(self.refused, self._index(start))

    def refused_share(self, start: float = 0.0, end: float = float("inf")) -> float:
        """429s among the requests."""
        return self.refused_between(start, end) / max(1, self.requests_between(start, end))

    def _index(self, at: float) -> int:
        return bisect_left(self.times, at)


def _up_to(sums: list[int], index: int) -> int:
    return sums[index - 1] if index else 0


class VirtualMixpanel:
    """The time of each call is that of its arrival, and doesn't run back.

    What is refused counts in the window, as the stricter reading of the documents has it. An outage is a time
    from and to, in which everything is answered 503 and nothing counts.
    """

    def __init__(
        self,
        records_per_second: float = RECORDS_PER_SECOND,
        *,
        retry_after_seconds: float | None = None,
        outage: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self._most_records = records_per_second * WINDOW_SECONDS
        self._limited = Answer(Outcome.RETRY, 429, "rate-limited", retry_after_seconds=retry_after_seconds)
        self._outage = outage
        self.window = RollingWindow()
        self.counts: dict[str, Count] = {}

    def receive(self, sender: str, now: float, records: int, json_bytes: int) -> Answer:
        count = self.counts.setdefault(sender, Count())
        if self._outage[0] <= now < self._outage[1]:
            count.add(now, 0, is_refused=False)
            return UNAVAILABLE
        window = self.window
        window.forget(now, WINDOW_SECONDS)
        has_room = window.has_room(records, json_bytes, self._most_records, MEGABYTES_PER_MINUTE * 1e6)
        window.take(now, records, json_bytes)
        count.add(now, records if has_room else 0, is_refused=not has_room)
        return ACCEPTED if has_room else self._limited


class LiveTraffic:
    """Requests of 20 records at random times, so many records a second on average; never tried again."""

    REQUEST_RECORDS, RECORD_BYTES = 20, 400

    def __init__(
        self,
        engine: Engine,
        mixpanel: VirtualMixpanel,
        records_per_second: float,
        start: float,
        end: float,
        random: Random,
    ) -> None:
        self._engine, self._mixpanel, self._random, self._end = engine, mixpanel, random, end
        self._requests_per_second = records_per_second / self.REQUEST_RECORDS
        engine.at(start, self._send)

    def _send(self) -> None:
        now = self._engine.now
        if now < self._end:
            json_bytes = self.REQUEST_RECORDS * self.RECORD_BYTES
            self._mixpanel.receive("live", now, self.REQUEST_RECORDS, json_bytes)
            self._engine.after(self._random.expovariate(self._requests_per_second), self._send)
