"""The entry point in the real functions-framework: what is acknowledged, what is nacked, what is logged."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.function import Function, function

pytestmark = pytest.mark.slow

EVENT = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-type": "google.cloud.storage.object.v1.finalized",
    "ce-source": "//storage.googleapis.com/projects/_/buckets/chunks",
    "Content-Type": "application/json",
}


def deliver(to: Function, name: str, size: int = 10) -> int:
    """A direct storage event; the answer's status."""
    chunk = {"bucket": "chunks", "name": name, "generation": "1", "size": str(size), "crc32c": "AAAAAA=="}
    connection = http.client.HTTPConnection(to.url.split("/")[2], timeout=60)
    connection.request("POST", "/", json.dumps(chunk), EVENT)
    status = connection.getresponse().status
    connection.close()
    return status


def logged(by: Function, name: str) -> list[dict[str, object]]:
    return [line for line in by.log_lines() if line.get("message") == name]


@pytest.fixture
def unusable(tmp_path: Path) -> Iterator[Function]:
    environ = {"MIXPANEL_TOKEN": "secret-token", "STATE_BUCKET": "state", "TIMEOUT_SECONDS": "4711"}
    with function(environ, log=tmp_path / "function.log") as started:
        yield started


def test_an_unusable_environment_is_said_once_and_nothing_is_claimed(unusable: Function) -> None:
    """Every request is a 503; one line names variable, shape and range, and no secret."""
    assert [deliver(unusable, "export.ndjson.gz") for _ in range(3)] == [503, 503, 503]
    (line,) = logged(unusable, "config.refused")
    assert line["severity"] == "ERROR"
    assert line["variable"] == "TIMEOUT_SECONDS"
    assert "30 to 3,600" in str(line["detail"])
    assert "4711" not in unusable.process.log.read_text()
    assert "secret-token" not in unusable.process.log.read_text()


def test_what_is_no_chunk_is_acknowledged_and_logged(tmp_path: Path) -> None:
    """Empty objects, folder markers and `_` names: a 200, without a look at the bucket."""
    environ = {
        "MIXPANEL_TOKEN": "token",
        "STATE_BUCKET": "state",
        "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1",
    }
    with function(environ, log=tmp_path / "function.log") as started:
        names = [("empty.ndjson.gz", 0), ("folder/", 10), ("_manifests/a.json", 10)]
        assert [deliver(started, name, size) for name, size in names] == [200, 200, 200]
        reasons = [line["reason"] for line in logged(started, "chunk.skipped")]
        assert reasons == ["empty", "not-a-chunk", "not-a-chunk"]
