"""What shape an export has is told before anything is written, with the fix where it can't be."""

import pytest

from partitioner.exits import Refused
from partitioner.formats import NDJSON, Csv
from partitioner.shape.decide import First, decide_shape
from partitioner.shape.options import shape_of
from partitioner.shape.rows import Row
from partitioner.shape.wish import Shape

RECORD: Row = {"event": "a", "properties": {"time": 1}}
FLAT: Row = {"user": "u", "what": "a", "when": "2024-03-13 10:21:14"}
CSV = Csv(("user", "what", "when"))
SEGMENT: Row = {
    "type": "track",
    "event": "a",
    "messageId": "m",
    "anonymousId": "x",
    "timestamp": "2024-03-13T10:21:14Z",
    "context": {"library": {"name": "analytics.js", "version": "1"}},
    "sentAt": "2024-03-13T10:21:14Z",
    "receivedAt": "2024-03-13T10:21:14Z",
    "originalTimestamp": "2024-03-13T10:21:14Z",
    "integrations": {},
}


def said(*maps: str, timezone: str | None = None) -> Shape:
    return shape_of(maps, None, None, timezone, ())


def test_records_are_taken_as_they_are() -> None:
    assert decide_shape(Shape(), [First("a", NDJSON, [RECORD])]).shape == Shape()


def test_a_vendors_rows_are_recognised_and_that_is_said() -> None:
    decided = decide_shape(Shape(), [First("a", NDJSON, [SEGMENT]), First("empty", NDJSON, [])])
    assert decided.shape.preset == "segment"
    assert "--preset segment" in decided.note


def test_files_of_several_kinds_are_refused_with_each() -> None:
    with pytest.raises(Refused, match="a: segment, b: none that is known"):
        decide_shape(Shape(), [First("a", NDJSON, [SEGMENT]), First("b", NDJSON, [RECORD])])


def test_columns_that_nobody_named_are_listed_with_the_flags_to_give() -> None:
    with pytest.raises(Refused, match=r"a\.csv has the columns user, what, when: say which"):
        decide_shape(Shape(), [First("a.csv", CSV, [FLAT])])


def test_beside_records_a_table_in_the_folder_is_left_out_with_its_columns() -> None:
    """Named alone, it ends the run instead."""
    record, table = (
        First("a", NDJSON, [RECORD], by_itself=False),
        First("b.csv", CSV, [FLAT], by_itself=False),
    )
    decided = decide_shape(Shape(), [record, table])
    assert "user, what, when" in decided.left_out["b.csv"]
    with pytest.raises(Refused):
        decide_shape(Shape(), [record, First("b.csv", CSV, [FLAT])])


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        (said("event=wat", "time=when", timezone="UTC"), "no row has a column 'wat'; did you mean 'what'"),
        (said("event=what"), "which column is the time"),
        (said("event=what", "time=when"), "--timezone"),
    ],
)
def test_a_mapping_that_the_rows_cannot_have_names_the_fix(shape: Shape, names: str) -> None:
    with pytest.raises(Refused) as refused:
        decide_shape(shape, [First("a.csv", CSV, [FLAT])])
    assert names in str(refused.value.message)


def test_a_mapping_that_fits_is_taken() -> None:
    shape = said("event=what", "time=when", timezone="UTC")
    assert decide_shape(shape, [First("a.csv", CSV, [FLAT])]).shape == shape
