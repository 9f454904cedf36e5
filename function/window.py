"""What was sent in the last minute, as Mixpanel counts it: a rolling window of records and JSON bytes."""

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from operator import attrgetter

# Source: https://docs.mixpanel.com/reference/import-events, Rate Limit (2026-08)
WINDOW_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Sent:
    """`load_before` and `load` are the window's, without and with it, when it was sent."""

    at: float
    records: int
    json_bytes: int
    load_before: float
    load: float


class Window:
    """Not thread-safe. Every `now` is in seconds of one clock that doesn't run back.

    A load is in seconds of the full rate, by the tighter of the two limits: 60 is a full window. What was
    refused stays in, since Mixpanel counts it too.
    """

    def __init__(self, records_per_second: float, bytes_per_second: float) -> None:
        self._records_per_second, self._bytes_per_second = records_per_second, bytes_per_second
        self._sent: deque[Sent] = deque()
        self._records = self._json_bytes = 0

    def load(self, now: float, records: int = 0, json_bytes: int = 0) -> float:
        """With so many records and bytes more."""
        sent = self._sent
        while sent and sent[0].at <= now - WINDOW_SECONDS:
            left = sent.popleft()
            self._records -= left.records
            self._json_bytes -= left.json_bytes
        return self._load(self._records + records, self._json_bytes + json_bytes)

    def add(self, now: float, records: int, json_bytes: int) -> Sent:
        load_before = self.load(now)
        self._records += records
        self._json_bytes += json_bytes
        load = self._load(self._records, self._json_bytes)
        sent = Sent(now, records, json_bytes, load_before, load)
        self._sent.append(sent)
        return sent

    def find(self, sent_at: float) -> Sent | None:
        """What was sent then, the first of more; None where that is over a minute ago."""
        index = bisect_left(self._sent, sent_at, key=attrgetter("at"))
        return self._sent[index] if index < len(self._sent) and self._sent[index].at == sent_at else None

    def next_change(self, now: float) -> float:
        """Seconds until something leaves; a minute where there is nothing."""
        return self._sent[0].at + WINDOW_SECONDS - now if self._sent else WINDOW_SECONDS

    def leaving(self, now: float, seconds: float) -> float:
        """How much of the load leaves within so many seconds."""
        records = json_bytes = 0
        for sent in self._sent:
            if sent.at > now - WINDOW_SECONDS + seconds:
                break
            records += sent.records
            json_bytes += sent.json_bytes
        return self._load(records, json_bytes)

    def _load(self, records: int, json_bytes: int) -> float:
        return max(records / self._records_per_second, json_bytes / self._bytes_per_second)
