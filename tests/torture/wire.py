"""How a call reaches a door and its answer comes back: what may happen in between, and when."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

from function.errors import ObjectGone, PreconditionFailed, StorageUnavailable
from tests.torture.plan import HOST_STRIKES, STORAGE_STRIKES, Strike
from tests.torture.scheduler import Host, Killed, Scheduler

T = TypeVar("T")

MAX_CALLS = 12_000
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of what led to a violation."""

    seconds: float
    host: str
    what: str
    told: str


@dataclass(slots=True)
class _Outcome(Generic[T]):
    value: T | None = None
    error: PreconditionFailed | ObjectGone | None = None
    has_come: bool = False


@dataclass(slots=True)
class Journey:
    """Seconds to the door and back, and whether it arrives twice: at once, or so much later."""

    out_seconds: float
    back_seconds: float
    is_echoed: bool = False
    copy_after_seconds: float = 0.0


class Wire:
    """All calls of all hosts. `struck` counts what has befallen them, `steps` tells it."""

    def __init__(self, scheduler: Scheduler, random: Random, strikes: tuple[Strike, ...]) -> None:
        self.scheduler, self.random = scheduler, random
        self.steps: list[Step] = []
        self.struck: Counter[str] = Counter()
        self.kill: Callable[[Host], None] = scheduler.kill
        self.poison: Callable[[Host], None] = scheduler.kill
        self.on_frozen: Callable[[Host, float], None] = lambda _host, _seconds: None
        self.on_struck: Callable[[str], None] = lambda _object_name: None
        self.calls: Counter[str] = Counter()
        self._strikes: dict[tuple[str, int], Strike] = {
            (strike.verb, strike.nth + again): strike for strike in strikes for again in range(strike.times)
        }

    def tell(self, host: str, what: str, told: str) -> None:
        self.steps.append(Step(self.scheduler.now_seconds, host, what, told))

    def strike_at(self, verb: str) -> Strike | None:
        self.calls[verb] += 1
        self.calls["all"] += 1
        if self.calls["all"] > MAX_CALLS:
            self.scheduler.violate("livelock", f"{MAX_CALLS} calls to the doors, and no end")
        return self._strikes.get((verb, self.calls[verb]))

    def befall(self, host: Host, strike: Strike | None) -> None:
        """What happens to the host before its call leaves it."""
        if host.is_dead:
            raise Killed
        if strike is None or strike.kind not in HOST_STRIKES:
            return
        self.struck[strike.kind] += 1
        if strike.kind == "kill-before":
            self.tell(host.name, "killed", "before its call")
            self.kill(host)
            raise Killed
        if strike.kind == "freeze-before":
            self.freeze(host, strike.seconds)
            self.scheduler.suspend(strike.seconds)

    def freeze(self, host: Host, seconds: float) -> None:
        self.tell(host.name, "frozen", f"for {seconds:.0f} s")
        self.scheduler.freeze(host, seconds)
        self.on_frozen(host, seconds)

    def call_bucket(
        self,
        host: Host,
        verb: str,
        object_name: str,
        effect: Callable[[], T],
        timeout_seconds: float,
        rewrite: Callable[[], None],
    ) -> T:
        """The answer, or StorageUnavailable once `timeout_seconds` have passed."""
        strike = self.strike_at(verb)
        self.befall(host, strike)
        kind = strike.kind if strike else ""
        if kind in STORAGE_STRIKES:
            self.struck[kind] += 1
            self.on_struck(object_name)
        if kind == "rewritten":
            rewrite()
        journey = self._journey(strike, timeout_seconds)
        outcome: _Outcome[T] = _Outcome()
        what = f"{verb} {object_name}"
        self._send(what, effect, journey, outcome, host)
        if kind == "kill-during":
            self.tell(host.name, "killed", f"within {what}")
            self.kill(host)
            raise Killed
        if kind == "freeze-during" and strike is not None:
            self.freeze(host, strike.seconds)
        self.scheduler.suspend(timeout_seconds)
        if kind == "kill-after":
            self.tell(host.name, "killed", f"after {what}")
            self.kill(host)
        if host.is_dead:
            raise Killed
        if not outcome.has_come:
            self.tell(host.name, what, "no answer")
            raise StorageUnavailable(f"{what}: no answer in {timeout_seconds:.1f} s")
        if outcome.error is not None:
            raise outcome.error
        return outcome.value  # type: ignore[return-value]

    def _journey(self, strike: Strike | None, timeout_seconds: float) -> Journey:
        out, back = self.random.uniform(0.005, 0.1), self.random.uniform(0.005, 0.1)
        journey = Journey(out, back)
        match strike.kind if strike else "":
            case "unavailable":
                journey.out_seconds = _NEVER
            case "lost-reply":
                journey.back_seconds = _NEVER
            case "late":
                journey.out_seconds, journey.back_seconds = timeout_seconds + strike_seconds(strike), _NEVER
            case "echo":
                journey.is_echoed = True
            case "late-copy":
                journey.copy_after_seconds = strike_seconds(strike)
            case "slow":
                journey.out_seconds = timeout_seconds * self.random.random() * 0.9
        return journey

    def _send(
        self, what: str, effect: Callable[[], T], journey: Journey, outcome: _Outcome[T], host: Host
    ) -> None:
        actor = self.scheduler.actor
        assert actor is not None
        turn = actor.turn

        def reply() -> None:
            if actor.turn == turn and not actor.dead:
                outcome.has_come = True
                self.scheduler.wake(actor)

        def arrive(*, is_answer: bool) -> None:
            came: _Outcome[T] = _Outcome()
            try:
                came.value = effect()
            except (PreconditionFailed, ObjectGone) as error:
                came.error = error
            told = "ok" if came.error is None else type(came.error).__name__
            self.tell(host.name, what, told)
            if is_answer:
                outcome.value, outcome.error = came.value, came.error
                if journey.back_seconds < _NEVER:
                    self.scheduler.after(journey.back_seconds, reply)

        if journey.out_seconds < _NEVER:
            if journey.is_echoed:
                self.scheduler.after(journey.out_seconds * 0.9, lambda: arrive(is_answer=False))
            self.scheduler.after(journey.out_seconds, lambda: arrive(is_answer=True))
        if journey.copy_after_seconds:
            self.scheduler.after(journey.copy_after_seconds, lambda: arrive(is_answer=False))


def strike_seconds(strike: Strike | None) -> float:
    return strike.seconds if strike is not None else 0.0
