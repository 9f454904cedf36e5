"""Time that moves only when a test says so."""

from function.clock import Clock


class HandClock:
    """`clock` is what the code under test takes; wall and monotonic time move together."""

    def __init__(self, wall_seconds: float = 1_780_000_000.0) -> None:
        self._wall_seconds = wall_seconds
        self._passed_seconds = 0.0
        self.clock = Clock(self.wall_seconds, self.monotonic_seconds, self.advance)

    def wall_seconds(self) -> float:
        return self._wall_seconds + self._passed_seconds

    def monotonic_seconds(self) -> float:
        return self._passed_seconds

    def advance(self, seconds: float) -> None:
        self._passed_seconds += seconds
