"""Turns: first come first served, alone where it must be, one delivery of a chunk at a time."""

import threading
import time
from collections.abc import Callable

import pytest

from function.admission import Admission
from function.clock import Clock
from function.errors import CredentialsRefused, DeadlineReached


class Worker:
    """Works on a chunk in a thread of its own until it is told to stop."""

    def __init__(self, admission: Admission, name: str, log: list[str], *, alone: bool = False) -> None:
        self._stop = threading.Event()
        self._ticket = admission.arrive(name)
        self._admission, self._name, self._log, self._alone = admission, name, log, alone
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        deadline_seconds = time.monotonic() + 20
        with self._admission.turn(self._ticket, alone=self._alone, deadline_seconds=deadline_seconds):
            self._log.append(self._name)
            self._stop.wait(20)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(20)


def eventually(holds: Callable[[], bool]) -> None:
    end_seconds = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end_seconds
        time.sleep(0.005)


def settled(log: list[str]) -> list[str]:
    time.sleep(0.05)
    return list(log)


def test_no_more_at_once_than_places_and_in_order_of_arrival() -> None:
    """Two places: the third and the fourth wait, and come in their order."""
    log: list[str] = []
    admission = Admission(2, Clock(), pause_seconds=60)
    workers = [Worker(admission, name, log) for name in ("a", "b", "c", "d")]
    eventually(lambda: len(log) == 2)
    assert settled(log) == ["a", "b"] or settled(log) == ["b", "a"]
    workers[0].stop()
    eventually(lambda: len(log) == 3)
    assert log[2] == "c"
    for worker in workers:
        worker.stop()
    assert log[3] == "d"


def test_a_second_delivery_waits_for_the_first_and_lets_others_pass() -> None:
    """The same name isn't worked on twice at once, and does not block the next chunk."""
    log: list[str] = []
    admission = Admission(2, Clock(), pause_seconds=60)
    first = Worker(admission, "a", log)
    eventually(lambda: log == ["a"])
    second = Worker(admission, "a", log)
    other = Worker(admission, "b", log)
    eventually(lambda: log == ["a", "b"])
    assert settled(log) == ["a", "b"]
    first.stop()
    eventually(lambda: log == ["a", "b", "a"])
    second.stop()
    other.stop()


def test_alone_waits_for_all_and_is_not_overtaken() -> None:
    """A chunk that must be alone comes in its turn, and nobody works beside it."""
    log: list[str] = []
    admission = Admission(2, Clock(), pause_seconds=60)
    first = Worker(admission, "a", log)
    eventually(lambda: log == ["a"])
    alone = Worker(admission, "poison", log, alone=True)
    eventually(lambda: len(admission._queue) == 1)
    later = Worker(admission, "b", log)
    assert settled(log) == ["a"]
    first.stop()
    eventually(lambda: log == ["a", "poison"])
    assert settled(log) == ["a", "poison"]
    alone.stop()
    eventually(lambda: log == ["a", "poison", "b"])
    later.stop()


def test_a_deadline_ends_the_wait() -> None:
    """A delivery that never gets its turn is given up in time, and leaves no trace."""
    admission = Admission(1, Clock(), pause_seconds=60)
    with (
        admission.turn(admission.arrive("a"), alone=False, deadline_seconds=time.monotonic() + 5),
        pytest.raises(DeadlineReached),
        admission.turn(admission.arrive("b"), alone=False, deadline_seconds=time.monotonic() + 0.05),
    ):
        pass
    with admission.turn(admission.arrive("c"), alone=False, deadline_seconds=time.monotonic() + 5):
        assert admission._queue == []


def test_a_pause_refuses_everyone_until_it_is_over() -> None:
    """The reason of the pause is what each delivery is given; a second refusal doesn't prolong it."""
    now_seconds = 100.0
    admission = Admission(1, Clock(monotonic_seconds=lambda: now_seconds), pause_seconds=60)
    assert admission.pause(CredentialsRefused("the token is unknown"))
    assert not admission.pause(CredentialsRefused("again"))
    with (
        pytest.raises(CredentialsRefused, match="the token is unknown"),
        admission.turn(admission.arrive("a"), alone=False, deadline_seconds=1000),
    ):
        pass
    now_seconds += 60
    admission.check_pause()
    with admission.turn(admission.arrive("a"), alone=False, deadline_seconds=1000):
        pass
