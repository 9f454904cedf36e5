"""A room of so many records a minute, as Mixpanel counts them; answers come at once unless said."""

from collections import deque

import pytest

from function.room import (
    LONGEST_VENTURE_SECONDS,
    STEADY_SHARE,
    SURPRISED_SHARE,
    VENTURE_BATCHES,
    VENTURE_SECONDS,
    Room,
)
from function.window import WINDOW_SECONDS, Window

BATCH = 2_000
RATE = 27_000


class World:
    """One sender at its full rate against a rolling minute of `limit` records, which a test may change."""

    def __init__(self, limit: int, answer_seconds: float = 0.0) -> None:
        self.limit, self.answer_seconds = limit, answer_seconds
        self.now = 1_000.0
        self.window = Window(RATE, 1e9)
        self.room = Room(self.window)
        self.refusals: list[float] = []
        self.sent: list[float] = []
        self._counted: deque[float] = deque()
        self._on_their_way: deque[tuple[float, bool]] = deque()
        self._held_until = self._paid_at = 0.0

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        while True:
            while self._on_their_way and self._on_their_way[0][0] + self.answer_seconds <= self.now:
                self._learn(*self._on_their_way.popleft())
            earliest = max(self._held_until, self._paid_at)
            delay = (
                earliest - self.now if earliest > self.now else self.room.delay_seconds(self.now, BATCH, 0)
            )
            if delay == 0:
                self._send()
                continue
            next_at = self.now + delay
            if self._on_their_way:
                next_at = min(next_at, self._on_their_way[0][0] + self.answer_seconds)
            if next_at > until:
                self.now = until
                return
            self.now = next_at

    def records_a_second(self, seconds: float) -> float:
        """Accepted in the last so many seconds."""
        start = self.now - seconds
        count = sum(at > start for at in self.sent) - sum(at > start for at in self.refusals)
        return count * BATCH / seconds

    def _send(self) -> None:
        self.room.book(self.now, BATCH, 0)
        self._paid_at = self.now + BATCH / RATE
        self.sent.append(self.now)
        self._counted.append(self.now)
        while self._counted[0] <= self.now - WINDOW_SECONDS:
            self._counted.popleft()
        is_refused = len(self._counted) * BATCH > self.limit
        if is_refused:
            self.refusals.append(self.now)
        self._on_their_way.append((self.now, is_refused))

    def _learn(self, sent_at: float, is_refused: bool) -> None:
        if is_refused:
            hold_seconds = self.room.refused(self.now, sent_at, None)
            self._held_until = max(self._held_until, self.now + hold_seconds)
        else:
            self.room.answered(self.now, sent_at, accepted=True)


def test_is_no_limit_until_something_is_refused() -> None:
    """What the settings allow is not its business."""
    world = World(limit=10**9)
    world.run(300)
    assert world.records_a_second(240) == pytest.approx(RATE, rel=0.001)


@pytest.mark.parametrize("limit_per_second", [2_700, 13_500, 20_000, 26_500])
def test_finds_a_lower_limit_with_the_first_429(limit_per_second: int) -> None:
    """From the second minute on almost all of it is used, and hardly a request is refused."""
    world = World(limit=limit_per_second * 60)
    world.run(60)
    world.run(1_140)
    assert world.records_a_second(1_140) > 0.97 * limit_per_second
    assert len(world.refusals) < 6 + 0.004 * len(world.sent)


def test_a_refusal_holds_back_all_and_then_part_of_the_room_is_used() -> None:
    """The load stays below STEADY_SHARE of what was refused."""
    world = World(limit=20_000 * 60)
    world.run(100)
    first = world.refusals[0]
    assert not [at for at in world.sent if first < at < first + 2.0]
    full = 20_000 * 60 / RATE
    assert world.window.load(world.now) <= STEADY_SHARE * full + BATCH / RATE


def test_a_room_that_shrinks_is_given_way_to() -> None:
    """As others' traffic takes half within a minute: few refusals, and none once it stands still."""
    world = World(limit=27_000 * 60)
    world.run(120)
    for _ in range(60):
        world.limit -= 13_500
        world.run(1)
    world.run(30)
    assert len(world.refusals) < 15
    before = len(world.refusals)
    world.run(600)
    assert len(world.refusals) - before < 600 / VENTURE_SECONDS + 1
    assert world.records_a_second(600) > 0.95 * 13_500


def test_after_a_surprise_less_of_the_room_is_used_for_a_minute() -> None:
    """Others may take more and more; what was sent before leaves the window meanwhile."""
    world = World(limit=20_000 * 60)
    world.run(43)
    assert not world.refusals
    world.run(3)
    full = 20_000 * 60 / RATE
    world.run(25)
    assert world.window.load(world.now) < (SURPRISED_SHARE + 0.08) * full
    world.run(60)
    assert world.window.load(world.now) == pytest.approx(STEADY_SHARE * full, rel=0.01)


