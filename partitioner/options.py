"""What `split` is told on the command line, as values."""

import os
from datetime import UTC, datetime
from typing import Any

import click

# Records are no older than this; so `20240301` is a date without its dashes and no time.
_EARLIEST_SECONDS = 31_536_000
_LATEST_SECONDS = 100_000_000_000  # milliseconds begin to look like seconds behind it


class MomentType(click.ParamType[float]):
    """Unix seconds, or an ISO date or time; without a zone it is UTC."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = self._iso_seconds(str(value), param, ctx)
        if not _EARLIEST_SECONDS <= seconds <= _LATEST_SECONDS:
            self.fail(f"{value!r} is no time in Unix seconds, nor a date like 2024-03-01", param, ctx)
        return seconds

    def _iso_seconds(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is neither Unix seconds nor a time like 2024-03-01 or 2024-03-01T12:00:00Z",
                param,
                ctx,
            )
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class ShareType(click.ParamType[float]):
    """`5%` or `0.05`."""

    name = "SHARE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            self.fail(f"{value!r} is no share; one looks like 5% or 0.05", param, ctx)
        return share


def cores() -> int:
    """Those that this process may use, which in a container are fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
