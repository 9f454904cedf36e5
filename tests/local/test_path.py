"""The real function on the stack: objects become records in the simulator, through either topic."""

import gzip
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from function.state import Status
from local.backlog import Settings
from local.generate import Generated, generate
from local.google_topic import find_emulator
from local.lost import deliver_lost
from local.stack import Stack

QUICK = Settings(
    ack_deadline_seconds=60, minimum_backoff_seconds=1, maximum_backoff_seconds=2, retention_seconds=600
)
RECORD = b'{"event":"a","properties":{"time":1700000000,"distinct_id":"x","$insert_id":"one"}}\n'
LEASE = {"TIMEOUT_SECONDS": "36"}  # a lease of 2 s: what a killed process held is free soon


def upload(to: Stack, folder: Path, objects: int, records: int = 5_000) -> Generated:
    """Puts foreign gzip objects of made-up records into the chunks bucket; their sum."""
    total = Generated()
    for number in range(objects):
        generated = generate(folder / "export.ndjson", records, seed=number)
        to.bucket.write("chunks", f"{number}.gz", gzip.compress((folder / "export.ndjson").read_bytes(), 1))
        for name in ("lines", "flawed", "refused", "copies"):
            setattr(total, name, getattr(total, name) + getattr(generated, name))
    return total


def wait_for_done(of: Stack, chunks: int, timeout_seconds: float = 90) -> None:
    deadline = time.monotonic() + timeout_seconds
    while [entry.status for entry in of.ledgers().values()] != [Status.DONE] * chunks:
        assert time.monotonic() < deadline, {name: entry.status for name, entry in of.ledgers().items()}
        of.check()
        time.sleep(0.1)


def wait_for_acks(of: Stack, timeout_seconds: float = 30) -> None:
    """The ledger says done a moment before the delivery is acknowledged."""
    deadline = time.monotonic() + timeout_seconds
    while of.topic.state()["outstanding"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def adds_up(of: Stack, generated: Generated) -> None:
    """In the ledger, and in what the simulator holds."""
    entries = of.ledgers().values()
    assert sum(entry.records for entry in entries) == generated.lines
    assert sum(entry.rejected for entry in entries) == generated.flawed
    # `generated.shows` leaves out what a simulator refuses that is told to.
    assert of.simulator.state()["deduplicated"] == generated.shows + generated.refused


@pytest.mark.slow
def test_objects_become_records(start_stack: Callable[..., Stack], tmp_path: Path) -> None:
    """Without faults and kills every count is as generated, and there is not one nack."""
    stack = start_stack()
    generated = upload(stack, tmp_path, objects=8)
    wait_for_done(stack, 8)
    adds_up(stack, generated)
    assert stack.simulator.state()["accepted"] == generated.lines - generated.flawed
    assert stack.topic.state()["nacked"] == 0


@pytest.mark.slow
def test_everything_delivered_again_sends_nothing(start_stack: Callable[..., Stack], tmp_path: Path) -> None:
    stack = start_stack()
    upload(stack, tmp_path, objects=3)
    wait_for_done(stack, 3)
    wait_for_acks(stack)
    before = stack.simulator.state()["requests_total"]
    assert stack.topic.redeliver() == 3
    wait_for_acks(stack)
    assert stack.topic.state()["acked"] >= 6
    assert stack.simulator.state()["requests_total"] == before


@pytest.mark.slow
def test_a_killed_function_goes_on(start_stack: Callable[..., Stack], tmp_path: Path) -> None:
    """Killed twice with every delivery doubled and shuffled: nothing lost, nothing twice."""
    stack = start_stack(settings=QUICK, environ={**LEASE, "MAX_RECORDS_PER_SECOND": "10000"})
    stack.topic.switch(doubled=True, shuffled=True)
    generated = upload(stack, tmp_path, objects=6)
    for _ in range(2):
        time.sleep(1)
        stack.restart_function()
    wait_for_done(stack, 6)
    adds_up(stack, generated)


@pytest.mark.slow
@pytest.mark.skipif(find_emulator() is None, reason="Google's Pub/Sub emulator isn't installed")
def test_the_path_through_googles_emulator(start_stack: Callable[..., Stack], tmp_path: Path) -> None:
    """The same records; and what it never pushes again after a kill (see google_topic) is made up for."""
    stack = start_stack(topic="google", settings=QUICK, environ=LEASE)
    generated = upload(stack, tmp_path, objects=4)
    wait_for_done(stack, 4)
    adds_up(stack, generated)
    stack.kill_function()
    stack.bucket.write("chunks", "late", RECORD)
    time.sleep(2)
    stack.restart_function()
    time.sleep(3)
    deliver_lost(stack)
    wait_for_done(stack, 5)


@pytest.mark.slow
def test_a_lost_notification_is_made_up_for(start_stack: Callable[..., Stack], tmp_path: Path) -> None:
    """Stored while no topic listened, and the bucket killed: nobody would ever deliver that chunk."""
    stack = start_stack()
    upload(stack, tmp_path, objects=1)
    wait_for_done(stack, 1)
    stack.topic_part.kill()
    stack.bucket.write("chunks", "lost", RECORD)
    stack.bucket_part.restart()
    stack.topic_part.start()
    time.sleep(1)
    assert len(stack.ledgers()) == 1
    assert deliver_lost(stack) == 1
    wait_for_done(stack, 2)
    assert deliver_lost(stack) == 0
