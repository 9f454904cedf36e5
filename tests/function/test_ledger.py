"""Who may work on a chunk, and what the ledger says of it afterwards."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from function.clock import Clock
from function.cloud_event import ChunkRef
from function.errors import DeadlineReached, LeaseLost, StorageUnavailable, UnreadableState
from function.lease import Lease
from function.ledger import Finished, Held, Ledger, NeedsAlone
from function.logs import Reason
from function.state import Control, Position, Status, encode_entry
from function.storage import GoogleBucket, LazyClient
from local.bucket import bucket_server
from tests.fakes.ledger_world import (
    DONE,
    ENTRY_NAME,
    LEASE_SECONDS,
    MAX_ATTEMPTS,
    NAME,
    LedgerWorld,
    finish,
    progress,
)
from tests.fakes.memory_bucket import Fault, checksum_of


@pytest.fixture
def world() -> LedgerWorld:
    return LedgerWorld()


# A first claim


def test_a_new_chunk_is_claimed_from_its_start(world: LedgerWorld) -> None:
    """The entry stands before any work begins."""
    chunk = world.upload()
    lease = world.lease(chunk)
    entry = world.entry
    assert entry == lease.entry
    assert (entry.status, entry.attempts, entry.vanished, entry.alone) == (Status.IMPORTING, 1, 0, False)
    assert (entry.generation, entry.size, entry.crc32c) == (chunk.generation, chunk.size, chunk.crc32c)
    assert entry.checkpoint == Position()
    assert entry.lease_until is not None
    assert entry.lease_until.timestamp() == world.time.wall_seconds() + LEASE_SECONDS
    assert entry.started == entry.updated == datetime.fromtimestamp(world.time.wall_seconds(), UTC)


def test_a_lease_ends_with_its_invocation(world: LedgerWorld) -> None:
    """Near its end an owner promises no more time than it has."""
    chunk = world.upload()
    soon = world.time.wall_seconds() + 7
    lease = world.process.claim(chunk, alone=False, ends_at_seconds=soon)
    assert isinstance(lease, Lease)
    assert lease.entry.lease_until == datetime.fromtimestamp(soon, UTC)


def test_without_time_nothing_is_claimed(world: LedgerWorld) -> None:
    """Each call is bounded by what is left; with nothing left there is none."""
    with pytest.raises(DeadlineReached):
        world.process.claim(world.upload(), alone=False, ends_at_seconds=world.time.wall_seconds())
    assert world.state.names() == []


def test_of_two_first_claims_one_wins(world: LedgerWorld) -> None:
    """The second meets the first one's entry and finds it held."""
    chunk = world.upload()
    world.state.script("write", lambda: world.claim(chunk))
    assert isinstance(world.claim(chunk, world.new_process()), Held)
    assert world.entry.attempts == 1
    assert world.state.is_spent()


def test_an_entry_that_cannot_be_read_stays(world: LedgerWorld) -> None:
    """Whatever a later version, or a person, has written there is not overwritten."""
    world.state.put(ENTRY_NAME, b'{"version": 2}')
    with pytest.raises(UnreadableState):
        world.claim(world.upload())
    assert world.state.get(ENTRY_NAME) == b'{"version": 2}'


# Held, released, vanished


def test_a_live_lease_keeps_others_out(world: LedgerWorld) -> None:
    """They are told until when."""
    chunk = world.upload()
    world.lease(chunk)
    world.time.advance(LEASE_SECONDS - 1)
    held = world.claim(chunk, world.new_process())
    assert held == Held(world.time.wall_seconds() + 1)


def test_a_released_chunk_goes_on_where_it_stopped(world: LedgerWorld) -> None:
    """At once, with its counts, its control and its dead letters; nobody vanished."""
    chunk = world.upload()
    lease = world.lease(chunk)
    control = Control(Position(3), 1, "0123456789abcdef")
    lease.release(replace(progress(5, accepted=3, rejected=1, parts=("a", "b")), control=control))
    lease.end()
    assert (world.entry.status, world.entry.lease_until) == (Status.DEFERRED, None)
    assert world.entry.owner == lease.entry.owner
    again = world.lease(chunk, world.new_process()).entry
    assert (again.attempts, again.vanished) == (2, 0)
    assert (again.records, again.accepted, again.rejected) == (4, 3, 1)
    assert (again.checkpoint, again.control, again.dead_letters) == (Position(5), control, ("a", "b"))
    assert again.owner != lease.entry.owner


