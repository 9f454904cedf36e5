"""Who may work now: turns, first come first served, and the pause after Mixpanel has refused us as such.

A nack slows the whole subscription down and waiting costs nothing, so deliveries wait here, before they
claim.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from .clock import Clock
from .errors import DeadlineReached, Transient


@dataclass(eq=False, slots=True)
class Ticket:
    """One delivery's place in the queue, kept from its arrival on, however often it waits."""

    chunk_name: str
    number: int
    places: int = 0


class Admission:
    """Thread-safe; one for the process.

    At most `chunks_at_once` are at work, a chunk alone where it must be, and never one chunk twice: its
    second delivery waits for the first, and then finds it done.
    """

    def __init__(self, chunks_at_once: int, clock: Clock, *, pause_seconds: float) -> None:
        self._places = chunks_at_once
        self._clock, self._pause_seconds = clock, pause_seconds
        self._numbers = count(1)
        self._changed = clock.condition()
        self._queue: list[Ticket] = []
        self._working: list[Ticket] = []
        self._refusal: Transient | None = None
        self._paused_until_seconds = 0.0

    def arrive(self, chunk_name: str) -> Ticket:
        with self._changed:
            return Ticket(chunk_name, next(self._numbers))

    @contextmanager
    def turn(self, ticket: Ticket, *, alone: bool, deadline_seconds: float) -> Iterator[None]:
        """Waits for a turn and holds it. `deadline_seconds` is of the monotonic clock.

        Raises DeadlineReached, and what began the pause where there is one: both transient.
        """
        with self._changed:
            ticket.places = self._places if alone else 1
            self._queue.append(ticket)
            self._queue.sort(key=lambda waiting: waiting.number)
            try:
                while not self._may_work(ticket):
                    left_seconds = deadline_seconds - self._clock.monotonic_seconds()
                    if left_seconds <= 0:
                        raise DeadlineReached("no turn came before the deadline")
                    self._changed.wait(left_seconds)
                self._working.append(ticket)
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._working.remove(ticket)
                self._changed.notify_all()

    def pause(self, refusal: Transient) -> bool:
        """For a while nobody works: whoever waits or comes is given `refusal`. False where a pause runs."""
        with self._changed:
            now_seconds = self._clock.monotonic_seconds()
            if now_seconds < self._paused_until_seconds:
                return False
            self._refusal = refusal
            self._paused_until_seconds = now_seconds + self._pause_seconds
            self._changed.notify_all()
            return True

    def check_pause(self) -> None:
        """Raises what began the pause, while it lasts."""
        if self._refusal is not None and self._clock.monotonic_seconds() < self._paused_until_seconds:
            raise type(self._refusal)(*self._refusal.args) from self._refusal

    def _may_work(self, ticket: Ticket) -> bool:
        self.check_pause()
        free = self._places - sum(working.places for working in self._working)
        busy_names = {working.chunk_name for working in self._working}
        for waiting in self._queue:
            if waiting.chunk_name in busy_names:
                continue
            if waiting is ticket:
                return ticket.places <= free
            if waiting.places > free:
                return False
            free -= waiting.places
            busy_names.add(waiting.chunk_name)
        return False
