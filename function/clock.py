"""Where time comes from, and who waits for it, so that a test can bring its own."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol


class Condition(Protocol):
    """What is used of threading.Condition: a lock, and a wait of at most so many seconds of this clock."""

    def __enter__(self) -> bool: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def wait(self, timeout: float | None = None) -> bool: ...

    def notify(self, n: int = 1) -> None: ...

    def notify_all(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Clock:
    """`wall_seconds` is Unix time and may jump; `monotonic_seconds` never runs back."""

    wall_seconds: Callable[[], float] = time.time
    monotonic_seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    condition: Callable[[], Condition] = threading.Condition