def test_the_first_vanished_owner_makes_the_chunk_work_alone(world: LedgerWorld) -> None:
    """Nothing is written until it has all turns; then the entry says so."""
    chunk = world.upload()
    vanished = world.vanish(chunk)
    assert world.claim(chunk) == NeedsAlone()
    assert world.entry == vanished
    entry = world.lease(chunk, alone=True).entry
    assert (entry.vanished, entry.alone, entry.attempts) == (1, True, 2)


def test_after_the_first_only_owners_alone_count(world: LedgerWorld) -> None:
    """An owner that had neighbours may have been taken along by one of them."""
    chunk = world.upload()
    entry = replace(world.vanish(chunk), vanished=2)
    world.state.put(ENTRY_NAME, encode_entry(entry))
    assert world.lease(chunk, alone=True).entry.vanished == 2
    world.time.advance(LEASE_SECONDS + 1)
    assert world.lease(chunk, world.new_process(), alone=True).entry.vanished == 3


def test_a_poison_chunk_is_quarantined(world: LedgerWorld) -> None:
    """After MAX_ATTEMPTS that ended without a word: acknowledged, said once, and left at that."""
    chunk = world.upload()
    for _ in range(MAX_ATTEMPTS):
        world.vanish(chunk, alone=True)
    first = world.claim(chunk)
    assert isinstance(first, Finished)
    assert first.reason is Reason.VANISHED
    assert world.entry == first.entry
    assert (world.entry.status, world.entry.lease_until) == (Status.QUARANTINED, None)
    assert str(MAX_ATTEMPTS) in world.entry.message
    assert world.claim(chunk) == Finished(world.entry, Reason.ALREADY_SETTLED)


def test_progress_forgives_the_vanished(world: LedgerWorld) -> None:
    """`vanished` counts since the checkpoint last moved."""
    chunk = world.upload()
    world.vanish(chunk)
    lease = world.lease(chunk, alone=True)
    lease.checkpoint(progress(0))
    assert world.entry.vanished == 1
    lease.checkpoint(progress(5, accepted=1))
    assert world.entry.vanished == 0


def test_an_owner_that_this_process_saw_end_does_not_count(world: LedgerWorld) -> None:
    """It could not say so, for the bucket was down: its chunk is free at once, and none of its doing."""
    chunk = world.upload()
    lease = world.lease(chunk)
    world.state.script("write", Fault.UNAVAILABLE)
    with pytest.raises(StorageUnavailable):
        lease.release(None)
    lease.end()
    assert isinstance(world.claim(chunk, world.new_process()), Held)
    assert world.lease(chunk).entry.vanished == 0


def test_a_claim_whose_reply_was_lost_does_not_count(world: LedgerWorld) -> None:
    """It stands in the ledger, with an owner that never began."""
    chunk = world.upload()
    world.state.script("write", Fault.LOST_REPLY)
    with pytest.raises(StorageUnavailable):
        world.claim(chunk)
    assert world.entry.attempts == 1
    entry = world.lease(chunk).entry
    assert (entry.attempts, entry.vanished) == (2, 0)


def test_a_claim_that_arrives_late_meets_its_successor(world: LedgerWorld) -> None:
    """It was conditional on what stood there before."""
    chunk = world.upload()
    world.state.script("write", Fault.LATE)
    with pytest.raises(StorageUnavailable):
        world.claim(chunk)
    lease = world.lease(chunk)
    assert world.state.deliver_late() == 0
    assert world.entry == lease.entry


# Done


