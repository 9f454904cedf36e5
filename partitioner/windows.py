"""Windows of time: the newest records go first, in chunks of their own."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
import msgspec

REST = "rest"
# Each has an open file a worker, with what waits to be compressed.
MAX_WINDOWS = 32

_SECONDS = {"h": 3_600, "d": 86_400, "w": 604_800}
_EXAMPLE = "7d,30d,rest"


class Window(msgspec.Struct, frozen=True):
    """Records of [since, until) by their `time`, in Unix seconds; None has no end on that side.

    `folder` ends in a slash, and is empty where there is one window alone.
    """

    name: str = ""
    folder: str = ""
    since: float | None = None
    until: float | None = None


def read_windows(text: str) -> str:
    """The words in their plain form. Raises ValueError with a sentence that says how they look."""
    words = [word.strip().lower() for word in text.split(",")]
    if words[-1] != REST:
        raise ValueError(
            f"end it with {REST}, like {text},{REST}; what is older than some day is left out by --since"
        )
    if len(words) > MAX_WINDOWS:
        raise ValueError(f"{len(words)} are too many, {MAX_WINDOWS} are the most")
    ages = [_age_seconds(word) for word in words[:-1]]
    if not ages:
        raise ValueError(f"{REST} alone is no window: say which records go before it, like {_EXAMPLE}")
    for at in range(1, len(ages)):
        if ages[at] <= ages[at - 1]:
            raise ValueError(f"{words[at]} is no longer than {words[at - 1]}: say the newest window first")
    return ",".join(words)


def windows_of(words: str, as_of: float) -> tuple[Window, ...]:
    """Of words that were read, the newest first. What is in the future belongs to the newest."""
    names = words.split(",")
    edges = [as_of - _age_seconds(name) for name in names[:-1]]
    return tuple(
        Window(name, f"{number:02}-{name}/", since, until)
        for number, (name, since, until) in enumerate(
            zip(names, [*edges, None], [None, *edges], strict=True), 1
        )
    )


def _age_seconds(word: str) -> int:
    number, unit = word[:-1], word[-1:]
    if unit not in _SECONDS or not (number.isascii() and number.isdigit()) or not 0 < int(number) < 100_000:
        raise ValueError(
            f"{word!r} is no length of time: 12h, 7d and 4w are, and windows look like {_EXAMPLE}"
        )
    return int(number) * _SECONDS[unit]


@dataclass(frozen=True, slots=True)
class Edges:
    """Tells the window of a time."""

    ascending: tuple[float, ...]

    @classmethod
    def of(cls, windows: Sequence[Window]) -> "Edges":
        return cls(tuple(sorted(window.since for window in windows if window.since is not None)))

    def windows_of(self, times: Sequence[int]) -> list[int]:
        """The number of each time's window, from 0, the newest."""
        edges, oldest = self.ascending, len(self.ascending)
        return [oldest - bisect_right(edges, time) for time in times]


class WindowsType(click.ParamType[str]):
    """`7d,30d,rest`."""

    name = "WINDOWS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return read_windows(str(value))
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param, ctx)
