"""The process's one sender: threads that post parcels, lane by lane in turn, behind the governor."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from .answers import Answer, AnswerReason, Outcome
from .clock import Clock
from .governor import Governor
from .logs import LOGGER_NAME
from .mixpanel import Parcel
from .parcel_queue import ParcelQueue

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

    @property
    def begins_before(self) -> float:
        return self.deadline_seconds - SHORTEST_POST_SECONDS

    def answer_unsent(self, reason: AnswerReason) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_result(Answer(Outcome.UNSENT, reason=reason))


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
        self._mixpanel, self._clock = mixpanel, clock
        self._max_threads, self._post_seconds = threads, post_seconds
        self._queue: ParcelQueue[_Waiting] = ParcelQueue(governor)
        self._threads: list[threading.Thread] = []
        self._changed = clock.condition()  # guards all of this object
        self._picking = clock.condition()  # held by the one thread that waits for the next parcel
        self._awaits_answer = False  # whoever picks waits for the governor, which an answer may change
        self._closed = False

    def join(self, lane: str, on_recovered: Callable[[], None]) -> None:
        """Opens a lane, whose name must be its owner's own.

        `on_recovered` is called from a pool thread at the first 200 after an outage: it must be quick.
        """
        with self._changed:
            self._queue.join(lane, on_recovered)

    def leave(self, lane: str) -> None:
        """Answers what the lane has queued with UNSENT at once. What is being posted gets its own answer."""
        with self._changed:
            left = self._queue.leave(lane)
        for waiting in left:
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
            is_queued = self._queue.add(lane, waiting)
            if is_queued:
                if len(self._threads) < self._max_threads:
                    thread = threading.Thread(target=self._work, name="sender", daemon=True)
                    thread.start()
                    self._threads.append(thread)
                self._changed.notify()
        if not is_queued:
            waiting.answer_unsent("left")
        return waiting.future

    def close(self) -> None:
        """Answers all that is queued with UNSENT, and returns when the last POST has been answered."""
        with self._changed:
            self._closed = True
            left = self._queue.clear()
            self._changed.notify_all()
        for waiting in left:
            waiting.answer_unsent("closed")
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while not self._closed:
            with self._picking:
                try:
                    waiting, sent_at, late = self._pick()
                except Exception as error:  # noqa: BLE001 (unforeseen: it belongs to all that wait)
                    self._fail(error)
                    continue
            for unsent in late:
                unsent.answer_unsent("deadline")
            if waiting is not None:
                self._post(waiting, sent_at)

    def _fail(self, error: Exception) -> None:
        with self._changed:
            left = self._queue.take_all()
        for waiting in left:
            if waiting.future.set_running_or_notify_cancel():
                waiting.future.set_exception(error)

    def _pick(self) -> tuple[_Waiting | None, float, Sequence[_Waiting]]:
        """Waits for the parcel whose turn it is, or for any that can't be sent in time, and takes it out."""
        with self._changed:
            while not self._closed:
                now = self._clock.monotonic_seconds()
                turn = self._queue.turn(now)
                if turn.late:
                    return None, now, turn.late
                if turn.taken is None:
                    self._awaits_answer = turn.wait_seconds is not None
                    self._changed.wait(turn.wait_seconds)
                    self._awaits_answer = False
                elif turn.taken.future.set_running_or_notify_cancel():
                    return turn.taken, now, ()
                else:
                    self._queue.learn(Answer(Outcome.UNSENT), now, now)
        return None, 0.0, ()

    def _post(self, waiting: _Waiting, sent_at: float) -> None:
        left_seconds = waiting.deadline_seconds - self._clock.monotonic_seconds()
        try:
            answer = self._mixpanel.post(waiting.parcel, max(min(self._post_seconds, left_seconds), 0.001))
        except BaseException as error:  # noqa: BLE001 (unforeseen: it belongs to the invocation that waits)
            self._learn(Answer(Outcome.UNSENT), sent_at)
            waiting.future.set_exception(error)
            return
        recovered = self._learn(answer, sent_at)
        waiting.future.set_result(answer)
        for on_recovered in recovered:
            try:
                on_recovered()
            except Exception:  # the pool must not lose a thread to one lane's mistake
                _logger.exception("on_recovered of a lane raised")

    def _learn(self, answer: Answer, sent_at: float) -> list[Callable[[], None]]:
        with self._changed:
            if self._awaits_answer:
                self._changed.notify()
            return self._queue.learn(answer, self._clock.monotonic_seconds(), sent_at)
