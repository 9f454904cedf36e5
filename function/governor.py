"""What keeps us under the project's limit: records a second and JSON megabytes a minute, process-wide."""

from .answers import Answer, Outcome
from .room import Room
from .window import Window

# What an idle governor lets through at once, in seconds of its rate. Mixpanel counts a rolling minute.
BURST_SECONDS = 1.0
# While nothing but failures comes back: 20 ms between two requests, doubling with each failure.
FIRST_PROBE_SECONDS, PROBE_SECONDS = 0.02, 5.0
# Where a setting is 0 (off), loads are reckoned in the documented limit (same page).
DOCUMENTED_RECORDS_PER_SECOND, DOCUMENTED_MEGABYTES_PER_MINUTE = 30_000.0, 2_000.0


class Governor:
    """Pure arithmetic: time comes in as an argument, in monotonic seconds. Not thread-safe.

    Settings: in any span of T seconds it lets through at most rate * (T + BURST_SECONDS) and the batch on the
    edge. What was let through is paid for afterwards, so a batch of any size goes in the end.

    Room: what the last minute may hold, once a 429 has shown it (`room.Room`). After one that came
    unexpected, nothing goes for its Retry-After, or two seconds.

    Outage: after n failures in a row (5xx, no answer), min(PROBE_SECONDS, FIRST_PROBE_SECONDS * 2^(n - 1))
    between one request and the next.
    """

    def __init__(self, max_records_per_second: float, max_megabytes_per_minute: float) -> None:
        """0 switches a limit off. A megabyte is 1,000,000 bytes."""
        self._seconds_per_record = 1 / max_records_per_second if max_records_per_second else 0.0
        bytes_per_second = max_megabytes_per_minute * 1_000_000 / 60
        self._seconds_per_byte = 1 / bytes_per_second if bytes_per_second else 0.0
        # When all that was let through will have been paid for, by each limit.
        self._records_paid_at = self._bytes_paid_at = float("-inf")
        self._held_until = self._booked_at = float("-inf")
        self._failures = 0
        self._room = Room(
            Window(
                max_records_per_second or DOCUMENTED_RECORDS_PER_SECOND,
                bytes_per_second or DOCUMENTED_MEGABYTES_PER_MINUTE * 1_000_000 / 60,
            )
        )

    @property
    def closed_until(self) -> float:
        """By our settings, or since a 429 said so. What else holds back, an answer may lift."""
        return max(
            self._held_until, self._records_paid_at - BURST_SECONDS, self._bytes_paid_at - BURST_SECONDS
        )

    def delay_seconds(self, now: float, records: int, json_bytes: int) -> float:
        """0: the batch may go, and is booked. More: nothing is booked; ask again after that many seconds, or
        after the next `learn`.
        """
        earliest = max(self.closed_until, self._booked_at + self._probe_seconds())
        delay_seconds = (
            earliest - now if earliest > now else self._room.delay_seconds(now, records, json_bytes)
        )
        if delay_seconds > 0:
            return delay_seconds
        self._records_paid_at = max(self._records_paid_at, now) + records * self._seconds_per_record
        self._bytes_paid_at = max(self._bytes_paid_at, now) + json_bytes * self._seconds_per_byte
        self._booked_at = now
        self._room.book(now, records, json_bytes)
        return 0.0

    def learn(self, answer: Answer, now: float, sent_at: float | None = None) -> None:
        """To be told every answer. `sent_at` is the `now` at which its batch was booked, where that is known.

        A 429 holds back everyone, for as long as it says.
        """
        sent_at = now if sent_at is None else sent_at
        is_retried = answer.outcome is Outcome.RETRY
        if is_retried and answer.reason == "rate-limited":
            hold_seconds = self._room.refused(now, sent_at, answer.retry_after_seconds)
            self._held_until = max(self._held_until, now + hold_seconds)
            return
        is_definite = not is_retried and answer.outcome is not Outcome.UNSENT
        if is_definite:
            self._failures = 0
        self._failures += is_retried
        self._room.answered(now, sent_at, accepted=is_definite)

    def _probe_seconds(self) -> float:
        if not self._failures:
            return 0.0
        return min(PROBE_SECONDS, FIRST_PROBE_SECONDS * 2.0 ** min(self._failures - 1, 16))
