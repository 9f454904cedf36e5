"""Mixpanel refuses us, or the project: few requests, a clear ERROR, no dead letter; put right, all ends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from function.state import Entry
from local.backlog import Settings
from local.function import function
from local.stack import STATE_BUCKET, Stack, stack
from tests.end_to_end.chunks import all_are, record, send_ready, stored_lines, totals, upload, wait_until

HASTY = Settings(
    ack_deadline_seconds=60, minimum_backoff_seconds=0.5, maximum_backoff_seconds=2, retention_seconds=600
)
# A pause after a refusal is a ninth of it.
KNOBS = {"TIMEOUT_SECONDS": "36"}
CHUNKS, RECORDS = 4, 4_000

pytestmark = pytest.mark.slow


def contents() -> dict[str, bytes]:
    return {
        f"export-{chunk}.ndjson.gz": send_ready([record(chunk * RECORDS + n) for n in range(RECORDS)])
        for chunk in range(CHUNKS)
    }


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Stack]:
    with stack(tmp_path, environ=KNOBS, settings=HASTY) as running:
        yield running


def lines_named(up: Stack, name: str) -> list[dict[str, Any]]:
    return [line for line in up.function.log_lines() if line.get("message") == name]


def entries(up: Stack) -> list[Entry]:
    return list(up.ledgers().values())


def assert_nothing_was_given_up(up: Stack) -> None:
    assert all(entry.dead_letters == () and entry.rejected == 0 for entry in entries(up))
    assert not {entry.status for entry in entries(up)} & {"quarantined", "refused", "lost"}


def assert_all_ends_by_itself(up: Stack) -> None:
    wait_until(up, lambda: all_are(up, "done", CHUNKS))
    assert totals(entries(up)) == (CHUNKS * RECORDS, CHUNKS * RECORDS, 0)
    assert len(stored_lines(up)) == CHUNKS * RECORDS


def test_a_wrong_token(tmp_path: Path) -> None:
    """A request a pause and chunk at work, an ERROR that names the variable; put right, all is imported."""
    with stack(tmp_path, environ={**KNOBS, "MIXPANEL_TOKEN": "mistyped"}, settings=HASTY) as up:
        upload(up, contents())
        wait_until(up, lambda: len(lines_named(up, "credentials.refused")) >= 2)
        assert "MIXPANEL_TOKEN" in lines_named(up, "credentials.refused")[0]["detail"]
        assert "mistyped" not in up.function.process.log.read_text()
        pauses = len(lines_named(up, "credentials.refused"))
        assert up.simulator.state()["requests_total"] <= CHUNKS * (pauses + 1)
        assert_nothing_was_given_up(up)
        up.simulator.call("PUT", "projects", {"id": "7", "tokens": ["mistyped"]})
        assert_all_ends_by_itself(up)


@pytest.mark.parametrize("form", ["listed", "unlisted", "strings"])
@pytest.mark.parametrize("after", [0, 5_000])
def test_a_project_that_refuses_every_record(up: Stack, form: str, after: int) -> None:
    """From the start, and from the middle of a chunk, however it says so."""
    up.simulator.switch(refuse_all=form, refuse_after=after)
    upload(up, contents())
    wait_until(up, lambda: len(lines_named(up, "project.refused")) >= 1)
    assert "right project" in lines_named(up, "project.refused")[0]["detail"]
    wait_until(up, lambda: all(entry.lease_until is None for entry in entries(up)))
    assert_nothing_was_given_up(up)
    # 21 a chunk without a control; with one, what was in flight, and the control.
    assert up.simulator.state()["requests_total"] <= 200
    up.simulator.switch(refuse_all="off")
    assert_all_ends_by_itself(up)


def test_a_small_chunk_of_truly_bad_records(up: Stack) -> None:
    """300 records that are all refused: done, with 300 dead letters."""
    up.simulator.switch(refuse_where={"plan": "stolen"})
    upload(up, {"bad.ndjson.gz": send_ready([record(n, plan="stolen") for n in range(300)])})
    wait_until(up, lambda: all_are(up, "done", 1))
    (entry,) = entries(up)
    assert (entry.records, entry.accepted, entry.rejected) == (300, 0, 300)
    assert len(entry.dead_letters) >= 1


def test_another_token_is_another_import(up: Stack) -> None:
    """The same chunks for another destination: all of them once more, beside the first."""
    upload(up, contents())
    assert_all_ends_by_itself(up)
    up.simulator.call("PUT", "projects", {"id": "8", "tokens": ["another"]})
    port = int(up.function.url.rstrip("/").rpartition(":")[2])
    knobs = {**KNOBS, "STATE_BUCKET": STATE_BUCKET, **up.bucket.environ}
    knobs |= {"MIXPANEL_TOKEN": "another", "MIXPANEL_URL": up.simulator.url}
    up.kill_function()
    with function(knobs, log=up.logs / "another.log", port=port):
        upload(up, contents())
        wait_until(up, lambda: all_are(up, "done", 2 * CHUNKS))
    projects = up.simulator.state()["projects"]
    assert {each["deduplicated"] for each in projects.values()} == {CHUNKS * RECORDS}
