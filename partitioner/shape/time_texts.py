"""Times that are written out: ISO 8601 and what databases print. The forms are listed in times.py."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from partitioner.shape.rows import Unusable

FIELD = "properties.time"
EPOCH_LOCAL = datetime(1970, 1, 1)  # noqa: DTZ001 (what local times are measured from)
SECOND = 1_000_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_CHARACTERS = 64  # the longest known form has less than 50

_ISO = re.compile(
    r"(?:\d{4}-\d\d-\d\d|\d{8}|\d{4}-?W\d\d-?\d)(?:[Tt ][\d:]+(?:[.,](?P<fraction>\d+))?(?:[+-][\d:]+)?)?",
    re.ASCII,
)
_UTC_WORDS = re.compile(r"(?: ?[+-]00:?00)? ?(?:UTC|GMT|Z)$", re.IGNORECASE)
_SPACE_BEFORE_OFFSET = re.compile(r" (?=[+-]\d\d(?::?\d\d)?$)", re.ASCII)
_DATE_AND_OFFSET = re.compile(r"(\d{4}-\d\d-\d\d|\d{8})([+-]\d\d:?\d\d)", re.ASCII)
_YEAR_LAST = re.compile(r"\d\d?[-/.]\d\d?[-/.]\d{4}\b", re.ASCII)
_TWELVE_HOURS = re.compile(
    r"(?:(?P<year>\d{4})[-/](?P<month>\d\d?)[-/](?P<day>\d\d?)|"
    r"(?P<first>\d\d?)/(?P<second>\d\d?)/(?P<last>\d{4})),? "
    r"(?P<hour>\d\d?)(?P<rest>:\d\d(?::\d\d(?:\.\d+)?)?) ?(?P<half>[AP])M(?P<zone>.*)",
    re.ASCII | re.IGNORECASE,
)


class NoZone(Unusable):
    """A local time, and nobody said of which zone."""

    def __init__(self, field: str = FIELD) -> None:
        super().__init__(field, f"{field!r} carries no time zone: give --timezone")


def missing() -> Unusable:
    return Unusable(FIELD, "'properties.time' is invalid: must not be missing")


def unknown() -> Unusable:
    return Unusable(FIELD, "'properties.time' is invalid: in none of the forms that are known")


def _year_last() -> Unusable:
    return Unusable(
        FIELD, "'properties.time' is invalid: day or month first can't be told, give dates as 2024-03-31"
    )


def nanoseconds_of_text(text: str, zone: ZoneInfo | None) -> int:
    """Since 1970 of a text without outer white space. Raises NoZone and Unusable."""
    if not text:
        raise missing()
    if len(text) > _MAX_CHARACTERS:
        raise unknown()
    iso = _iso_text(text)
    form = _ISO.fullmatch(iso)
    if form is None:
        raise _year_last() if _YEAR_LAST.match(text) else unknown()
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError as error:
        raise unknown() from error
    fraction = form["fraction"] or "0"  # fromisoformat leaves off what is below a microsecond
    nanoseconds = int(fraction[:9].ljust(9, "0"))
    return seconds_of_moment(moment, zone) * SECOND + nanoseconds


def seconds_of_moment(moment: datetime, zone: ZoneInfo | None) -> int:
    """Since 1970, rounded down. The zone is for a moment that has none. Raises NoZone."""
    if moment.tzinfo is not None:
        since = moment - _EPOCH
        if since.microseconds != moment.microsecond:
            raise unknown()  # a zone with a part of a second, which is none
        return since.days * 86_400 + since.seconds
    if zone is None:
        raise NoZone
    since = moment - EPOCH_LOCAL
    offset_seconds = _offset_seconds_of_day(since.days, zone)
    if offset_seconds is None:
        offset_seconds = _offset_seconds(moment, zone)
    return since.days * 86_400 + since.seconds - offset_seconds


@lru_cache(maxsize=8_192)  # to ask the zone costs 1 µs a time
def _offset_seconds_of_day(day: int, zone: ZoneInfo) -> int | None:
    """What the zone's clocks are ahead of UTC on this day since 1970; None where that changes in it."""
    start = EPOCH_LOCAL + timedelta(days=day)
    at_start, at_end = _offset_seconds(start, zone), _offset_seconds(start.replace(hour=23, minute=59), zone)
    return at_start if at_start == at_end else None


def _offset_seconds(local: datetime, zone: ZoneInfo) -> int:
    offset = local.replace(tzinfo=zone).utcoffset()
    assert offset is not None
    return offset.days * 86_400 + offset.seconds


def _iso_text(text: str) -> str:
    """The same time as fromisoformat takes it."""
    twelve = _TWELVE_HOURS.fullmatch(text)
    if twelve:
        text = _in_24_hours(twelve)
    elif text[4:5] == text[7:8] == "/":
        text = text.replace("/", "-", 2)
    text = _UTC_WORDS.sub("+00:00", text)
    text = _SPACE_BEFORE_OFFSET.sub("", text)
    return _DATE_AND_OFFSET.sub(r"\1T00\2", text) if _DATE_AND_OFFSET.fullmatch(text) else text


def _in_24_hours(twelve: re.Match[str]) -> str:
    year, month, day = twelve["year"], twelve["month"], twelve["day"]
    if year is None:
        year, month, day = twelve["last"], twelve["first"], twelve["second"]
        if int(day) <= 12 and int(day) != int(month):
            raise _year_last()
    hour = int(twelve["hour"])
    if not 1 <= hour <= 12:
        raise unknown()
    hour = hour % 12 + (12 if twelve["half"] in "Pp" else 0)
    return f"{year}-{int(month):02}-{int(day):02}T{hour:02}{twelve['rest']}{twelve['zone']}"
