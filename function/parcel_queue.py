"""Whose parcel goes next: lane by lane in turn, behind the governor. Pure: no threads, time injected."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from .answers import Answer, Outcome
from .mixpanel import Parcel


class Queued(Protocol):
    """What the queue needs of what waits in it."""

    @property
    def parcel(self) -> Parcel: ...

    @property
    def begins_before(self) -> float:
        """Monotonic seconds: begun later, it could not be answered in time."""
        ...


class Rate(Protocol):
    """What the queue needs of the governor."""

    @property
    def closed_until(self) -> float:
        """Nothing goes before, whatever is learnt until then."""
        ...

    def delay_seconds(self, now: float, records: int, json_bytes: int) -> float: ...

    def learn(self, answer: Answer, now: float, sent_at: float | None = None) -> None: ...


T = TypeVar("T", bound=Queued)

LEAST_WAIT_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Lane(Generic[T]):
    on_recovered: Callable[[], None]
    queue: deque[T] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Turn(Generic[T]):
    """What may be done now: `taken` is to be posted, `late` can't be sent in time; both are taken out.

    Where there is neither: look again after so many seconds, or as soon as anything changes.
    """

    taken: T | None = None
    late: tuple[T, ...] = ()
    wait_seconds: float | None = None


class ParcelQueue(Generic[T]):
    """Not thread-safe."""

    def __init__(self, governor: Rate) -> None:
        self._governor = governor
        self._lanes: dict[str, Lane[T]] = {}  # in the order of their turns
        self._earliest = float("inf")  # nothing that waits has to begin before
        self._in_outage = False

    def join(self, lane: str, on_recovered: Callable[[], None]) -> None:
        """Raises ValueError where there is one of that name."""
        if lane in self._lanes:
            raise ValueError(f"lane {lane} is taken")
        self._lanes[lane] = Lane(on_recovered)

    def leave(self, lane: str) -> list[T]:
        """What was still waiting in it."""
        left = self._lanes.pop(lane, None)
        return [] if left is None else list(left.queue)

    def clear(self) -> list[T]:
        return [queued for lane in list(self._lanes) for queued in self.leave(lane)]

    def take_all(self) -> list[T]:
        """What was waiting; the lanes stay."""
        left = [queued for lane in self._lanes.values() for queued in lane.queue]
        for lane in self._lanes.values():
            lane.queue.clear()
        return left

    def add(self, lane: str, queued: T) -> bool:
        """False where nobody has joined it."""
        joined = self._lanes.get(lane)
        if joined is None:
            return False
        joined.queue.append(queued)
        self._earliest = min(self._earliest, queued.begins_before)
        return True

    def turn(self, now: float) -> Turn[T]:
        """Looks whose turn it is, and books what it takes with the governor."""
        name = next((name for name, lane in self._lanes.items() if lane.queue), None)
        if name is None:
            return Turn()
        if late := self._take_late(now):
            return Turn(late=late)
        parcel = self._lanes[name].queue[0].parcel
        delay_seconds = self._governor.delay_seconds(now, parcel.records, parcel.json_bytes)
        if delay_seconds > 0:
            if late := self._take_late(self._governor.closed_until):
                return Turn(late=late)
            return Turn(wait_seconds=max(min(delay_seconds, self._earliest - now), LEAST_WAIT_SECONDS))
        lane = self._lanes[name] = self._lanes.pop(name)  # its next turn comes after all the others'
        return Turn(taken=lane.queue.popleft())

    def learn(self, answer: Answer, now: float, sent_at: float) -> list[Callable[[], None]]:
        """Tells the governor; gives the lanes to wake where this answer ends an outage.

        A 429 is no outage: whoever waits after one is to wait its time.
        """
        self._governor.learn(answer, now, sent_at)
        if answer.outcome is Outcome.RETRY:
            self._in_outage = self._in_outage or answer.reason != "rate-limited"
        elif self._in_outage and answer.outcome in (Outcome.ACCEPTED, Outcome.PARTLY):
            self._in_outage = False
            return [lane.on_recovered for lane in self._lanes.values()]
        return []

    def _take_late(self, begins_at: float) -> tuple[T, ...]:
        """Takes out all that would be late if nothing could begin before then."""
        if begins_at <= self._earliest:
            return ()
        late: list[T] = []
        self._earliest = float("inf")
        for lane in self._lanes.values():
            waiting = list(lane.queue)
            lane.queue.clear()
            for queued in waiting:
                if begins_at > queued.begins_before:
                    late.append(queued)
                else:
                    lane.queue.append(queued)
                    self._earliest = min(self._earliest, queued.begins_before)
        return tuple(late)
