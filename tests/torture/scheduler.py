"""Virtual time, and actors of which one runs at a time: what they do depends on a seed alone.

An actor is a greenlet. It gives up its turn where it waits, and only there: for a door's answer, for a time,
or at a condition. So the code under test runs as it is, with its locks, its queues and its pool.
"""

import heapq
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import count
from random import Random
from types import TracebackType
from typing import NoReturn

from greenlet import getcurrent, greenlet

# Asking for the time takes some: else two roundings of one moment could wait for each other for ever.
TICK_SECONDS = 1e-6
MAX_LOOKS_IN_A_ROW = 100_000


class Killed(BaseException):
    """Its host is dead: nothing is said or written any more."""


class Violation(AssertionError):  # noqa: N818 (what it is)
    """Something that must never be. The text before the first colon names the rule."""


class Host:
    """A process: killed as a whole, frozen as a whole."""

    def __init__(self, name: str, clock_ahead_seconds: float = 0.0) -> None:
        self.name = name
        self.clock_ahead_seconds = clock_ahead_seconds
        self.is_dead = False
        self.frozen_until_seconds = 0.0
        self.actors: list[Actor] = []


class Actor(greenlet):
    """`ends_at_wall_seconds` is of the invocation that it runs, by its host's clock; `saw_newer`, whether it
    found a live object when last it looked for one.
    """

    def __init__(self, host: Host, work: Callable[[], object], hub: greenlet) -> None:
        super().__init__(work, hub)
        self.host = host
        self.turn = 0
        self.ends_at_wall_seconds = 0.0
        self.saw_newer = False


class Scheduler:
    def __init__(self, random: Random, wall_seconds: float) -> None:
        self.now_seconds = 0.0
        self._wall_seconds = wall_seconds
        self._random = random
        self._numbers = count()
        self._agenda: list[tuple[float, float, int, Callable[[], object]]] = []
        self._hub = getcurrent()
        self._looks = 0
        self._violation: Violation | None = None

    @property
    def actor(self) -> Actor | None:
        running = getcurrent()
        return running if isinstance(running, Actor) else None

    def wall_seconds(self, host: Host) -> float:
        return self._wall_seconds + self._look() + host.clock_ahead_seconds

    def monotonic_seconds(self) -> float:
        return self._look()

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """What falls on one moment happens in any order."""
        moment = self.now_seconds + max(seconds, 0.0)
        heapq.heappush(self._agenda, (moment, self._random.random(), next(self._numbers), action))

    def spawn(self, host: Host, work: Callable[[], object]) -> Actor:
        def run() -> None:
            try:
                work()
            except Killed:
                assert host.is_dead

        actor = Actor(host, run, self._hub)
        host.actors.append(actor)
        self._resume_after(0.0, actor, by_call=True)
        return actor

    def wake(self, actor: Actor) -> None:
        self._resume_after(0.0, actor, by_call=True)

    def suspend(self, seconds: float | None = None) -> bool:
        """The running actor waits until somebody wakes it (True), or for so many seconds (False)."""
        actor = self.actor
        assert actor is not None, "only an actor may wait"
        if actor.host.is_dead:
            raise Killed
        if seconds is not None:
            self._resume_after(seconds, actor, by_call=False)
        self._looks = 0
        by_call: bool = self._hub.switch()
        return by_call

    def freeze(self, host: Host, seconds: float) -> None:
        host.frozen_until_seconds = max(host.frozen_until_seconds, self.now_seconds + seconds)

    def kill(self, host: Host) -> None:
        """Its actors find out one by one, and none of them reaches a door any more."""
        host.is_dead = True
        for actor in host.actors:
            self.after(0.0, partial(self._switch_to, actor, by_call=False))

    def run(self) -> None:
        """Returns once nothing is left that could happen."""
        while self._agenda:
            moment, _, _, action = heapq.heappop(self._agenda)
            self.now_seconds = max(self.now_seconds, moment)
            self._looks = 0
            action()
            if self._violation is not None:
                raise self._violation

    def violate(self, rule: str, detail: str) -> NoReturn:
        """Ends the run, whatever the code under test makes of the error."""
        self._violation = Violation(f"{rule}: {detail}")
        raise self._violation

    def end(self, hosts: list[Host]) -> None:
        """Nothing of the run is left behind."""
        self._agenda.clear()
        self._violation = None
        for host in hosts:
            self.kill(host)
        self.run()

    def _look(self) -> float:
        self._looks += 1
        if self._looks > MAX_LOOKS_IN_A_ROW:
            self.violate("livelock", "it asks for the time again and again and never waits")
        self.now_seconds += TICK_SECONDS
        return self.now_seconds

    def _resume_after(self, seconds: float, actor: Actor, *, by_call: bool) -> None:
        turn = actor.turn
        self.after(seconds, lambda: self._resume(actor, turn, by_call=by_call))

    def _resume(self, actor: Actor, turn: int, *, by_call: bool) -> None:
        if actor.turn != turn or actor.dead:
            return  # it was woken by something else, and has gone on since
        left_seconds = actor.host.frozen_until_seconds - self.now_seconds
        if left_seconds > 0 and not actor.host.is_dead:
            self.after(left_seconds, lambda: self._resume(actor, turn, by_call=by_call))
            return
        self._switch_to(actor, by_call=by_call)

    def _switch_to(self, actor: Actor, *, by_call: bool) -> None:
        if actor.dead:
            return
        actor.turn += 1
        if not actor.host.is_dead:
            actor.switch(*(() if actor.turn == 1 else (by_call,)))
        elif actor:  # it has begun
            actor.throw(Killed)
        actor.host.actors = [one for one in actor.host.actors if not one.dead]


class VirtualCondition:
    """threading.Condition among actors: a lock, and a wait in virtual time."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._holder: greenlet | None = None
        self._depth = 0
        self._blocked: deque[Actor] = deque()
        self._waiting: list[Actor] = []

    def __enter__(self) -> bool:
        running = getcurrent()
        if self._holder is not running:
            while self._holder is not None:
                assert isinstance(running, Actor), "only an actor may wait"
                self._blocked.append(running)
                self._scheduler.suspend()
            self._holder = running
        self._depth += 1
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._holder is getcurrent():  # else it was killed within wait
            self._depth -= 1
            if self._depth == 0:
                self._let_go()

    def wait(self, timeout: float | None = None) -> bool:
        running = getcurrent()
        assert isinstance(running, Actor)
        assert self._holder is running
        depth, self._depth = self._depth, 0
        self._let_go()
        self._waiting.append(running)
        try:
            is_notified = self._scheduler.suspend(timeout)
        finally:
            if running in self._waiting:
                self._waiting.remove(running)
        self.__enter__()
        self._depth = depth
        return is_notified

    def notify(self, n: int = 1) -> None:
        chosen, self._waiting = self._waiting[:n], self._waiting[n:]
        for actor in chosen:
            self._scheduler.wake(actor)

    def notify_all(self) -> None:
        self.notify(len(self._waiting))

    def _let_go(self) -> None:
        self._holder = None
        if self._blocked:
            self._scheduler.wake(self._blocked.popleft())
