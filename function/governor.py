"""What keeps us under the project's limit: records a second and JSON megabytes a minute, process-wide."""

from .answers import Answer, Outcome

# What an idle governor lets through at once, in seconds of its rate. Mixpanel counts a rolling minute.
BURST_SECONDS = 1.0
# After a 429 that doesn't say how long. Mixpanel's advice for the first wait:
# https://docs.mixpanel.com/reference/import-events (2026-08).
HOLD_SECONDS = 2.0


class Governor:
    """Pure arithmetic: time comes in as an argument, in monotonic seconds. Not thread-safe.

    In any span of T seconds it lets through at most rate * (T + BURST_SECONDS) and the batch on the edge.
    What was let through is paid for afterwards, so a batch of any size goes in the end.
    """

    def __init__(self, max_records_per_second: float, max_megabytes_per_minute: float) -> None:
        """0 switches a limit off. A megabyte is 1,000,000 bytes."""
        self._seconds_per_record = 1 / max_records_per_second if max_records_per_second else 0.0
        bytes_per_second = max_megabytes_per_minute * 1_000_000 / 60
        self._seconds_per_byte = 1 / bytes_per_second if bytes_per_second else 0.0
        # When all that was let through will have been paid for, by each limit.
        self._records_paid_at = self._bytes_paid_at = float("-inf")
        self._held_until = float("-inf")

    def delay_seconds(self, now: float, records: int, json_bytes: int) -> float:
        """0: the batch may go, and is booked. More: nothing is booked, ask again after that many seconds."""
        earliest = max(
            self._held_until, self._records_paid_at - BURST_SECONDS, self._bytes_paid_at - BURST_SECONDS
        )
        if earliest > now:
            return earliest - now
        self._records_paid_at = max(self._records_paid_at, now) + records * self._seconds_per_record
        self._bytes_paid_at = max(self._bytes_paid_at, now) + json_bytes * self._seconds_per_byte
        return 0.0

    def learn(self, answer: Answer, now: float) -> None:
        """A 429 holds back everyone, for as long as it says."""
        if answer.outcome is Outcome.RETRY and answer.reason == "rate-limited":
            hold_seconds = HOLD_SECONDS if answer.retry_after_seconds is None else answer.retry_after_seconds
            self._held_until = max(self._held_until, now + hold_seconds)
