"""Each preset recognises its vendor's rows and nobody else's, so that `recognise` can be believed."""

import gzip
from collections.abc import Callable
from importlib import import_module
from itertools import islice
from pathlib import Path

import pytest

from partitioner.shape.preset import names, recognise
from partitioner.shape.rows import Row, decode_row

DATA = Path(__file__).parents[2] / "data"


def rows_of(path: Path) -> list[Row]:
    return [decode_row(line) for line in path.read_bytes().splitlines()]


INPUTS = {path.parent.name: rows_of(path) for path in (DATA / "presets").glob("*/input.ndjson")}
RECORDS = [row for path in (DATA / "presets").glob("*/golden.ndjson") for row in rows_of(path)]


def recogniser(name: str) -> Callable[[Row], bool]:
    function: Callable[[Row], bool] = import_module(f"partitioner.presets.{name}").recognises
    return function


@pytest.mark.parametrize("vendor", sorted(INPUTS))
def test_a_vendors_rows_are_recognised_by_its_preset_alone(vendor: str) -> None:
    for row in INPUTS[vendor]:
        assert [name for name in names() if recogniser(name)(row)] == [vendor], row
    assert recognise(INPUTS[vendor]) == vendor


@pytest.mark.parametrize("name", names())
def test_no_preset_recognises_a_record_for_mixpanel(name: str) -> None:
    """Neither those that presets make, nor others: a raw export's is one that Mixpanel has taken in."""
    with gzip.open(DATA / "ecom.ndjson.gz") as file:
        others = [decode_row(line) for line in islice(file, 100)]
    assert RECORDS
    assert not any(map(recogniser(name), [*RECORDS, *others]))


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"event": "a"},
        {"event": "a", "properties": None},
        {"event": "a", "timestamp": 1, "user_id": 2},
        {"type": "track", "event": "a", "messageId": "m", "userId": "u", "context": {}},
        {"type": "track", "event": "a", "messageId": "m", "context": None},
        {"type": ["track"], "messageId": 1, "context": {"library": None}},
        {"event_type": "a", "event_time": "b"},
        {"event_name": "a", "event_timestamp": 1},
    ],
)
def test_a_row_that_may_be_anyones_is_nobodys(row: Row) -> None:
    """The spec's calls too, without a mark of who keeps them: RudderStack's and others' look alike."""
    assert recognise([row]) == ""


def test_rows_of_two_vendors_are_neithers() -> None:
    assert recognise([INPUTS["amplitude"][0], INPUTS["segment"][0]]) == ""
    assert recognise([]) == ""
