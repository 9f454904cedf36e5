"""The process's one sender: threads that post parcels, lane by lane in turn, behind the governor."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from .answers import Answer, AnswerReason, Outcome
from .clock import Clock
from .governor import Governor
from .logs import LOGGER_NAME
from .mixpanel import Parcel

# Within the margin that an invocation keeps at its end (60 of 540 s), with time to write down the answers.
POST_SECONDS = 30.0
# With less time than this a POST would mostly be stored and its answer lost.
SHORTEST_POST_SECONDS = 0.5


_logger = logging.getLogger(LOGGER_NAME)


class Door(Protocol):
    """What the sender needs of Mixpanel."""

    def post(self, parcel: Parcel, timeout_seconds: float) -> Answer: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    parcel: Parcel
    deadline_seconds: float
    future: Future[Answer] = field(default_factory=Future)

    def is_late(self, begins_at: float) -> bool:
        return self.future.cancelled() or self.deadline_seconds - begins_at < SHORTEST_POST_SECONDS

    def answer_unsent(self, reason: AnswerReason) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_result(Answer(Outcome.UNSENT, reason=reason))


@dataclass(frozen=True, slots=True)
class _Lane:
    on_recovered: Callable[[], None]
    queue: deque[_Waiting] = field(default_factory=deque)


class Sender:
    """Every parcel is answered exactly once: posted and answered by Mixpanel, or UNSENT.

    One thread at a time waits for the next parcel and for the governor, so that a wait wakes one thread and
    not twenty; the others post, or queue up behind it. Threads start with the first parcels, never at import:
    the worker is forked after that.
    """

    def __init__(
        self,
        mixpanel: Door,
        governor: Governor,
        clock: Clock,
        *,
        threads: int,
        post_seconds: float = POST_SECONDS,
    ) -> None:
        self._mixpanel, self._governor, self._clock = mixpanel, governor, clock
        self._max_threads, self._post_seconds = threads, post_seconds
        self._lanes: dict[str, _Lane] = {}  # in the order of their turns
        self._threads: list[threading.Thread] = []
        self._changed = clock.condition()  # guards all of this object
        self._picking = clock.condition()  # held by the one thread that waits for the next parcel
        self._in_outage = False
        self._closed = False

    def join(self, lane: str, on_recovered: Callable[[], None]) -> None:
        """Opens a lane, whose name must be its owner's own.

        `on_recovered` is called from a pool thread at the first 200 after an outage: it must be quick.
        """
        with self._changed:
            if lane in self._lanes:
                raise ValueError(f"lane {lane} is taken")
            self._lanes[lane] = _Lane(on_recovered)

    def leave(self, lane: str) -> None:
        """Answers what the lane has queued with UNSENT at once. What is being posted gets its own answer."""
        with self._changed:
            left = self._lanes.pop(lane, None)
        for waiting in left.queue if left is not None else ():
            waiting.answer_unsent("left")

    def submit(self, lane: str, parcel: Parcel, deadline_seconds: float) -> Future[Answer]:
        """Queues the parcel; never blocks.

        Args:
            lane: one that was left, or never joined, answers UNSENT at once.
            deadline_seconds: monotonic. No POST goes on past it, and what can't begin in time is UNSENT: as
                soon as a thread looks, so whoever can't wait for that leaves the lane.
        """
        waiting = _Waiting(parcel, deadline_seconds)
        with self._changed:
            joined = self._lanes.get(lane)
            if joined is not None:
                if len(self._threads) < self._max_threads:
                    thread = threading.Thread(target=self._work, name="sender", daemon=True)
                    thread.start()
                    self._threads.append(thread)
                joined.queue.append(waiting)
                self._changed.notify()
        if joined is None:
            waiting.answer_unsent("left")
        return waiting.future

    def close(self) -> None:
        """Answers all that is queued with UNSENT, and returns when the last POST has been answered."""
        with self._changed:
            self._closed = True
            left = [waiting for lane in self._lanes.values() for waiting in lane.queue]
            self._lanes.clear()
            self._changed.notify_all()
        for waiting in left:
            waiting.answer_unsent("closed")
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while not self._closed:
            with self._picking:
                waiting, late = self._pick()
            for unsent in late:
                unsent.answer_unsent("deadline")
            if waiting is not None:
                self._post(waiting)

    def _pick(self) -> tuple[_Waiting | None, list[_Waiting]]:
        """Waits for the parcel whose turn it is, or for any that can't be sent in time, and takes it out."""
        with self._changed:
            while not self._closed:
                name = next((name for name, lane in self._lanes.items() if lane.queue), None)
                if name is None:
                    self._changed.wait()
                    continue
                now = self._clock.monotonic_seconds()
                if late := self._take_late(now):
                    return None, late
                waiting = self._lanes[name].queue[0]
                delay_seconds = self._governor.delay_seconds(
                    now, waiting.parcel.records, waiting.parcel.json_bytes
                )
                if delay_seconds > 0:
                    if late := self._take_late(now + delay_seconds):
                        return None, late
                    self._changed.wait(delay_seconds)
                    continue
                lane = self._lanes[name] = self._lanes.pop(name)  # its next turn comes after all the others'
                lane.queue.popleft()
                return (waiting if waiting.future.set_running_or_notify_cancel() else None), []
        return None, []

    def _take_late(self, begins_at: float) -> list[_Waiting]:
        """Takes out all that would be late if nothing could begin before then."""
        late = []
        for lane in self._lanes.values():
            for waiting in [waiting for waiting in lane.queue if waiting.is_late(begins_at)]:
                lane.queue.remove(waiting)
                late.append(waiting)
        return late

    def _post(self, waiting: _Waiting) -> None:
        left_seconds = waiting.deadline_seconds - self._clock.monotonic_seconds()
        try:
            answer = self._mixpanel.post(waiting.parcel, max(min(self._post_seconds, left_seconds), 0.001))
            recovered = self._learn(answer)
        except BaseException as error:  # noqa: BLE001 (unforeseen: it belongs to the invocation that waits)
            waiting.future.set_exception(error)
            return
        waiting.future.set_result(answer)
        for on_recovered in recovered:
            try:
                on_recovered()
            except Exception:  # the pool must not lose a thread to one lane's mistake
                _logger.exception("on_recovered of a lane raised")

    def _learn(self, answer: Answer) -> list[Callable[[], None]]:
        """Tells the governor; gives the lanes to wake where this answer ends an outage.

        A 429 is no outage: whoever waits after one is to wait its time.
        """
        with self._changed:
            self._governor.learn(answer, self._clock.monotonic_seconds())
            if answer.outcome is Outcome.RETRY:
                self._in_outage = self._in_outage or answer.reason != "rate-limited"
            elif self._in_outage and answer.outcome in (Outcome.ACCEPTED, Outcome.PARTLY):
                self._in_outage = False
                return [lane.on_recovered for lane in self._lanes.values()]
        return []
