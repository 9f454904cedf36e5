"""`upload --rate`: lets a chunk begin only when those before it have had their time."""

import threading
from dataclasses import dataclass
from typing import Any

import click

from function.clock import Clock
from partitioner.manifest import ManifestChunk

_UNITS = {"kb": 1e3, "mb": 1e6, "gb": 1e9}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many records, or bytes of JSON, a second."""

    amount_a_second: float
    is_of_bytes: bool = False

    def seconds_of(self, chunk: ManifestChunk) -> float:
        amount = chunk.json_bytes if self.is_of_bytes else chunk.records
        return amount / self.amount_a_second


class Pace:
    """From any thread. The first chunk begins at once, each other when the one before it is through.

    Time in which nothing was asked for isn't made up for: after a pause there is no burst.
    """

    def __init__(self, rate: Rate, clock: Clock | None = None) -> None:
        self._rate, self._clock = rate, clock or Clock()
        self._lock = threading.Lock()
        self._free_seconds = self._clock.monotonic_seconds()

    def wait(self, chunk: ManifestChunk) -> None:
        with self._lock:
            now = self._clock.monotonic_seconds()
            begin = max(now, self._free_seconds)
            self._free_seconds = begin + self._rate.seconds_of(chunk)
        if begin > now:
            self._clock.sleep(begin - now)


class RateType(click.ParamType[Rate]):
    """`10000` or `20MB`."""

    name = "RATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Rate:
        if isinstance(value, Rate):
            return value
        text = str(value).strip().lower().replace(",", "").replace("_", "")
        unit = text[-2:] if text[-2:] in _UNITS else ""
        try:
            amount = float(text.removesuffix(unit)) * _UNITS.get(unit, 1.0)
        except ValueError:
            amount = 0.0
        if not 0 < amount < float("inf"):
            self.fail(
                f"{value!r} is no rate: 10000 is so many records a second, 20MB bytes of JSON", param, ctx
            )
        return Rate(amount, is_of_bytes=bool(unit))
