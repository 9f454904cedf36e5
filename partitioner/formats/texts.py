"""How rows spell what JSON has no type for.

Instants are ISO 8601 in UTC and end with `Z`; a time without a zone stands as it does in the file, without
one. A fraction has as many digits as the column's unit (3, 6 or 9), and is left out where it is zero. Dates
and times outside the years 1 to 9999 stay the integers that they are in the file. Durations are ISO 8601 too:
`PT90.5S`, and with months and days `P1M2DT3.004S`. Bytes are base64; a number of any base is written without
an exponent, with all its digits.
"""

import base64
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

DAY_SECONDS = 86_400
FIRST_DAY, END_DAY = -719_162, 2_932_897
"""0001-01-01 and 10000-01-01, as days since 1970-01-01."""

_ORDINAL_OF_1970: Final = 719_163


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def uuid_of(data: bytes) -> str:
    """Of 16 bytes, in the usual form."""
    digits = data.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def plain(spelled: str) -> str:
    """A decimal number without exponent."""
    return format(Decimal(spelled), "f")


def decimal_of(unscaled: int, scale: int) -> str:
    """`unscaled` / 10**`scale`, with `scale` digits behind the point."""
    if scale <= 0:
        return str(unscaled * 10**-scale)
    digits = str(abs(unscaled)).zfill(scale + 1)
    sign = "-" if unscaled < 0 else ""
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}"


def duration_of(count: int, per_second: int) -> str:
    """`count` of a unit of which there are so many in a second."""
    sign = "-" if count < 0 else ""
    return f"{sign}PT{_seconds(abs(count), per_second)}S"


def interval_of(data: bytes) -> str:
    """Of 12 bytes as Parquet and Avro have them: months, days and milliseconds, each little-endian."""
    months, days, millis = (int.from_bytes(data[at : at + 4], "little") for at in (0, 4, 8))
    return f"P{months}M{days}DT{_seconds(millis, 1_000)}S"


def date_of(day: int) -> str | int:
    """Day 0 is 1970-01-01."""
    return _date(day) if FIRST_DAY <= day < END_DAY else day


def moment_of(count: int, per_second: int, zone: str = "") -> str | int:
    """`count` of a unit since 1970, of which there are so many in a second."""
    seconds, fraction = divmod(count, per_second)
    day, second = divmod(seconds, DAY_SECONDS)
    if not FIRST_DAY <= day < END_DAY:
        return count
    return f"{_date(day)}T{_clock(second)}{_fraction(fraction, per_second)}{zone}"


def time_of(count: int, per_second: int) -> str | int:
    """Since midnight."""
    second, fraction = divmod(count, per_second)
    return f"{_clock(second)}{_fraction(fraction, per_second)}" if 0 <= second < DAY_SECONDS else count


@lru_cache(4_096)
def _date(day: int) -> str:
    return date.fromordinal(day + _ORDINAL_OF_1970).isoformat()


@lru_cache(4_096)
def _clock(second: int) -> str:
    minutes, second = divmod(second, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}"


def _fraction(fraction: int, per_second: int) -> str:
    return f".{str(per_second + fraction)[1:]}" if fraction else ""


def _seconds(count: int, per_second: int) -> str:
    seconds, fraction = divmod(count, per_second)
    return f"{seconds}{_fraction(fraction, per_second).rstrip('0')}" if fraction else str(seconds)
