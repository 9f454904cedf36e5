"""Virtual time: events in their order, and processes of real code that wait in it."""

import heapq
import threading
from collections.abc import Callable
from itertools import count
from types import TracebackType

from function.clock import Clock


class Engine:
    """Runs what was asked for at its time, one thing at a time; between two of them no time passes."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self.clock = Clock(self._read, self._read, self._no_sleep, lambda: VirtualCondition(self))

    def at(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(seconds, self.now), next(self._numbers), call))

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        self.at(self.now + seconds, call)

    def run(self, until: float = float("inf")) -> None:
        """Up to then, or until nothing is left to happen."""
        events = self._events
        while events and events[0][0] <= until:
            self.now, _, call = heapq.heappop(events)
            call()
        if until != float("inf"):
            self.now = until

    def _read(self) -> float:
        return self.now

    def _no_sleep(self, seconds: float) -> None:
        raise NotImplementedError(f"nothing here sleeps {seconds} s")


class Process:
    """A call that may wait in virtual conditions: a thread of its own, but only one runs at any time.

    The engine hands over to it and stands still until it waits, or ends.
    """

    current: "Process"

    def __init__(self, engine: Engine, call: Callable[[], None]) -> None:
        self._engine, self._call = engine, call
        self._mine, self._engines = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._error: BaseException | None = None
        self.is_over = False
        engine.after(0, self._start)

    def resume(self) -> None:
        """For the engine."""
        Process.current = self
        self._mine.release()
        self._engines.acquire()
        if self._error is not None:
            raise self._error

    def pause(self) -> None:
        """For the process itself: until it is resumed."""
        self._engines.release()
        self._mine.acquire()

    def _start(self) -> None:
        self._thread.start()
        self.resume()

    def _run(self) -> None:
        self._mine.acquire()
        try:
            self._call()
        except BaseException as error:  # noqa: BLE001 (the engine raises it)
            self._error = error
        self.is_over = True
        self._engines.release()


class VirtualCondition:
    """As threading.Condition, for processes. Its lock needs no locking: only one of them runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: list[tuple[Process, list[bool]]] = []

    def __enter__(self) -> bool:
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        pass

    def wait(self, timeout: float | None = None) -> bool:
        waiter = (Process.current, [False])
        self._waiting.append(waiter)
        if timeout is not None:
            self._engine.after(timeout, lambda: self._wake(waiter, notified=False))
        waiter[0].pause()
        return waiter[1][0]

    def notify(self, n: int = 1) -> None:
        for waiter in self._waiting[:n]:
            self._waiting.remove(waiter)
            waiter[1][0] = True
            self._engine.after(0, waiter[0].resume)

    def notify_all(self) -> None:
        self.notify(len(self._waiting))

    def _wake(self, waiter: tuple[Process, list[bool]], *, notified: bool) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
            waiter[1][0] = notified
            waiter[0].resume()
