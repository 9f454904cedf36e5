"""Every form of time that an export may have becomes the same moment, exactly."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw

from partitioner.shape.rows import Unusable
from partitioner.shape.times import NoZone, iso_of, nanoseconds_of, seconds_of

UTC_ZONE = ZoneInfo("UTC")
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",  # half an hour of daylight saving
        "America/Sao_Paulo",  # changed at midnight, so that a day began at 1:00
        "Africa/Casablanca",
        "Pacific/Apia",  # left out a day
    )
]
SECOND = 1_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = 31_536_000, 4_102_444_800  # 1971 to 2100

moments = st.integers(FIRST, LAST)
nanoseconds = st.integers(0, SECOND - 1) | st.sampled_from([0, 1, 999, 999_999, 1_000_000, 999_999_999])


def for_mixpanel(seconds: int, nanosecond: int) -> int:
    milliseconds = nanosecond // 1_000_000
    return seconds * 1_000 + milliseconds if milliseconds else seconds


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (1710325274, 1710325274),
        ("1710325274", 1710325274),
        (" 1710325274 ", 1710325274),
        (Raw(b"1710325274.123"), 1710325274123),
        (Raw(b"1710325274.1239"), 1710325274123),
        (Raw(b"1710325274.0"), 1710325274),
        (Raw(b"1.710325274123E12"), 1710325274123),
        ("1710325274.5", 1710325274500),
        (1710325274000, 1710325274),
        (1710325274123, 1710325274123),
        ("1710325274123456", 1710325274123),
        (1710325274123456789, 1710325274123),
        ("2024-03-13 10:21:14", 1710325274),
        ("2024-03-13T10:21:14", 1710325274),
        ("2024-03-13T10:21:14Z", 1710325274),
        ("2024-03-13t10:21:14z", 1710325274),
        ("2024-03-13T10:21:14.1Z", 1710325274100),
        ("2024-03-13T10:21:14,123Z", 1710325274123),
        ("2024-03-13T10:21:14.123456789123Z", 1710325274123),
        ("2024-03-13T12:21:14+02", 1710325274),
        ("2024-03-13T12:21:14+0200", 1710325274),
        ("2024-03-13T12:21:14+02:00", 1710325274),
        ("20240313T102114Z", 1710325274),
        ("2024-03-13 10:21:14.123456 UTC", 1710325274123),
        ("2024-03-13 10:21:14 UTC", 1710325274),
        ("2024-03-13 10:21:14 GMT", 1710325274),
        ("2024-03-13 10:21:14+00", 1710325274),
        ("2024-03-13 12:21:14.000 +0200", 1710325274),
        ("2024-03-13 10:21:14.123456789 +0000 UTC", 1710325274123),
        ("2024/03/13 10:21:14", 1710325274),
        ("2024-03-13 10:21", 1710325260),
        ("2024-03-13", 1710288000),
        ("2024/03/13", 1710288000),
        ("2024-03-13Z", 1710288000),
        ("2024-03-13+02:00", 1710280800),
        ("20240313", 1710288000),
        (20240313, 1710288000),
        ("2024-W11-3", 1710288000),
        ("2024-03-13 10:21:14 AM", 1710325274),
        ("3/13/2024 10:21:14 AM", 1710325274),
        ("03/13/2024, 10:21:14.5 pm", 1710368474500),
        ("3/3/2024 12:00 AM", 1709424000),
        ("3/3/2024 12:00 PM UTC", 1709467200),
    ],
)
def test_forms(value: Any, time: int) -> None:
    """The moments that these spell are known from elsewhere (GNU date)."""
    assert seconds_of(value, UTC_ZONE) == time


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2024-13-01",
        "2024-03-13x10:21:14",
        "2024-03-13110:21:14",
        "2024-03-13 25:00:00",
        "2024-03-13 10:21:14 CEST",
        "2024-03-13 13:00 PM",
        "13/13/2024 10:00 AM",
        "2024-03-13 10:21:14+00:00:01.5",
        "\uff12\uff10\uff12\uff14-03-13",
        "1_710_325_274",
        pytest.param("1" * 9_000, id="many digits"),
        pytest.param("2024-03-13 " * 9_000, id="long"),
        pytest.param(10**5_000, id="a huge number"),
        Raw(b"1e999999999"),
        float("nan"),
        True,
        [],
        {},
        None,
        "",
        "  ",
    ],
)
def test_what_is_no_time_is_refused(value: Any) -> None:
    """And the reason holds nothing of it."""
    with pytest.raises(Unusable) as refused:
        seconds_of(value, UTC_ZONE)
    assert refused.value.field == "properties.time"
    assert refused.value.message.startswith("'properties.time' is invalid: ")


@pytest.mark.parametrize("value", ["03/04/2024 10:21 PM", "03/13/2024", "13.03.2024 10:21", "3-4-2024"])
def test_day_or_month_first_is_refused_by_name(value: str) -> None:
    """A guess would move the record by months."""
    with pytest.raises(Unusable, match="day or month first"):
        seconds_of(value, UTC_ZONE)


@pytest.mark.parametrize(
    "value",
    ["2024-03-13 10:21:14", "2024-03-13", "20240313", 20240313, "2024/03/13 10:21", "3/13/2024 1:00 PM"],
)
def test_a_local_time_without_a_zone_names_the_flag(value: Any) -> None:
    """NoZone, which ends the command, since it is so with every row."""
    with pytest.raises(NoZone, match="--timezone"):
        seconds_of(value, None)


def test_what_carries_its_zone_needs_none() -> None:
    """Neither do numbers."""
    for value in (1710325274, "1710325274", "2024-03-13T10:21:14Z", "2024-03-13 10:21:14 UTC"):
        assert seconds_of(value, None) == 1710325274


def test_what_would_be_taken_for_milliseconds_is_refused() -> None:
    """3000-01-01 in seconds is legal in milliseconds, as a moment of 1971."""
    for value in ("3000-01-01T00:00:00Z", "3000-01-01Z"):
        with pytest.raises(Unusable, match="future"):
            seconds_of(value, None)
    with pytest.raises(Unusable, match="future"):
        seconds_of(32503680000, None, "s")
    with pytest.raises(Unusable, match="future"):
        seconds_of(32503680000000, None, "ms")


def test_what_is_before_1971_stays_seconds() -> None:
    """So that the check of the record says that it is too early, and not too late."""
    assert seconds_of("1970-06-01T00:00:00.123Z", None) == 13046400
    assert seconds_of(13046400123, None, "ms") == 13046400
    assert seconds_of("1969-12-31T23:59:59.5Z", None) == -1
    assert seconds_of(0, None) == 0


def test_a_time_that_comes_twice_is_the_first() -> None:
    """1:30 on 3 November 2024 in New York is in summer time (-4), then again in winter time (-5)."""
    new_york = ZoneInfo("America/New_York")
    assert seconds_of("2024-11-03 01:30:00", new_york) == seconds_of("2024-11-03T01:30:00-04:00", None)


def test_a_time_that_never_comes_is_moved_on() -> None:
    """Clocks went from 2:00 to 3:00 on 10 March 2024 in New York: 2:30 is 3:30 there."""
    new_york = ZoneInfo("America/New_York")
    assert seconds_of("2024-03-10 02:30:00", new_york) == seconds_of("2024-03-10T03:30:00-04:00", None)


@given(seconds=moments, nanosecond=nanoseconds)
def test_numbers_are_told_apart_by_size(seconds: int, nanosecond: int) -> None:
    """The same moment in four units, as int, text and JSON, is the same time; none is off by a rounding."""
    whole = seconds * SECOND + nanosecond
    for scale, unit in ((1_000_000, "ms"), (1_000, "us"), (1, "ns")):
        count = whole // scale
        for value in (count, str(count), Raw(str(count).encode())):
            assert (
                seconds_of(value, None) == seconds_of(value, None, unit) == for_mixpanel(seconds, nanosecond)
            )
    spelled = f"{seconds}.{nanosecond:09}"
    for value in (spelled, Raw(spelled.encode()), Raw(f"{Decimal(spelled):E}".encode())):
        assert seconds_of(value, None) == seconds_of(value, None, "s") == for_mixpanel(seconds, nanosecond)
        assert nanoseconds_of(value, None) == whole


@given(
    seconds=moments,
    nanosecond=nanoseconds,
    digits=st.integers(1, 12),
    zone=st.sampled_from(ZONES),
    form=st.sampled_from(
        ["{:%Y-%m-%d %H:%M:%S}", "{:%Y-%m-%dT%H:%M:%S}", "{:%Y/%m/%d %H:%M:%S}", "{:%Y%m%dT%H%M%S}"]
    ),
)
@example(1352615400, 0, 3, ZoneInfo("America/Sao_Paulo"), "{:%Y-%m-%d %H:%M:%S}")
def test_local_times_of_every_zone(
    seconds: int, nanosecond: int, digits: int, zone: ZoneInfo, form: str
) -> None:
    """A text that a zone's clocks showed is that moment, or the first at which they showed it."""
    local = (EPOCH + timedelta(seconds=seconds)).astimezone(zone)
    fraction = f"{nanosecond:09}000"[:digits]
    text = f"{form.format(local)}.{fraction}"
    first = int((local.replace(fold=0) - EPOCH).total_seconds())
    read = int(fraction.ljust(9, "0")[:9])
    assert nanoseconds_of(text, zone) == first * SECOND + read
    assert seconds_of(text, zone) == for_mixpanel(first, read)