@pytest.mark.parametrize("answer_seconds", [0.0, 0.2, 1.25])
@pytest.mark.parametrize(("stood_seconds", "patience_seconds"), [(300, 30), (1_000, 240)])
def test_a_room_that_grows_is_found(
    stood_seconds: float, patience_seconds: float, answer_seconds: float
) -> None:
    """By ventures: one batch at a time, then more; a room that has stood for long is ventured beyond less."""
    world = World(13_500 * 60, answer_seconds)
    world.run(stood_seconds)
    for _ in range(60):
        world.limit += 16_500
        world.run(1)
    world.run(patience_seconds)
    assert world.records_a_second(10) > 0.97 * RATE
    world.run(120)
    assert world.records_a_second(60) > 0.97 * RATE


def test_ventures_are_rare() -> None:
    """One each VENTURE_SECONDS, and a 429 or two for each: the rest is carried without any."""
    world = World(limit=20_000 * 60)
    world.run(120)
    before = len(world.refusals)
    world.run(400)
    assert 1 <= len(world.refusals) - before <= 2 * 400 / VENTURE_SECONDS


def test_a_low_limit_is_ventured_beyond_by_batches_not_by_seconds() -> None:
    """At 1.35 batches a second 40 seconds would be a venture each 54 batches."""
    world = World(limit=2_700 * 60)
    world.run(120)
    before, sent = len(world.refusals), len(world.sent)
    world.run(1_200)
    assert len(world.refusals) - before <= (len(world.sent) - sent) / VENTURE_BATCHES + 1


def test_a_429_for_no_reason_costs_seconds() -> None:
    """One that comes while the minute is almost empty: the next batch goes after two seconds, then all."""
    world = World(limit=0)
    world.run(1)
    assert len(world.sent) == 1
    world.limit = 10**9
    world.run(20)
    assert world.records_a_second(5) == pytest.approx(RATE, rel=0.05)


def test_while_all_is_refused_ventures_grow_rare() -> None:
    """2, 4, 8, ... seconds apart; what is sent in vain is not much."""
    world = World(limit=0)
    world.run(3_600)
    assert len(world.sent) <= 3_600 / VENTURE_SECONDS + 10
    gaps = [later - sooner for sooner, later in zip(world.sent, world.sent[1:], strict=False)]
    assert gaps[:4] == pytest.approx([2.0, 4.0, 8.0, 16.0])
    assert max(gaps) <= WINDOW_SECONDS + 1


def test_answers_that_never_come_hold_up_nobody() -> None:
    """A venture without an answer is forgotten after a minute."""
    room = Room(Window(RATE, 1e9))
    now = 1_000.0
    room.book(now, BATCH, 0)
    room.refused(now, now, None)
    went = 0
    while now < 1_000 + 10 * LONGEST_VENTURE_SECONDS:
        delay = room.delay_seconds(now, BATCH, 0)
        if delay == 0:
            room.book(now, BATCH, 0)
            went += 1
        now += max(delay, 0.001)
    assert went >= 100


def test_a_venture_goes_alone() -> None:
    """Whatever waits behind it, until it is answered; of a room hardly larger than none, two then."""
    room = Room(Window(RATE, 1e9))
    room.book(1_000.0, BATCH, 0)
    room.refused(1_000.0, 1_000.0, None)
    assert room.delay_seconds(1_002.0, BATCH, 0) == 0
    room.book(1_002.0, BATCH, 0)
    assert room.delay_seconds(1_002.5, BATCH, 0) > 10
    room.answered(1_002.6, 1_002.0, accepted=True)
    assert 0 < room.delay_seconds(1_002.6, BATCH, 0) <= 1
    for now in (1_003.7, 1_003.8):
        assert room.delay_seconds(now, BATCH, 0) == 0
        room.book(now, BATCH, 0)
    assert room.delay_seconds(1_003.9, BATCH, 0) > 10


def test_a_5xx_says_nothing_of_the_room() -> None:
    """The venture is made again; no more room is believed in."""
    room = Room(Window(RATE, 1e9))
    room.book(1_000.0, BATCH, 0)
    room.refused(1_000.0, 1_000.0, None)
    now = 1_002.0
    for _ in range(10):
        assert room.delay_seconds(now, BATCH, 0) == 0
        room.book(now, BATCH, 0)
        assert room.delay_seconds(now + 0.01, BATCH, 0) > 1
        room.answered(now + 0.5, now, accepted=False)
        now += 2.0
