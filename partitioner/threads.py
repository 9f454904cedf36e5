"""The same work for many things, several at a time."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def each(
    things: Iterable[Thing], work: Callable[[Thing], Result], *, threads: int
) -> Iterator[tuple[Thing, Result]]:
    """Begins the work in the order of `things` and yields each as it is done.

    The first error of `work` is raised here; nothing new begins after it, nor once the iterator is closed.
    What has begun by then is not waited for: the threads are daemons, so that Ctrl-C ends the program.
    """
    waiting: queue.SimpleQueue[Thing] = queue.SimpleQueue()
    count = 0
    for thing in things:
        waiting.put(thing)
        count += 1
    done: queue.SimpleQueue[tuple[Thing, Result] | BaseException] = queue.SimpleQueue()
    stopped = threading.Event()

    def run() -> None:
        while not stopped.is_set():
            try:
                thing = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((thing, work(thing)))
            except BaseException as error:  # noqa: BLE001 (raised again where the results are read)
                done.put(error)
                return

    for _ in range(min(threads, count)):
        threading.Thread(target=run, daemon=True).start()
    try:
        for _ in range(count):
            outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
    finally:
        stopped.set()
