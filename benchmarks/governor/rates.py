"""What decides when a batch may go: the governor, and the two ways that others have it."""

from collections.abc import Callable

from function.answers import Answer
from function.governor import Governor
from function.parcel_queue import Rate

# As function/config.py has them.
RECORDS_PER_SECOND, MEGABYTES_PER_MINUTE = 27_000.0, 1_800.0


class FixedRate:
    """Keeps to its settings, whatever it is answered. Batches refused are put off, each by itself."""

    def __init__(self) -> None:
        self._free_at = 0.0

    @property
    def closed_until(self) -> float:
        return self._free_at

    def delay_seconds(self, now: float, records: int, json_bytes: int) -> float:
        if self._free_at > now:
            return self._free_at - now
        bytes_per_second = MEGABYTES_PER_MINUTE * 1_000_000 / 60
        seconds = max(records / RECORDS_PER_SECOND, json_bytes / bytes_per_second)
        self._free_at = max(self._free_at, now - 1) + seconds
        return 0.0

    def learn(self, answer: Answer, now: float, sent_at: float | None = None) -> None:
        pass


class Backoff:
    """Has no rate: as many requests at once as may be. Batches refused are put off, each by itself."""

    closed_until = 0.0

    def delay_seconds(self, now: float, records: int, json_bytes: int) -> float:  # noqa: ARG002 (the protocol's)
        return 0.0

    def learn(self, answer: Answer, now: float, sent_at: float | None = None) -> None:
        pass


OURS, FIXED, EXPONENTIAL = "ours", "fixed rate", "exponential backoff"
RATES: dict[str, Callable[[], Rate]] = {
    OURS: lambda: Governor(RECORDS_PER_SECOND, MEGABYTES_PER_MINUTE),
    FIXED: FixedRate,
    EXPONENTIAL: Backoff,
}
