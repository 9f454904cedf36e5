"""A call over the network that ends in time: repeated while unanswered, each time with half of what is left.

Half, since `requests` gives a timeout to connecting and sending, and once more to the answer.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

FIRST_PAUSE_SECONDS = 0.25
SHORTEST_ATTEMPT_SECONDS = 0.05

_T = TypeVar("_T")


def call_within(
    timeout_seconds: float,
    call: Callable[[float], _T],
    is_passing: Callable[[Exception], bool],
) -> _T:
    """Gives each attempt its seconds; waits 0.25 s, doubling, and up to as much again at random in between.

    Raises what the last attempt raised, at once where that won't pass.
    """
    ends_at, pause_seconds = time.monotonic() + timeout_seconds, FIRST_PAUSE_SECONDS
    while True:
        attempt_seconds = max((ends_at - time.monotonic()) / 2, SHORTEST_ATTEMPT_SECONDS)
        try:
            return call(attempt_seconds)
        except Exception as error:
            wait_seconds = pause_seconds * (1 + random.random())  # noqa: S311 (spreads load, hides nothing)
            if not is_passing(error) or time.monotonic() + wait_seconds > ends_at:
                raise
        time.sleep(wait_seconds)
        pause_seconds *= 2
