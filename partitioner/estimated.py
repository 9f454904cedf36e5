"""What is to be imported, how long Mixpanel's limits make it take, and what it costs at Google."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from partitioner.cost_model import (
    MEGABYTES_PER_MINUTE,
    RECORDS_PER_SECOND,
    Estimate,
    Import,
    estimate,
)
from partitioner.measured import Measured
from partitioner.meter import show_bytes, show_chunks, show_seconds

# What a project takes: https://docs.mixpanel.com/reference/import-events (2026-08).
LIMIT_RECORDS_PER_SECOND = 30_000
LIMIT_MEGABYTES_PER_MINUTE = 2_000
TIMES = (1, 2, 5, 10)

# Two years; five in projects made before 2025-09-01:
# https://docs.mixpanel.com/docs/privacy/data-retention (2026-08).
RETENTION_DAYS = 730

# One instance of one CPU sends so much; README.md, Changing it.
INSTANCE_RECORDS_PER_SECOND = 60_000
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Size:
    """Of what is to be imported. `share` is that of the rows it was told from, 1 where it is exact."""

    records: int
    json_bytes: int
    file_bytes: int
    chunks: int
    rejected: int
    outside: int
    share: float
    first_time: int | None
    last_time: int | None


@dataclass(frozen=True, slots=True)
class Expired:
    """Records that are too old: at least and at most so many, on so many days from the first one's on.

    A manifest tells only the first and the last time of a chunk.
    """

    retention_days: int
    at_least: int
    at_most: int
    days: int


@dataclass(frozen=True, slots=True)
class Pace:
    """An import at so many times the project's limit."""

    times: int
    what: Import
    found: Estimate


def paces_of(size: Size, measured: Measured) -> tuple[Pace, ...]:
    return tuple(_pace(size, measured, times) for times in TIMES)


def by_default(size: Size, measured: Measured) -> Estimate:
    """As the function is deployed where nobody changes its limits: with a tenth of them to spare."""
    return estimate(_import_of(size), _measured_of(size, measured))


def lines(size: Size, expired: Expired, paces: tuple[Pace, ...], ours: Estimate, place: str) -> Iterator[str]:
    """For people. `place` is where the figures come from."""
    about = "" if size.share == 1 else "about "
    each = size.json_bytes / max(1, size.records)
    yield (
        f"{about}{size.records:,} records, {show_bytes(size.json_bytes)} of JSON ({each:,.0f} bytes each), "
        f"{show_bytes(size.file_bytes)} compressed, in {show_chunks(size.chunks)}"
    )
    yield f"told by {place}"
    if size.rejected:
        yield f"{about}{size.rejected:,} more would be rejected"
    if size.outside:
        yield f"{about}{size.outside:,} more are outside --since and --until"
    if size.first_time is not None and size.last_time is not None:
        yield f"of {_date(size.first_time)} to {_date(size.last_time)}"
    yield _retention(expired, about)
    yield ""
    yield f"{'limit':>6}{'records/s':>12}{'GB/min':>8}{'instances':>11}{'time':>12}{'US dollars':>12}"
    for pace in paces:
        yield (
            f"{pace.times:>5}x{pace.what.records_per_second:>12,.0f}"
            f"{pace.what.megabytes_per_minute / 1000:>8,.0f}{pace.what.instances:>11}"
            f"{show_seconds(pace.found.seconds):>12}{pace.found.usd:>12,.2f}"
        )
    yield (
        f"1x is what a project may send. The function keeps to {RECORDS_PER_SECOND:,} records/s and "
        f"{MEGABYTES_PER_MINUTE / 1000} GB/min"
    )
    yield f"unless it is told more: {show_seconds(ours.seconds)}, {ours.usd:,.2f} US dollars, of it"
    for term in sorted(ours.terms, key=lambda term: -term.usd):
        yield f"{term.usd:>12,.4f}  {term.name}"
    yield "List prices of us-central1 without free allotments; Mixpanel's own bill isn't in it"


def as_json(
    size: Size, expired: Expired, paces: tuple[Pace, ...], ours: Estimate, place: str
) -> dict[str, Any]:
    return {
        "from": place,
        "share": size.share,
        "records": size.records,
        "json_bytes": size.json_bytes,
        "bytes": size.file_bytes,
        "chunks": size.chunks,
        "rejected": size.rejected,
        "outside": size.outside,
        "first_time": size.first_time,
        "last_time": size.last_time,
        "retention": {
            "days": expired.retention_days,
            "records_at_least": expired.at_least,
            "records_at_most": expired.at_most,
            "deleted_days": expired.days,
        },
        "by_limit": [
            {
                "times": pace.times,
                "records_per_second": pace.what.records_per_second,
                "megabytes_per_minute": pace.what.megabytes_per_minute,
                "instances": pace.what.instances,
                "seconds": pace.found.seconds,
                "usd": pace.found.usd,
            }
            for pace in paces
        ],
        "as_deployed": {
            "seconds": ours.seconds,
            "usd": ours.usd,
            "terms": [
                {
                    "name": term.name,
                    "usd": term.usd,
                    "units": term.units,
                    "unit": term.price.unit,
                    "source": term.price.source,
                    "date": term.price.date,
                }
                for term in ours.terms
            ],
        },
    }


def _pace(size: Size, measured: Measured, times: int) -> Pace:
    what = replace(
        _import_of(size),
        records_per_second=times * LIMIT_RECORDS_PER_SECOND,
        megabytes_per_minute=times * LIMIT_MEGABYTES_PER_MINUTE,
        instances=math.ceil(times * LIMIT_RECORDS_PER_SECOND / INSTANCE_RECORDS_PER_SECOND),
    )
    return Pace(times, what, estimate(what, _measured_of(size, measured)))


def _import_of(size: Size) -> Import:
    return Import(records=size.records, bytes=size.json_bytes / max(1, size.records), chunks=size.chunks)


def _measured_of(size: Size, measured: Measured) -> Measured:
    """With this export's own compression: a send-ready chunk is posted as it is kept."""
    inflation = size.json_bytes / max(1, size.file_bytes)
    return replace(measured, inflation=inflation, stored_inflation=inflation)


def _retention(expired: Expired, about: str) -> str:
    days = f"{expired.retention_days:,} days (--retention-days)"
    if not expired.at_most:
        return f"none is older than {days}"
    least, most = f"{expired.at_least:,}", f"{expired.at_most:,}"
    records = f"{about}{most}" if expired.at_least == expired.at_most else f"between {least} and {most}"
    return f"{records} records of {expired.days:,} days are older than {days}: Mixpanel deletes those"


def _date(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()
