"""Text in columns without names gets them from the user, or from the one vendor that has so many."""

import io
from pathlib import Path

import pytest

from partitioner.exits import Refused
from partitioner.formats import Csv
from partitioner.inputs.find import find_sources
from partitioner.sources import Source, Stdin

BARE = b"u1,e1,2024-03-13 10:21:14,5\nu2,e2,2024-03-13 10:21:15,6\n"
NAMES = ("user", "event", "time", "n")
SNOWPLOW = Path(__file__).parents[2] / "data" / "presets" / "snowplow" / "input.tsv"


def found(path: Path, *columns: str) -> Source:
    (source,) = find_sources([str(path)], Stdin(io.BytesIO()), Path("/nowhere"), columns).sources
    return source


def test_names_that_are_given_are_those_of_the_columns(tmp_path: Path) -> None:
    """The first line is then a row like any other, whatever it looks like."""
    (tmp_path / "bare.csv").write_bytes(BARE)
    (tmp_path / "words.csv").write_bytes(b"ann,signup,today,few\nbob,signup,today,many\n")
    for name in ("bare.csv", "words.csv"):
        assert found(tmp_path / name, *NAMES).format == Csv(NAMES, has_header=False)


def test_without_names_it_is_refused_with_the_flag(tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_bytes(BARE)
    with pytest.raises(Refused, match=r"4 columns without names .*--columns"):
        found(tmp_path / "bare.csv")
    with pytest.raises(Refused, match=r"4 columns without names; 2 are given"):
        found(tmp_path / "bare.csv", "user", "event")


def test_the_columns_of_a_vendor_are_known_by_their_number() -> None:
    form = found(SNOWPLOW).format
    assert isinstance(form, Csv)
    assert (len(form.columns), form.columns[0], form.has_header) == (131, "app_id", False)
