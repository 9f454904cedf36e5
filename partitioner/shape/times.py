"""Times as exports have them, for `properties.time` and for other properties.

Known are numbers and texts that spell one (Unix seconds, milliseconds, microseconds or nanoseconds), ISO
8601, and what databases print: `2024-03-13 10:21:14.123456 UTC`, `2024-03-13 10:21:14+00`, `... +0000`,
`2024/03/13`, `20240313`, a date alone (its first moment), and twelve hours with AM or PM. `03/04/2024` is
refused, since a guess at which is the month would move records by months; `03/13/2024 10:21 PM` can be told.

Where clocks are set back, a local time that comes twice is the first of the two; where they are set forward,
one that never comes is moved on by as much as the clocks are, which is what `zoneinfo` does.

Nothing is computed in floating point. What is finer than a millisecond is cut off for `properties.time`, what
is finer than a nanosecond elsewhere.
"""

import re
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from function.rules import EARLIEST_SECONDS
from partitioner.shape.rows import Unusable
from partitioner.shape.time_texts import (
    EPOCH_LOCAL,
    FIELD,
    SECOND,
    NoZone,
    missing,
    nanoseconds_of_text,
    seconds_of_moment,
    unknown,
)

__all__ = ["NoZone", "iso_of", "nanoseconds_of", "seconds_of"]

_NANOSECONDS = {"s": SECOND, "ms": 1_000_000, "us": 1_000, "ns": 1}

# A number below the first bound is in seconds, below the next in milliseconds, and so on. Mixpanel takes no
# record from before 1971, which each bound is in the finer unit, and is the year 2969 in the coarser: so each
# number is legal in one unit alone. What is too small for all is seconds.
_LATE_SECONDS = EARLIEST_SECONDS * 1_000
_BOUNDS = (
    (_LATE_SECONDS, SECOND),
    (_LATE_SECONDS * 1_000, 1_000_000),
    (_LATE_SECONDS * 1_000_000, 1_000),
    (_LATE_SECONDS * 1_000_000_000, 1),
)
_BEYOND_ALL = _BOUNDS[-1][0]

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_DATE_DIGITS = re.compile(r"[12]\d{7}", re.ASCII)
_FIRST_DATE, _LAST_DATE = 1000_01_01, 2999_12_31  # as Unix seconds, all are before 1971

_EXACT = Context(prec=60, rounding=ROUND_FLOOR)  # 60 digits reach far below a nanosecond


def seconds_of(value: Any, zone: ZoneInfo | None, unit: str = "") -> int:
    """What `properties.time` is to be: whole Unix seconds, or milliseconds where there is a part of a second.

    `unit` is s, ms, us or ns where the export's format says it; else numbers are told apart by their size. A
    text that is no number is read alike in any case. What is before 1971 is given in seconds, for the check
    to refuse. Raises NoZone, and Unusable for what is no time, or so late that its seconds would be
    taken for milliseconds.
    """
    if type(value) is str and len(value) >= 19 and value[4] == "-" and value[10] in " T":
        try:  # the usual forms, in 0.5 µs instead of 4
            moment = datetime.fromisoformat(value if value[-1] != "C" else value.removesuffix(" UTC") + "Z")
        except ValueError:
            pass
        else:
            return _for_mixpanel(seconds_of_moment(moment, zone), moment.microsecond // 1_000)
    if type(value) is int and EARLIEST_SECONDS <= value < _LATE_SECONDS and unit in {"", "s"}:
        return value
    seconds, rest = divmod(nanoseconds_of(value, zone, unit), SECOND)
    return _for_mixpanel(seconds, rest // 1_000_000)


def iso_of(value: Any, zone: ZoneInfo | None, unit: str = "") -> str:
    """The time in UTC as `2024-03-13T10:21:14Z`, with 3, 6 or 9 digits of a second where it has them.

    Takes the years 1 to 9999. Raises NoZone and Unusable.
    """
    seconds, rest = divmod(nanoseconds_of(value, zone, unit), SECOND)
    try:
        moment = EPOCH_LOCAL + timedelta(seconds=seconds)
    except OverflowError as error:
        raise unknown() from error
    digits = f"{rest:09}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f"{moment.isoformat()}.{digits}Z" if digits else f"{moment.isoformat()}Z"


def nanoseconds_of(value: Any, zone: ZoneInfo | None, unit: str = "") -> int:
    """Since 1970, rounded down; negative before. Raises NoZone and Unusable."""
    if value is None:
        raise missing()
    if isinstance(value, int) and not isinstance(value, bool):
        if not unit and _FIRST_DATE <= value <= _LAST_DATE:
            return _nanoseconds_of_digits(str(value), zone)
        return value * _scale(value, unit)
    if isinstance(value, msgspec.Raw):
        text = bytes(value).decode()
    elif isinstance(value, str | float):
        text = str(value).strip()
    else:
        raise unknown()
    if not unit and _DATE_DIGITS.fullmatch(text):
        return _nanoseconds_of_digits(text, zone)
    if _NUMBER.fullmatch(text):
        return _nanoseconds_of_number(text, unit)
    return nanoseconds_of_text(text, zone)


def _nanoseconds_of_digits(text: str, zone: ZoneInfo | None) -> int:
    """Of eight: a date, or a number of seconds."""
    try:
        return nanoseconds_of_text(text, zone)
    except NoZone:
        raise
    except Unusable:
        return int(text) * SECOND


def _nanoseconds_of_number(text: str, unit: str) -> int:
    try:
        number = _EXACT.create_decimal(text)
    except ArithmeticError as error:  # an exponent of seven digits
        raise unknown() from error
    nanoseconds = _EXACT.multiply(number, Decimal(_scale(number, unit)))
    return int(nanoseconds.to_integral_value(ROUND_FLOOR, _EXACT))


def _scale(number: Any, unit: str) -> int:
    """How many nanoseconds the unit has of an int or a Decimal."""
    size = abs(number)
    if size >= _BEYOND_ALL:
        raise unknown()
    return _NANOSECONDS[unit] if unit else next(scale for below, scale in _BOUNDS if size < below)


def _for_mixpanel(seconds: int, milliseconds: int) -> int:
    if seconds >= _LATE_SECONDS:
        raise Unusable(FIELD, "'properties.time' is invalid: must not be in the future")
    return seconds * 1_000 + milliseconds if milliseconds and seconds >= EARLIEST_SECONDS else seconds
