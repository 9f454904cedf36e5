"""How far a transfer is, on stderr: one line that rewrites itself, or a plain line now and then."""

import shutil
import sys
import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from function.clock import Clock

TERMINAL_SECONDS = 0.2
PLAIN_SECONDS = 30.0
RATE_WINDOW_SECONDS = 30.0


class Meter:
    """Counts up to `total`, from any thread. `show` puts an amount into words."""

    def __init__(
        self,
        doing: str,
        total: int | None,
        show: Callable[[float], str],
        *,
        quiet: bool = False,
        stream: TextIO | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._doing, self._total, self._show = doing, total, show
        self._stream = stream or sys.stderr
        self._clock = clock or Clock()
        self._quiet = quiet
        self._is_terminal = self._stream.isatty()
        self._lock = threading.Lock()
        self._done = 0
        self._note = ""
        self._shown_seconds = self._clock.monotonic_seconds()
        self._samples = deque([(self._shown_seconds, 0)])
        self._width = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._clear()

    def add(self, amount: int) -> None:
        with self._lock:
            self._update(self._done + amount, self._note)

    def set(self, done: int, note: str = "") -> None:
        """Where progress is read rather than made; `note` stands at the end of the line."""
        with self._lock:
            if len(self._samples) == 1 and not self._done:
                self._samples[0] = (self._samples[0][0], done)  # what was there before isn't our rate
            self._update(done, note)

    def say(self, sentence: str) -> None:
        """A line that stays."""
        with self._lock:
            if not self._quiet:
                self._clear()
                print(sentence, file=self._stream, flush=True)

    def _update(self, done: int, note: str) -> None:
        self._done, self._note = done, note
        now = self._clock.monotonic_seconds()
        if now - self._shown_seconds < (TERMINAL_SECONDS if self._is_terminal else PLAIN_SECONDS):
            return
        self._shown_seconds = now
        self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[1][0] > RATE_WINDOW_SECONDS:
            self._samples.popleft()
        if self._quiet:
            return
        line = self._line()
        if self._is_terminal:
            self._clear()
            line = line[: shutil.get_terminal_size().columns - 1]  # a line that wraps can't be taken back
            self._width = len(line)
            print(f"\r{line}", end="", file=self._stream, flush=True)
        else:
            print(line, file=self._stream, flush=True)

    def _line(self) -> str:
        (began, before), (now, done) = self._samples[0], self._samples[-1]
        rate = max(0.0, (done - before) / (now - began)) if now > began else 0.0
        of_total = "" if self._total is None else f" of {self._show(self._total)}"
        parts = [f"{self._doing} {self._show(done)}{of_total}"]
        if rate:
            parts.append(f"{self._show(rate)}/s")
            if self._total is not None and self._total > done:
                parts.append(f"{show_seconds((self._total - done) / rate)} left")
        return ", ".join([*parts, self._note] if self._note else parts)

    def _clear(self) -> None:
        if self._width:
            print("\r" + " " * self._width + "\r", end="", file=self._stream, flush=True)
            self._width = 0


def show_bytes(amount: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if amount >= size:
            return f"{amount / size:,.1f} {unit}"
    return f"{amount:.0f} bytes"


def show_records(amount: float) -> str:
    return f"{amount:,.0f} records"


def show_chunks(count: int) -> str:
    return "1 chunk" if count == 1 else f"{count:,} chunks"


def show_seconds(seconds: float) -> str:
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{round(whole / 60)} min"
    if whole < 172_800:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} days"
