"""When a push subscription delivers what: arithmetic alone, with time and chance handed in.

As Pub/Sub does it (https://cloud.google.com/pubsub/docs/push, 2026-11): at least once and in no promised
order; a push without an answer within the ack deadline counts as a nack; a nacked message comes again after
min(maximum, minimum * 2 ** (nacks - 1)) seconds. The number of pushes under way has a window that starts
small and grows by one an ack. A nack halves it and makes the whole subscription pause, for min(60, 0.1 * 2 **
(pauses in a row - 1)) seconds; nacks that arrive during a pause make it no longer, and an ack ends the row.
The page gives the pauses' range and that they grow exponentially; the rest is ours.
"""

import heapq
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

FIRST_WINDOW = 4
MINIMUM_PAUSE_SECONDS, MAXIMUM_PAUSE_SECONDS = 0.1, 60.0
COPY_WITHIN_SECONDS = 2.0
DELIVERY_JSON = Path(__file__).parent.parent / "terraform" / "delivery.json"


@dataclass(frozen=True, slots=True)
class Settings:
    """The subscription's, as terraform/delivery.json has them."""

    ack_deadline_seconds: float
    minimum_backoff_seconds: float
    maximum_backoff_seconds: float
    retention_seconds: float

    def backoff_seconds(self, nacks: int) -> float:
        return min(self.maximum_backoff_seconds, self.minimum_backoff_seconds * 2.0 ** min(nacks - 1, 30))


def read_settings(path: Path = DELIVERY_JSON) -> Settings:
    return Settings(**json.loads(path.read_text()))


@dataclass(frozen=True, slots=True)
class Push:
    """One delivery of one message, to be answered by its `number`."""

    number: int
    message_id: str
    expires_at: float
    is_copy: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages: published, outstanding (neither acknowledged nor expired), expired. Pushes: the others."""

    published: int
    outstanding: int
    expired: int
    delivered: int
    acked: int
    nacked: int
    under_way: int


@dataclass(slots=True)
class _Message:
    published_at: float
    nacks: int = 0


class Backlog:
    """Not thread-safe. Every `now` is in seconds of one clock that doesn't run back.

    Switches, to be set at any time: `shuffled` takes any waiting message instead of the oldest, `doubled`
    makes every delivery come twice, `held` lets nothing out.
    """

    def __init__(self, settings: Settings, random: Random, *, largest_window: int = 1_000) -> None:
        self.settings, self.largest_window = settings, largest_window
        self.shuffled = self.doubled = self.held = False
        self.window = min(FIRST_WINDOW, largest_window)
        self._random = random
        self._messages: dict[str, _Message] = {}
        self._ready: list[tuple[str, bool]] = []  # message, whether it is a second copy
        self._later: list[tuple[float, int, str, bool]] = []
        self._under_way: dict[int, Push] = {}  # oldest first, since the deadline is the same for all
        self._pauses, self._paused_until = 0, float("-inf")
        self._numbers = self._published = self._expired = self._acked = self._nacked = 0

    def counts(self) -> Counts:
        return Counts(
            published=self._published,
            outstanding=len(self._messages),
            expired=self._expired,
            delivered=self._numbers,
            acked=self._acked,
            nacked=self._nacked,
            under_way=len(self._under_way),
        )

    def add(self, message_id: str, now: float, published_at: float | None = None) -> None:
        """A message as new; one acknowledged before is delivered again."""
        self._published += 1
        self._messages[message_id] = _Message(now if published_at is None else published_at)
        self._ready.append((message_id, False))

    def redeliver(self, message_ids: Iterable[str], now: float) -> int:
        """Delivers these once more, whatever became of them, and says how many that is."""
        again = [message_id for message_id in message_ids if message_id not in self._messages]
        for message_id in again:
            self._messages[message_id] = _Message(now)
            self._ready.append((message_id, False))
        return len(again)

    def take(self, now: float) -> Push | None:
        """The next push that is due, if any; call again until there is none."""
        self._expire(now)
        while self._later and self._later[0][0] <= now:
            _, _, message_id, is_copy = heapq.heappop(self._later)
            self._ready.append((message_id, is_copy))
        if self.held or now < self._paused_until or len(self._under_way) >= self.window:
            return None
        while self._ready:
            at = self._random.randrange(len(self._ready)) if self.shuffled else 0
            message_id, is_copy = self._ready.pop(at)
            if is_copy or self._is_wanted(message_id, now):
                return self._push(message_id, now, is_copy=is_copy)
        return None

    def answer(self, number: int, now: float, *, acked: bool) -> bool:
        """What became of a push; False where it came too late to count (the deadline had passed)."""
        push = self._under_way.pop(number, None)
        if push is None:
            return False
        if acked:
            self._acked += 1
            self._pauses = 0
            self.window = min(self.window + 1, self.largest_window)
            self._messages.pop(push.message_id, None)
        else:
            self._nack(push, now)
        return True

    def wake_at(self, now: float) -> float | None:
        """When `take` may have something next, if nothing else happens before; None: never."""
        due = [push.expires_at for push in self._under_way.values()][:1]
        if not self.held and len(self._under_way) < self.window:
            waiting = now if self._ready else self._later[0][0] if self._later else None
            if waiting is not None:
                due.append(max(waiting, self._paused_until))
        return min(due, default=None)

    def _is_wanted(self, message_id: str, now: float) -> bool:
        message = self._messages.get(message_id)
        if message and now - message.published_at > self.settings.retention_seconds:
            self._expired += 1
            del self._messages[message_id]
            return False
        return message is not None

    def _push(self, message_id: str, now: float, *, is_copy: bool) -> Push:
        self._numbers += 1
        push = Push(self._numbers, message_id, now + self.settings.ack_deadline_seconds, is_copy)
        self._under_way[push.number] = push
        if self.doubled and not is_copy:
            self._put_off(message_id, now + self._random.uniform(0, COPY_WITHIN_SECONDS), is_copy=True)
        return push

    def _put_off(self, message_id: str, until: float, *, is_copy: bool) -> None:
        # The random number keeps a heap of equal times from being first in, first out when shuffled.
        order = self._random.getrandbits(30) if self.shuffled else self._numbers
        heapq.heappush(self._later, (until, order, message_id, is_copy))

    def _expire(self, now: float) -> None:
        for push in list(self._under_way.values()):
            if push.expires_at > now:
                break
            self.answer(push.number, now, acked=False)

    def _nack(self, push: Push, now: float) -> None:
        self._nacked += 1
        if now >= self._paused_until:
            self._pauses += 1
            pause_seconds = MINIMUM_PAUSE_SECONDS * 2.0 ** min(self._pauses - 1, 30)
            self._paused_until = now + min(MAXIMUM_PAUSE_SECONDS, pause_seconds)
            self.window = max(1, self.window // 2)
        message = self._messages.get(push.message_id)
        if (
            message and not push.is_copy
        ):  # where a copy is nacked, the push it is a copy of waits, or is under way
            message.nacks += 1
            self._put_off(push.message_id, now + self.settings.backoff_seconds(message.nacks), is_copy=False)
