"""How long something that may pass is tried again."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from function.errors import StorageUnavailable

FIRST_SECONDS = 0.25
MAX_SECONDS = 30.0

_T = TypeVar("_T")


class Patience:
    """Waits 0.25 s, doubled after each failure up to 30 s, less up to a half at random.

    It is over where nothing has been got for `seconds`.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.renew()

    def renew(self) -> None:
        """Something was got: all is as at the beginning."""
        self._failures = 0
        self._ends_at = time.monotonic() + self._seconds

    def wait(self, error: StorageUnavailable) -> None:
        """Raises the error where waiting would take longer than there is time."""
        wait_seconds = min(MAX_SECONDS, FIRST_SECONDS * 2.0**self._failures)
        wait_seconds *= 1 - random.random() / 2  # noqa: S311 (it spreads tries, it hides nothing)
        if time.monotonic() + wait_seconds > self._ends_at:
            raise error
        self._failures += 1
        time.sleep(wait_seconds)


def patiently(seconds: float, call: Callable[[], _T]) -> _T:
    """Raises StorageUnavailable once patience is over."""
    patience = Patience(seconds)
    while True:
        try:
            return call()
        except StorageUnavailable as error:
            patience.wait(error)
