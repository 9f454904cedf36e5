"""Carries out a plan's strikes at their moments, and keeps a journal of what happened when."""

import contextlib
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random
from typing import Any

import psutil

from local.processes import LAUNCHER, Process
from local.stack import Part
from tests.torture_real.plan import PARTS, Plan, Strike
from tests.torture_real.rig import Rig

# A request that has reached the bucket server is done in a few milliseconds.
UNDER_WAY_SECONDS = 0.3


class Journal:
    """Thread-safe, as far as a list's append is."""

    def __init__(self) -> None:
        self.began_seconds = time.monotonic()
        self.entries: list[tuple[float, str]] = []

    def begin(self) -> None:
        """From here on moments count; what was noted before has negative ones."""
        passed_seconds = self.passed_seconds()
        self.began_seconds += passed_seconds
        self.entries = [(seconds - passed_seconds, text) for seconds, text in self.entries]

    def note(self, text: str) -> None:
        self.entries.append((self.passed_seconds(), text))

    def passed_seconds(self) -> float:
        return time.monotonic() - self.began_seconds

    def lines(self) -> list[str]:
        return [f"{seconds:6.2f} s  {text}" for seconds, text in sorted(self.entries)]


class Striker:
    """One lane for each part and one for all links, since to start a part again takes its time."""

    def __init__(self, rig: Rig, plan: Plan, journal: Journal) -> None:
        self._rig, self._journal = rig, journal
        self._random = Random(plan.seed + " links")
        lanes = [
            *[[strike for strike in plan.strikes if strike.target == part] for part in PARTS],
            [strike for strike in plan.strikes if strike.target not in PARTS],
        ]
        self._pool = ThreadPoolExecutor(len(lanes))
        self._lanes: list[Future[None]] = [self._pool.submit(self._run, lane) for lane in lanes]

    def finish(self) -> None:
        """Waits for the last strike; after it every part is up and every link holds. Raises StackFailed."""
        try:
            for lane in self._lanes:
                lane.result()
        finally:
            self._pool.shutdown()
            for link in self._rig.links.values():
                link.break_after(None)
        self._journal.note("calm")

    def _run(self, lane: list[Strike]) -> None:
        holding: list[tuple[float, str]] = []
        for strike in lane:
            _sleep(strike.at_seconds - self._journal.passed_seconds())
            if strike.target in PARTS:
                part = getattr(self._rig.stack, f"{strike.target}_part")
                self._strike_part(part, strike)
                continue
            link = self._rig.links[strike.target]
            link.reset()
            if strike.what == "break":
                link.break_after(lambda: self._random.choice((0, 200, 1_000, 5_000, 50_000)))
                holding.append((strike.at_seconds + strike.seconds, strike.target))
            self._journal.note(f"{strike.what} {strike.target}")
        for until_seconds, name in sorted(holding):
            _sleep(until_seconds - self._journal.passed_seconds())
            self._rig.links[name].break_after(None)
            link = self._rig.links[name]
            self._journal.note(f"{name} holds again, of {link.made:,} so far {link.broken:,} were reset")

    def _strike_part(self, part: Part[Any], strike: Strike) -> None:
        if strike.what == "kill":
            self._kill(part, strike.target)
            self._journal.note(f"kill {strike.target}")
            _sleep(strike.seconds)
            part.start()
            self._journal.note(f"{strike.target} is up")
            return
        members = _members(part.handle.process)
        _signal(members, signal.SIGSTOP)
        self._journal.note(f"pause {strike.target}")
        _sleep(strike.seconds)
        _signal(members, signal.SIGCONT)
        self._journal.note(f"{strike.target} goes on")

    def _kill(self, part: Part[Any], target: str) -> None:
        """The bucket server dies between two writes, and what it answered is lost: all writes must be whole.

        In the cloud they are; fake-gcs-server 1.54 killed within one loses the object that stood there: 4 of
        40 kills in a loop of writes (2026-11).
        """
        links = [link for name, link in self._rig.links.items() if name.endswith("-bucket")]
        if target == "bucket":
            for link in links:
                link.hold()
            _sleep(UNDER_WAY_SECONDS)
        part.kill()
        if target == "bucket":
            for link in links:
                link.reset()
                link.let_go()


def _members(process: Process) -> list[psutil.Process]:
    """The part's processes without their watcher, which must see us end even while they are stopped."""
    leader = psutil.Process(process.pid)
    members = [leader]
    for child in leader.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if str(LAUNCHER) not in child.cmdline():
                members.append(child)
    return members


def _signal(members: list[psutil.Process], number: signal.Signals) -> None:
    for member in members:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.send_signal(number)


def _sleep(seconds: float) -> None:
    time.sleep(max(0.0, seconds))
