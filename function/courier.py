"""Carries one chunk's parcels to Mixpanel and back, and brings only definite answers home.

All of it runs in the invocation's own thread: work is a generator that yields parcels and is sent their
answers; many are under way at once, none needs a lock.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

from .answers import Answer, Outcome
from .backoff import backoff_seconds
from .clock import Clock
from .errors import CredentialsRefused
from .mixpanel import Parcel

T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """What was posted so far: bytes as compressed, each retry again. Only ever grows."""

    posted_bytes: int = 0
    retried: int = 0
    rate_limited: int = 0


@dataclass(slots=True)
class _Work(Generic[T]):
    generator: Generator[list[Parcel], list[Answer], T]
    done: Callable[[T], None]
    answers: list[Answer | None] = field(default_factory=list)
    missing: int = 0


@dataclass(slots=True)
class _Errand:
    work: _Work[Any]
    index: int
    parcel: Parcel
    attempt: int = 1


_Delivery = tuple[_Errand, Future[Answer]]


class Lanes(Protocol):
    """What a courier needs of the sender."""

    def join(self, lane: str, on_recovered: Callable[[], None]) -> None: ...

    def leave(self, lane: str) -> None: ...

    def submit(self, lane: str, parcel: Parcel, deadline_seconds: float) -> Future[Answer]: ...


class Courier:
    """`on_retry` is told each answer that will be tried again, with the attempt's number and the delay."""

    def __init__(
        self,
        sender: Lanes,
        lane: str,
        clock: Clock,
        *,
        posts_until_seconds: float,
        answers_until_seconds: float,
        on_retry: Callable[[Answer, int, float], None],
        random: Callable[[], float] = random.random,
    ) -> None:
        self._sender, self._lane, self._clock = sender, lane, clock
        self._posts_until_seconds = posts_until_seconds
        self._answers_until_seconds = answers_until_seconds
        self._on_retry, self._random = on_retry, random
        self._inbox: deque[_Delivery | None] = deque()
        self._arrived = clock.condition()
        self._retries: list[tuple[float, int, _Errand]] = []
        self._numbers = count()
        self.tally = Tally()
        self.under_way = 0
        """Works begun and not ended."""
        self.posted = 0
        """Parcels whose answer is still to come."""
        sender.join(lane, partial(self._put, None))

    def begin(self, generator: Generator[list[Parcel], list[Answer], T], done: Callable[[T], None]) -> None:
        """`done` gets what the generator returns, at once or in a later `step`."""
        self.under_way += 1
        self._advance(_Work(generator, done), None)

    def step(self, until_seconds: float) -> None:
        """Waits for an answer, at most until then, and hands on all that has come.

        Raises what a work raises, and CredentialsRefused for an answer that ends the invocation.
        """
        now_seconds = self._clock.monotonic_seconds()
        if self._retries and now_seconds < self._posts_until_seconds:
            until_seconds = min(until_seconds, self._retries[0][0])
        with self._arrived:
            if not self._inbox and until_seconds > now_seconds:
                self._arrived.wait(until_seconds - now_seconds)
        while self._inbox:
            self._take(self._inbox.popleft())
        self._post_due()

    def leave(self) -> None:
        """Nothing more is posted; what was in the queue is dropped."""
        self._sender.leave(self._lane)

    def _put(self, delivery: _Delivery | None) -> None:
        """From whichever thread the answer comes in."""
        with self._arrived:
            self._inbox.append(delivery)
            self._arrived.notify()

    def _take(self, delivery: _Delivery | None) -> None:
        if delivery is None:
            self._retries = [(0.0, number, errand) for _, number, errand in self._retries]
            return
        errand, future = delivery
        self.posted -= 1
        answer = future.result()
        if answer.outcome is Outcome.STOP:
            raise CredentialsRefused(f"HTTP {answer.status}: {answer.message or answer.reason}")
        if answer.outcome is Outcome.RETRY:
            self._retry(errand, answer)
        elif answer.outcome is not Outcome.UNSENT:  # that comes with the deadline alone
            work = errand.work
            work.answers[errand.index] = answer
            work.missing -= 1
            if work.missing == 0:
                self._advance(work, [answer for answer in work.answers if answer is not None])

    def _retry(self, errand: _Errand, answer: Answer) -> None:
        delay_seconds = backoff_seconds(errand.attempt, answer.retry_after_seconds, self._random)
        self.tally.retried += 1
        self.tally.rate_limited += answer.status == 429
        self._on_retry(answer, errand.attempt, delay_seconds)
        errand.attempt += 1
        due_seconds = self._clock.monotonic_seconds() + delay_seconds
        heapq.heappush(self._retries, (due_seconds, next(self._numbers), errand))

    def _post_due(self) -> None:
        now_seconds = self._clock.monotonic_seconds()
        while self._retries and self._retries[0][0] <= now_seconds < self._posts_until_seconds:
            self._post(heapq.heappop(self._retries)[2])

    def _advance(self, work: _Work[Any], answers: list[Answer] | None) -> None:
        try:
            parcels = next(work.generator) if answers is None else work.generator.send(answers)
        except StopIteration as end:
            self.under_way -= 1
            work.done(end.value)
            return
        except BaseException:
            self.under_way -= 1
            raise
        work.answers, work.missing = [None] * len(parcels), len(parcels)
        for index, parcel in enumerate(parcels):
            self._post(_Errand(work, index, parcel))

    def _post(self, errand: _Errand) -> None:
        if self._clock.monotonic_seconds() >= self._posts_until_seconds:
            return
        self.posted += 1
        self.tally.posted_bytes += len(errand.parcel.body)
        answer = self._sender.submit(self._lane, errand.parcel, self._answers_until_seconds)
        answer.add_done_callback(lambda future: self._put((errand, future)))
