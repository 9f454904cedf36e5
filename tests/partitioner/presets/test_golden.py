"""What each preset makes of rows in its vendor's published shape (tests/data/presets/README.md)."""

import json
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from function.identity import is_valid_id
from function.records import check
from partitioner.presets._reserved import DEFAULT, WORKING
from partitioner.shape.rows import Aside, decode_row, encode_row
from partitioner.shape.shaping import shape

DATA = Path(__file__).parents[2] / "data" / "presets"
NAMES = sorted(path.parent.name for path in DATA.glob("*/golden.ndjson"))
OURS = [name for name in NAMES if name in {"amplitude", "ga4", "segment", "rudderstack", "mixpanel"}]
NOW = 1_790_000_000


def lines_of(name: str, file: str = "input.ndjson") -> list[bytes]:
    return (DATA / name / file).read_bytes().splitlines()


def shaped(name: str) -> Any:
    transform = import_module(f"partitioner.presets.{name}").transform
    return shape([decode_row(line) for line in lines_of(name)], transform)


@pytest.mark.parametrize("name", OURS)
def test_every_row_is_the_record_or_the_aside_of_the_golden_files(name: str) -> None:
    result = shaped(name)
    assert result.lines == lines_of(name, "golden.ndjson")
    assert Counter(kind for _, kind in result.asides) == json.loads((DATA / name / "asides.json").read_text())
    assert result.flaws == []


@pytest.mark.parametrize("name", OURS)
def test_no_record_is_rejected_and_its_ids_are_legal_and_the_same_each_time(name: str) -> None:
    checked = check(shaped(name).lines, NOW)
    assert checked.flaws == []
    assert all(map(is_valid_id, checked.heads.insert_ids))
    assert len({*checked.heads.insert_ids}) == len(checked.lines) > 1
    again = check(shaped(name).lines, NOW)
    assert again.lines == checked.lines


@pytest.mark.parametrize("name", OURS)
def test_a_row_is_left_as_it_is(name: str) -> None:
    """It is what is kept of an aside or of a row that is rejected."""
    transform = import_module(f"partitioner.presets.{name}").transform
    for line in lines_of(name):
        row = decode_row(line)
        before = encode_row(row)
        transform(row)
        assert encode_row(row) == before


@pytest.mark.parametrize("name", OURS)
def test_names_of_mixpanels_kind_are_names_that_mixpanel_knows(name: str) -> None:
    """A slip in a table of names would make a property that no report knows."""
    given = b"".join(lines_of(name))
    for line in lines_of(name, "golden.ndjson"):
        for property_name in json.loads(line)["properties"]:
            if property_name.startswith(("$", "mp_")):
                known = property_name in DEFAULT | WORKING
                assert known or f'"{property_name}"'.encode() in given, property_name


def test_asides_are_of_kinds_that_name_a_folder() -> None:
    for name in OURS:
        transform = import_module(f"partitioner.presets.{name}").transform
        for line in lines_of(name):
            result = transform(decode_row(line))
            assert not isinstance(result, Aside) or result.kind.isalpha()
