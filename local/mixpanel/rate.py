"""Mixpanel's rate limit: records and JSON bytes over a rolling minute, per project.

Source: https://docs.mixpanel.com/reference/import-events, Rate Limit (2026-08): "2GB of uncompressed
JSON/minute or ~30k events per second, measured on a rolling 1 minute basis".
"""

from collections import deque


class RollingWindow:
    """Not thread-safe; time is given with each call, in seconds of a clock that never runs back."""

    def __init__(self) -> None:
        self._taken: deque[tuple[float, int, int]] = deque()
        self.records = 0
        self.json_bytes = 0
        self.most_records = 0

    def forget(self, now_seconds: float, window_seconds: float) -> None:
        while self._taken and self._taken[0][0] <= now_seconds - window_seconds:
            _, records, json_bytes = self._taken.popleft()
            self.records -= records
            self.json_bytes -= json_bytes

    def has_room(self, records: int, json_bytes: int, max_records: float, max_json_bytes: float) -> bool:
        """A limit of 0 is none."""
        return (not max_records or self.records + records <= max_records) and (
            not max_json_bytes or self.json_bytes + json_bytes <= max_json_bytes
        )

    def take(self, now_seconds: float, records: int, json_bytes: int) -> None:
        self._taken.append((now_seconds, records, json_bytes))
        self.records += records
        self.json_bytes += json_bytes
        self.most_records = max(self.most_records, self.records)
