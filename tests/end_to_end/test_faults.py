"""32 chunks at once, with and without all that can go wrong: nothing lost, nothing double, ledgers add up."""

import time
from pathlib import Path

import pytest

from local.backlog import Settings
from local.stack import stack
from tests.end_to_end.chunks import (
    all_are,
    deliver_at_once,
    record,
    send_ready,
    stored_lines,
    totals,
    upload,
    wait_until,
)

CHUNKS, RECORDS = 32, 3_000
# As the real subscription's, but for a test's patience.
HASTY = Settings(
    ack_deadline_seconds=60, minimum_backoff_seconds=0.5, maximum_backoff_seconds=2, retention_seconds=600
)
# A tenth of the default: leases are over in seconds once their owner is killed.
KNOBS = {"TIMEOUT_SECONDS": "54"}
FAULTS: list[object] = [
    "429",
    {"fault": "429", "retry_after": 2},
    "500",
    "502",
    "503",
    "html-502",
    "reset",
    "reset-after",
    {"fault": "stall", "seconds": 3},
    "half-body",
    {"fault": "413", "limit": 60_000},
    "413",
    "reset-after",
    "504",
]


def export() -> tuple[dict[str, bytes], list[bytes]]:
    lines = [record(number) for number in range(CHUNKS * RECORDS)]
    parts = [lines[at : at + RECORDS] for at in range(0, len(lines), RECORDS)]
    # Every fourth chunk goes by the generic path.
    contents = {
        f"export-{number:05}.ndjson.gz": send_ready(part) if number % 4 else b"\n".join(part)
        for number, part in enumerate(parts, start=1)
    }
    return contents, sorted(lines)


@pytest.mark.slow
def test_without_faults_nothing_is_nacked(tmp_path: Path) -> None:
    """Every delivery doubled, 32 chunks at once: all done, each record sent once, not one nack."""
    contents, lines = export()
    with stack(tmp_path, environ=KNOBS) as up:
        up.topic.switch(doubled=True)
        upload(up, contents)
        wait_until(up, lambda: all_are(up, "done", CHUNKS))
        wait_until(up, lambda: up.topic.state()["outstanding"] == 0)
        assert totals(up.ledgers().values()) == (len(lines), len(lines), 0)
        assert stored_lines(up, deduplicated=False) == lines
        assert up.topic.state()["nacked"] == 0
        assert {entry.attempts for entry in up.ledgers().values()} == {1}


@pytest.mark.slow
def test_32_requests_at_once_are_all_acknowledged(tmp_path: Path) -> None:
    """Admitted together, they wait for their turns: no 503, every chunk done at its first attempt."""
    contents, lines = export()
    with stack(tmp_path, environ=KNOBS) as up:
        assert deliver_at_once(up, contents) == [200] * CHUNKS
        assert totals(up.ledgers().values()) == (len(lines), len(lines), 0)
        assert {entry.attempts for entry in up.ledgers().values()} == {1}
        assert stored_lines(up, deduplicated=False) == lines


@pytest.mark.slow
def test_kills_doubles_and_faults_lose_and_double_nothing(tmp_path: Path) -> None:
    """The function killed three times, every delivery doubled, every kind of fault met."""
    contents, lines = export()
    with stack(tmp_path, environ=KNOBS, settings=HASTY) as up:
        up.topic.switch(doubled=True, shuffled=True)
        # Fewer than there are batches, so that all are met, however soon the first chunks are done.
        up.simulator.add_faults([step for fault in FAULTS * 3 for step in (fault, "pass", "pass")])
        upload(up, contents)
        for _ in range(3):
            time.sleep(1.5)
            up.restart_function()
        wait_until(up, lambda: all_are(up, "done", CHUNKS), seconds=150)
        assert totals(up.ledgers().values()) == (len(lines), len(lines), 0)
        assert stored_lines(up) == lines
        assert up.simulator.faults()["left"] == []
