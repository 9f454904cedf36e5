"""Does what mostly waits for answers many at once, and gives the results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_AT_ONCE = 16
_AHEAD = 4 * _AT_ONCE

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


def in_order(
    items: Iterable[_Item], do: Callable[[_Item], _Done], waits: Callable[[_Item], bool]
) -> Iterator[tuple[_Item, _Done]]:
    """Items that don't wait are done in this thread. What `do` raises is raised in its item's turn."""
    waiting: deque[tuple[_Item, Future[_Done] | None]] = deque()
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        try:
            for item in items:
                waiting.append((item, threads.submit(do, item) if waits(item) else None))
                while waiting and (len(waiting) > _AHEAD or waiting[0][1] is None):
                    yield _result(*waiting.popleft(), do)
            while waiting:
                yield _result(*waiting.popleft(), do)
        finally:
            threads.shutdown(cancel_futures=True)


def _result(item: _Item, future: Future[_Done] | None, do: Callable[[_Item], _Done]) -> tuple[_Item, _Done]:
    return item, future.result() if future else do(item)
