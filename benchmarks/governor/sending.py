"""The function's sender in virtual time: real queue, governor and backoff; its threads are events."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from benchmarks.governor.engine import Engine
from benchmarks.governor.mixpanel import VirtualMixpanel
from function.answers import Answer, Outcome
from function.backoff import backoff_seconds
from function.chunk_import import SPARE_BATCHES
from function.mixpanel import Parcel
from function.parcel_queue import ParcelQueue, Rate

FOREVER = float("inf")


@dataclass(slots=True, eq=False)
class Batch:
    parcel: Parcel
    begins_before: float
    answered: Callable[["Batch", Answer], None]
    attempt: int = 1


class Pool:
    """So many requests at once, each of `latency_seconds()`: half of it there, half of it back."""

    def __init__(
        self,
        engine: Engine,
        name: str,
        mixpanel: VirtualMixpanel,
        rate: Rate,
        *,
        in_flight: int,
        latency_seconds: Callable[[], float],
    ) -> None:
        self._engine, self._name, self._mixpanel = engine, name, mixpanel
        self.in_flight, self._free, self._latency_seconds = in_flight, in_flight, latency_seconds
        self.queue: ParcelQueue[Batch] = ParcelQueue(rate)
        self.begun: list[float] = []
        """When each request began."""
        self.refused: list[float] = []
        """When each 429 was known."""
        self._look_at = FOREVER

    def submit(self, lane: str, batch: Batch) -> None:
        if self.queue.add(lane, batch):
            self._look()

    def _look(self) -> None:
        while self._free:
            now = self._engine.now
            turn = self.queue.turn(now)
            if turn.taken is not None:
                self._begin(turn.taken)
            elif not turn.late:
                if turn.wait_seconds is not None and now + turn.wait_seconds < self._look_at:
                    self._look_at = now + turn.wait_seconds
                    self._engine.at(self._look_at, self._look_again)
                return

    def _look_again(self) -> None:
        if self._engine.now >= self._look_at:
            self._look_at = FOREVER
        self._look()

    def _begin(self, batch: Batch) -> None:
        engine, sent_at, latency_seconds = self._engine, self._engine.now, self._latency_seconds()
        self._free -= 1
        self.begun.append(sent_at)

        def arrive() -> None:
            parcel = batch.parcel
            answer = self._mixpanel.receive(self._name, engine.now, parcel.records, parcel.json_bytes)
            engine.after(latency_seconds / 2, lambda: self._end(batch, answer, sent_at))

        engine.after(latency_seconds / 2, arrive)

    def _end(self, batch: Batch, answer: Answer, sent_at: float) -> None:
        self._free += 1
        if answer.status == 429:
            self.refused.append(self._engine.now)
        for recover in self.queue.learn(answer, self._engine.now, sent_at):
            recover()
        batch.answered(batch, answer)
        self._look()


class ChunkWork:
    """One chunk's batches as the importer and its courier have them: so many under way, retries put off.

    One at a time until the first is accepted. `done` is called once, with the number of batches left: none,
    or those that were not accepted when time was up.
    """

    def __init__(
        self,
        engine: Engine,
        pool: Pool,
        lane: str,
        batches: int,
        parcel: Parcel,
        random: Random,
        *,
        posts_until: float = FOREVER,
        done: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._engine, self._pool, self._lane, self._random = engine, pool, lane, random
        self._to_begin = self._left = batches
        self._parcel, self._posts_until, self._done = parcel, posts_until, done
        self._under_way = 0
        self._is_trusted = self._is_over = False
        self._put_off: set[Batch] = set()
        pool.queue.join(lane, self._recover)
        if posts_until != FOREVER:
            engine.at(posts_until, self._end)
        self._begin()

    def _begin(self) -> None:
        most = self._pool.in_flight + SPARE_BATCHES if self._is_trusted else 1
        while self._to_begin and self._under_way < most:
            self._to_begin -= 1
            self._under_way += 1
            self._pool.submit(self._lane, Batch(self._parcel, self._posts_until, self._answered))

    def _answered(self, batch: Batch, answer: Answer) -> None:
        if self._is_over:
            return
        if answer.outcome is Outcome.RETRY:
            delay_seconds = backoff_seconds(batch.attempt, answer.retry_after_seconds, self._random.random)
            batch.attempt += 1
            self._put_off.add(batch)
            self._engine.after(delay_seconds, lambda: self._again(batch))
            return
        self._under_way -= 1
        self._left -= 1
        self._is_trusted = True
        if self._left:
            self._begin()
        else:
            self._end()

    def _again(self, batch: Batch) -> None:
        if batch in self._put_off:
            self._put_off.remove(batch)
            self._pool.submit(self._lane, batch)

    def _recover(self) -> None:
        """As the sender does it: from whichever thread the answer came to, so a moment later."""
        for batch in list(self._put_off):
            self._engine.after(0, lambda batch=batch: self._again(batch))  # type: ignore[misc]

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._pool.queue.leave(self._lane)
            self._done(self._left)
