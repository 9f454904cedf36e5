"""The fault script: each fault once, in order, and it can be told whether all were met."""

import time
from typing import Any

import pytest
import requests

from tests.fakes.import_client import ImportClient, importing, record


def outcome(client: ImportClient, number: int = 0) -> Any:
    """A status, or the kind of failure."""
    try:
        return client.post(record(number)).status_code
    except requests.exceptions.ChunkedEncodingError:
        return "half"
    except requests.exceptions.ConnectionError as error:
        return "reset" if "reset by peer" in str(error) else "closed"


@pytest.mark.parametrize(
    ("fault", "seen", "stored"),
    [
        ("pass", 200, 1), ("429", 429, 0), ("500", 500, 0), ("502", 502, 0), ("503", 503, 0), ("504", 504, 0),
        ("html-502", 502, 0), ("html-503", 503, 0), ("html-429", 429, 0), ("413", 413, 0),
        ("400-no-list", 400, 0), ("redirect", 302, 0), ("401", 401, 0), ("403", 403, 0), ("status", 418, 0),
        ("reset", "reset", 0), ("close", "closed", 0), ("reset-after", "reset", 1),
        ("close-after", "closed", 1), ("half-body", "half", 1), ("200-no-count", 200, 1),
        ("html-200", 200, 1), ("empty-200", 200, 1),
        ("refuse-all", 400, 0), ("refuse-some", 400, 0), ("plain-strings", 400, 0), ("wrong-index", 400, 0),
        ("200-fewer", 200, 0),
    ],
)  # fmt: skip
def test_each_fault(fault: str, seen: Any, stored: int) -> None:
    """What the sender sees, and whether the record was stored; the request after it is answered as usual."""
    with importing() as client:
        client.script(fault)
        assert client.ask("GET", "faults")["used_up"] is False
        assert outcome(client) == seen
        assert client.state()["accepted"] == stored
        assert client.ask("GET", "faults") == {
            "left": [],
            "left_count": 0,
            "used": {fault: 1},
            "used_up": True,
        }
        assert outcome(client) == 200


def test_faults_come_in_order_as_often_as_asked() -> None:
    """A script is a queue; numbers are names too."""
    with importing() as client:
        client.script({"fault": 503, "times": 2}, "pass", 429)
        assert [outcome(client, number) for number in range(5)] == [503, 503, 200, 429, 200]
        assert client.state()["requests"] == {"503": 2, "200": 2, "429": 1}


def test_options_of_answers() -> None:
    """Retry-After, the limit of a 413, where a redirect leads, any other status."""
    with importing() as client:
        client.script(
            {"fault": "429", "retry_after": 3},
            {"fault": "413", "limit": 1_048_576},
            {"fault": "413", "limit": 0},
            {"fault": "redirect", "status": 307, "location": "http://127.0.0.1:1/x"},
            {"fault": "status", "status": 404, "body": {"error": "no such project"}, "headers": {"X-A": "b"}},
            {"fault": "status", "status": 299, "body": "text"},
        )
        assert client.post(record()).headers["Retry-After"] == "3"
        assert client.post(record()).json()["error"] == "request exceeds max limit of 1048576 bytes"
        assert client.post(record()).json()["error"] == "request entity too large"
        answer = client.post(record())
        assert (answer.status_code, answer.headers["Location"]) == (307, "http://127.0.0.1:1/x")
        answer = client.post(record())
        assert (answer.status_code, answer.json(), answer.headers["X-A"]) == (
            404,
            {"error": "no such project"},
            "b",
        )
        answer = client.post(record())
        assert (answer.status_code, answer.text) == (299, "text")


def test_bodies_of_odd_answers() -> None:
    """HTML where JSON is expected, a 200 without its count."""
    with importing() as client:
        client.script("html-502", "html-200", "200-no-count", "empty-200")
        assert client.post(record()).text.startswith("<html>")
        assert client.post(record()).text.startswith("<html>")
        assert client.post(record()).json() == {"code": 200, "status": "OK"}
        assert client.post(record()).content == b""


def test_refusals_by_script() -> None:
    """All or some of the records, listed or not, rightly or wrongly; what is not listed is stored."""
    with importing() as client:
        client.script(
            "refuse-all",
            {"fault": "refuse-all", "list": False},
            {"fault": "refuse-some", "count": 2, "message": "no", "field": "properties.x"},
            "wrong-index",
            "plain-strings",
            {"fault": "200-fewer", "count": 2},
        )
        batch = [record(number) for number in range(4)]
        answers = [client.post(*batch).json() for _ in range(6)]
        assert [each["index"] for each in answers[0]["failed_records"]] == [0, 1, 2, 3]
        assert "failed_records" not in answers[1]
        assert answers[2]["failed_records"][1] == {
            "index": 1, "$insert_id": "id-1", "field": "properties.x", "message": "no",
        }  # fmt: skip
        assert [(each["index"], each["$insert_id"]) for each in answers[3]["failed_records"]] == [(1, "id-0")]
        assert all(isinstance(each, str) for each in answers[4]["failed_records"])
        assert answers[5] == {"code": 200, "num_records_imported": 2, "status": "OK"}
        assert [each.get("num_records_imported") for each in answers] == [0, 0, 2, 3, 0, 2]
        assert client.records() == batch[2:] + batch[1:] + batch[:2]


def test_wrong_index_of_a_record_that_is_really_wrong() -> None:
    """Where the rules refuse one, that one is listed under a wrong index."""
    with importing() as client:
        client.script("wrong-index")
        answer = client.post(record(0), record(1, event=""), record(2)).json()
        assert [(each["index"], each["$insert_id"]) for each in answer["failed_records"]] == [(2, "id-1")]
        assert client.state()["accepted"] == 2


def test_a_stall_holds_the_answer_back() -> None:
    """After storing; or, with stored false, nothing comes of it at all. Others are not held up."""
    with importing() as client:
        client.script({"fault": "stall", "seconds": 0.3}, {"fault": "stall", "seconds": 0.1, "stored": False})
        began = time.monotonic()
        assert outcome(client) == 200
        assert time.monotonic() - began >= 0.3
        assert outcome(client, 1) == "closed"
        assert client.records() == [record(0)]


def test_a_stopped_simulator_does_not_wait_for_a_stall() -> None:
    """Its end is not held up by what it was told to hold back."""
    began = time.monotonic()
    with importing() as client:
        client.script({"fault": "stall", "seconds": 60})
        with pytest.raises(requests.exceptions.ReadTimeout):
            client.session.post(client.simulator.url + "/import", auth=("t", ""), timeout=0.2)
    assert time.monotonic() - began < 5


def test_a_fault_may_be_for_another_path() -> None:
    """It waits for a request to its path."""
    with importing() as client:
        client.script({"fault": "503", "path": "/engage"})
        assert outcome(client) == 200
        assert client.post({}, path="/engage").status_code == 503
        assert client.ask("GET", "faults")["used_up"] is True


@pytest.mark.parametrize(
    "script", [{"fault": "503"}, ["5o3"], [{"fault": "503", "seonds": 1}], [None], "503"]
)
def test_a_script_that_cannot_be_run_is_refused(script: Any) -> None:
    """A misspelt fault would otherwise be a test that proves nothing."""
    with importing() as client:
        response = client.session.post(client.simulator.url + "/_simulator/faults", json=script, timeout=10)
        assert response.status_code == 400
        assert client.ask("GET", "faults")["left_count"] == 0


def test_faults_can_be_taken_back() -> None:
    """DELETE empties the script."""
    with importing() as client:
        client.script("503")
        client.ask("DELETE", "faults")
        assert outcome(client) == 200
