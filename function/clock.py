"""Where time comes from, so that a test can bring its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """`wall_seconds` is Unix time and may jump; `monotonic_seconds` never runs back."""

    wall_seconds: Callable[[], float] = time.time
    monotonic_seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