@given(
    seconds=moments,
    minutes=st.integers(-14 * 60, 14 * 60),
    form=st.sampled_from(["{}{}:{}", "{}{}{}", " {}{}{}"]),
)
def test_offsets(seconds: int, minutes: int, form: str) -> None:
    """A text with its offset from UTC needs no zone, and ignores one."""
    local = EPOCH + timedelta(seconds=seconds, minutes=minutes)
    hours, rest = divmod(abs(minutes), 60)
    offset = form.format("-" if minutes < 0 else "+", f"{hours:02}", f"{rest:02}")
    for zone in (None, *ZONES):
        assert seconds_of(f"{local:%Y-%m-%dT%H:%M:%S}{offset}", zone) == seconds


@given(
    moment=st.datetimes(),
    zone=st.sampled_from(ZONES),
)
def test_text_of_every_year_is_the_moment_in_utc(moment: datetime, zone: ZoneInfo) -> None:
    """For properties, which may be birthdays: what is read again is the same."""
    if not 2 <= moment.year <= 9998:
        return
    text = iso_of(moment.isoformat(" "), zone)
    assert datetime.fromisoformat(text) == moment.replace(tzinfo=zone)
    assert iso_of(text, None) == text


@given(
    st.from_regex(
        r"20[0-9]{2}-[01][0-9]-[0-3][0-9][ Tt][0-2][0-9]:[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,12})?)?"
        r"( ?(UTC|GMT|Z|[+-]0[0-9](:?[0-5][0-9])?))?",
        fullmatch=True,
    )
)
def test_the_quick_way_reads_what_the_careful_one_does(text: str) -> None:
    """The usual form is read in fewer steps; it is the same time, or refused by both."""
    zone = ZoneInfo("America/New_York")
    try:
        seconds, rest = divmod(nanoseconds_of(text, zone), SECOND)
    except Unusable:
        with pytest.raises(Unusable):
            seconds_of(text, zone)
    else:
        assert seconds_of(text, zone) == for_mixpanel(seconds, rest)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2024-03-13 10:21:14", "2024-03-13T10:21:14Z"),
        ("2024-03-13 10:21:14.5", "2024-03-13T10:21:14.500Z"),
        ("2024-03-13 10:21:14.0001", "2024-03-13T10:21:14.000100Z"),
        (1710325274123456789, "2024-03-13T10:21:14.123456789Z"),
        (Raw(b"-1.5"), "1969-12-31T23:59:58.500Z"),
        ("1969-12-31 23:59:58.5", "1969-12-31T23:59:58.500Z"),
        ("19691231", "1969-12-31T00:00:00Z"),
        ("3000-01-01", "3000-01-01T00:00:00Z"),
    ],
)
def test_text_has_the_digits_that_are_needed(value: Any, text: str) -> None:
    """None, three, six or nine."""
    assert iso_of(value, UTC_ZONE) == text


@given(
    value=st.text(max_size=40)
    | st.integers()
    | st.floats()
    | st.from_regex(r"[0-9TZ :+./-]{8,30}", fullmatch=True)
)
def test_anything_is_a_time_or_unusable(value: Any) -> None:
    """No other exception leaves it."""
    for read in (seconds_of, iso_of):
        try:
            read(value, UTC_ZONE)
        except Unusable:
            continue
