"""Times and shares as people write them."""

import click
import pytest

from partitioner.options import MomentType, ShareType


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1710000000", 1710000000),
        ("2024-03-01", 1709251200),
        ("2024-03-01T12:00:00", 1709294400),
        ("2024-03-01T12:00:00Z", 1709294400),
        ("2024-03-01 12:00:00+02:00", 1709287200),
    ],
)
def test_a_time_is_unix_seconds_or_iso(text: str, seconds: float) -> None:
    """Without a zone it is UTC, wherever the machine is."""
    assert MomentType().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["20240301", "1710000000000", "yesterday", "nan", ""])
def test_what_may_be_meant_otherwise_is_refused(text: str) -> None:
    """A date without dashes is no time in 1970, milliseconds are no time in 56,000."""
    with pytest.raises(click.BadParameter):
        MomentType().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "share"), [("5%", 0.05), ("0.05", 0.05), ("0", 0), ("100%", 1), ("0.5 %", 0.005)]
)
def test_a_share_is_a_fraction_or_a_percentage(text: str, share: float) -> None:
    """Both are written."""
    assert ShareType().convert(text, None, None) == pytest.approx(share)


@pytest.mark.parametrize("text", ["5", "-1%", "101%", "some", "nan"])
def test_more_than_all_is_no_share(text: str) -> None:
    """5 without its sign is more likely 5 %, and is asked for."""
    with pytest.raises(click.BadParameter):
        ShareType().convert(text, None, None)