def test_done_is_said_before_the_custom_time(world: LedgerWorld) -> None:
    """Else lifecycle might delete a chunk that the ledger calls unfinished."""
    chunk = world.upload()
    lease = world.lease(chunk)
    lease.finish(Status.DONE, DONE)
    assert (world.entry.status, world.entry.custom_time, world.custom_time()) == (Status.DONE, None, None)
    lease.mark_done()
    assert world.entry.custom_time == world.custom_time() is not None
    assert world.entry.finished is not None
    assert (world.entry.records, world.entry.accepted, world.entry.rejected) == (10, 8, 2)
    assert (world.entry.dead_letters, world.entry.lease_until) == (("part",), None)


def test_a_done_chunk_is_acknowledged(world: LedgerWorld) -> None:
    """Delivered again, it costs one read."""
    chunk = world.upload()
    finish(world.lease(chunk))
    world.state.calls.clear()
    assert world.claim(chunk) == Finished(world.entry, Reason.ALREADY_SETTLED)
    assert world.state.calls == [("read", ENTRY_NAME)]


def test_a_missing_custom_time_is_made_up_for(world: LedgerWorld) -> None:
    """By the next delivery, which sets and notes it."""
    chunk = world.upload()
    lease = world.lease(chunk)
    lease.finish(Status.DONE, DONE)
    world.chunks.script("set_custom_time", Fault.UNAVAILABLE)
    with pytest.raises(StorageUnavailable):
        lease.mark_done()
    lease.end()
    finished = world.claim(chunk)
    assert finished == Finished(world.entry, Reason.ALREADY_SETTLED)
    assert world.entry.custom_time == world.custom_time() is not None


def test_a_done_chunk_may_be_gone(world: LedgerWorld) -> None:
    """Deleted by its owner or by lifecycle: nothing to mark, nothing to complain of."""
    chunk = world.upload()
    lease = world.lease(chunk)
    lease.finish(Status.DONE, DONE)
    world.chunks.delete(NAME, timeout_seconds=1)
    lease.mark_done()
    assert world.claim(chunk) == Finished(world.entry, Reason.ALREADY_SETTLED)
    assert world.entry.status is Status.DONE


@pytest.mark.parametrize("status", [Status.REFUSED, Status.LOST])
def test_what_ended_otherwise_stays_so(world: LedgerWorld, status: Status) -> None:
    """The same generation again changes nothing; the entry keeps what had been settled, and says why."""
    chunk = world.upload()
    lease = world.lease(chunk)
    lease.finish(status, progress(5, accepted=2), "damaged at byte 5")
    lease.end()
    assert world.claim(chunk) == Finished(world.entry, Reason.ALREADY_SETTLED)
    assert (world.entry.status, world.entry.message) == (status, "damaged at byte 5")
    assert world.entry.records == 2
    assert world.custom_time() is None


# The same on a real server


def test_the_life_of_a_chunk_on_a_real_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claimed, released, claimed, done, delivered again: the conditions hold there as in memory."""
    with bucket_server(tmp_path / "buckets", buckets=("chunks", "state")) as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        connect = LazyClient()
        state, chunks = GoogleBucket("state", connect), GoogleBucket("chunks", connect)
        ledger = Ledger(state, lambda _: chunks, "us-1", Clock(), lease_seconds=30, max_attempts=4)
        generation = chunks.write(NAME, b"0123456789", if_generation=0, timeout_seconds=10)
        chunk = ChunkRef("chunks", NAME, generation, 10, checksum_of(b"0123456789"))

        def claim() -> Lease | Finished | Held | NeedsAlone:
            return ledger.claim(chunk, alone=False, ends_at_seconds=time.time() + 100)

        lease = claim()
        assert isinstance(lease, Lease)
        assert isinstance(claim(), Held)
        lease.checkpoint(progress(4, accepted=4))
        lease.release(progress(5, accepted=5))
        again = claim()
        assert isinstance(again, Lease)
        assert (again.entry.attempts, again.entry.checkpoint) == (2, Position(5))
        with pytest.raises(LeaseLost):
            lease.checkpoint(progress(9, accepted=9))
        again.finish(Status.DONE, DONE)
        again.mark_done()
        stat = chunks.stat(NAME, timeout_seconds=10)
        assert stat is not None
        assert stat.custom_time == again.entry.custom_time is not None
        assert claim() == Finished(again.entry, Reason.ALREADY_SETTLED)
        close: Any = connect().close  # it has no types
        close()
