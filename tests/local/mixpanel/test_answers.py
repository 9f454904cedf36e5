"""A 400 in each form that somebody has seen or documented."""

from typing import Any

import pytest

from tests.fakes.import_client import importing, record

BATCH = [record(0), record(1, event=""), record(2), record(3, time="x")]
MISSING = {"field": "event", "message": "'event' must not be missing or blank"}
WRONG_TIME = {
    "field": "properties.time",
    "message": "'properties.time' is invalid: must be specified as seconds since epoch",
}


def refused(**switches: Any) -> Any:
    with importing(**switches) as client:
        answer = client.post(*BATCH)
        assert answer.status_code == 400
        assert client.records() == [record(0), record(2)]
        return answer.json()


def test_the_documented_400() -> None:
    """The valid records are stored; the others are listed with index, id, field and message."""
    assert refused() == {
        "code": 400,
        "error": "some data points in the request failed validation",
        "failed_records": [
            {"index": 1, "$insert_id": "id-1"} | MISSING,
            {"index": 3, "$insert_id": "id-3"} | WRONG_TIME,
        ],
        "num_records_imported": 2,
        "status": "Bad Request",
    }


@pytest.mark.parametrize(
    ("switches", "failed"),
    [
        (
            {"failed_id_key": "insert_id"},
            [{"index": 1, "insert_id": "id-1"} | MISSING, {"index": 3, "insert_id": "id-3"} | WRONG_TIME],
        ),
        ({"failed_id_key": "absent"}, [{"index": 1} | MISSING, {"index": 3} | WRONG_TIME]),
        ({"failed_index": "absent"}, [{"$insert_id": "id-1"} | MISSING, {"$insert_id": "id-3"} | WRONG_TIME]),
        ({"failed_index": "wrong", "failed_most": 1}, [{"index": 2, "$insert_id": "id-1"} | MISSING]),
        ({"failed_order": "descending", "failed_most": 1}, [{"index": 3, "$insert_id": "id-3"} | WRONG_TIME]),
        ({"failed_records": "strings"}, [MISSING["message"], WRONG_TIME["message"]]),
    ],
)
def test_failed_records_in_other_forms(switches: dict[str, Any], failed: list[Any]) -> None:
    """Each contradiction about the list can be shown."""
    assert refused(**switches)["failed_records"] == failed


@pytest.mark.parametrize(
    ("switches", "absent"),
    [
        ({"failed_records": "absent"}, "failed_records"),
        ({"count_in_400": False}, "num_records_imported"),
        ({"error_in_400": False}, "error"),
    ],
)
def test_parts_of_a_400_may_be_absent(switches: dict[str, Any], absent: str) -> None:
    """None of its parts can be relied on."""
    whole = {"code", "error", "failed_records", "num_records_imported", "status"}
    assert set(refused(**switches)) == whole - {absent}
