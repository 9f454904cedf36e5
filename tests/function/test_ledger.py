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
from function.lease import Lease, Progress
from function.ledger import Finished, Held, Ledger, NeedsAlone
from function.logs import Reason
from function.state import Control, Entry, Position, Status, decode_entry, encode_entry, ledger_name
from function.storage import GoogleBucket, LazyClient
from local.bucket import bucket_server
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_bucket import Fault, MemoryBucket, checksum_of

LEASE_SECONDS = 30.0
INVOCATION_SECONDS = 540.0
MAX_ATTEMPTS = 4
NAME = "ecom-00001-3fa9c1d2.ndjson.gz"
ENTRY_NAME = ledger_name("us-1", NAME)


class World:
    """Two buckets, one clock, and as many processes as a test asks for."""

    def __init__(self) -> None:
        self.time = HandClock()
        self.state = MemoryBucket("state")
        self.chunks = MemoryBucket("chunks")
        self.process = self.new_process()

    def new_process(self) -> Ledger:
        return Ledger(
            self.state,
            lambda _: self.chunks,
            "us-1",
            self.time.clock,
            lease_seconds=LEASE_SECONDS,
            max_attempts=MAX_ATTEMPTS,
        )

    def upload(self, data: bytes = b"0123456789") -> ChunkRef:
        generation = self.chunks.put(NAME, data)
        return ChunkRef("chunks", NAME, generation, len(data), checksum_of(data))

    def claim(
        self, chunk: ChunkRef, process: Ledger | None = None, *, alone: bool = False
    ) -> Lease | Finished | Held | NeedsAlone:
        ends_at_seconds = self.time.wall_seconds() + INVOCATION_SECONDS
        return (process or self.process).claim(chunk, alone=alone, ends_at_seconds=ends_at_seconds)

    def lease(self, chunk: ChunkRef, process: Ledger | None = None, *, alone: bool = False) -> Lease:
        lease = self.claim(chunk, process, alone=alone)
        assert isinstance(lease, Lease), lease
        return lease

    def vanish(self, chunk: ChunkRef, *, alone: bool = False) -> Entry:
        """A process claims the chunk and is killed."""
        lease = self.lease(chunk, self.new_process(), alone=alone)
        self.time.advance(LEASE_SECONDS + 1)
        return lease.entry

    @property
    def entry(self) -> Entry:
        return decode_entry(self.state.get(ENTRY_NAME))

    def custom_time(self) -> datetime | None:
        stat = self.chunks.stat(NAME, timeout_seconds=1)
        return stat.custom_time if stat else None


@pytest.fixture
def world() -> World:
    return World()


def progress(offset: int, *, accepted: int = 0, rejected: int = 0, parts: tuple[str, ...] = ()) -> Progress:
    return Progress(Position(offset), accepted + rejected, accepted, rejected, None, parts)


DONE = progress(10, accepted=8, rejected=2, parts=("part",))


def finish(lease: Lease, done: Progress = DONE) -> None:
    lease.finish(Status.DONE, done)
    lease.mark_done()
    lease.end()


# A first claim


def test_a_new_chunk_is_claimed_from_its_start(world: World) -> None:
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


def test_a_lease_ends_with_its_invocation(world: World) -> None:
    """Near its end an owner promises no more time than it has."""
    chunk = world.upload()
    soon = world.time.wall_seconds() + 7
    lease = world.process.claim(chunk, alone=False, ends_at_seconds=soon)
    assert isinstance(lease, Lease)
    assert lease.entry.lease_until == datetime.fromtimestamp(soon, UTC)


def test_without_time_nothing_is_claimed(world: World) -> None:
    """Each call is bounded by what is left; with nothing left there is none."""
    with pytest.raises(DeadlineReached):
        world.process.claim(world.upload(), alone=False, ends_at_seconds=world.time.wall_seconds())
    assert world.state.names() == []


def test_of_two_first_claims_one_wins(world: World) -> None:
    """The second meets the first one's entry and finds it held."""
    chunk = world.upload()
    world.state.script("write", lambda: world.claim(chunk))
    assert isinstance(world.claim(chunk, world.new_process()), Held)
    assert world.entry.attempts == 1
    assert world.state.is_spent()


def test_an_entry_that_cannot_be_read_stays(world: World) -> None:
    """Whatever a later version, or a person, has written there is not overwritten."""
    world.state.put(ENTRY_NAME, b'{"version": 2}')
    with pytest.raises(UnreadableState):
        world.claim(world.upload())
    assert world.state.get(ENTRY_NAME) == b'{"version": 2}'


# Held, released, vanished


def test_a_live_lease_keeps_others_out(world: World) -> None:
    """They are told until when."""
    chunk = world.upload()
    world.lease(chunk)
    world.time.advance(LEASE_SECONDS - 1)
    held = world.claim(chunk, world.new_process())
    assert held == Held(world.time.wall_seconds() + 1)


def test_a_released_chunk_goes_on_where_it_stopped(world: World) -> None:
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


def test_the_first_vanished_owner_makes_the_chunk_work_alone(world: World) -> None:
    """Nothing is written until it has all turns; then the entry says so."""
    chunk = world.upload()
    vanished = world.vanish(chunk)
    assert world.claim(chunk) == NeedsAlone()
    assert world.entry == vanished
    entry = world.lease(chunk, alone=True).entry
    assert (entry.vanished, entry.alone, entry.attempts) == (1, True, 2)


def test_after_the_first_only_owners_alone_count(world: World) -> None:
    """An owner that had neighbours may have been taken along by one of them."""
    chunk = world.upload()
    entry = replace(world.vanish(chunk), vanished=2)
    world.state.put(ENTRY_NAME, encode_entry(entry))
    assert world.lease(chunk, alone=True).entry.vanished == 2
    world.time.advance(LEASE_SECONDS + 1)
    assert world.lease(chunk, world.new_process(), alone=True).entry.vanished == 3


def test_a_poison_chunk_is_quarantined(world: World) -> None:
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


def test_progress_forgives_the_vanished(world: World) -> None:
    """`vanished` counts since the checkpoint last moved."""
    chunk = world.upload()
    world.vanish(chunk)
    lease = world.lease(chunk, alone=True)
    lease.checkpoint(progress(0))
    assert world.entry.vanished == 1
    lease.checkpoint(progress(5, accepted=1))
    assert world.entry.vanished == 0


def test_an_owner_that_this_process_saw_end_does_not_count(world: World) -> None:
    """It could not say so, for the bucket was down: its chunk is free at once, and none of its doing."""
    chunk = world.upload()
    lease = world.lease(chunk)
    world.state.script("write", Fault.UNAVAILABLE)
    with pytest.raises(StorageUnavailable):
        lease.release(None)
    lease.end()
    assert isinstance(world.claim(chunk, world.new_process()), Held)
    assert world.lease(chunk).entry.vanished == 0


def test_a_claim_whose_reply_was_lost_does_not_count(world: World) -> None:
    """It stands in the ledger, with an owner that never began."""
    chunk = world.upload()
    world.state.script("write", Fault.LOST_REPLY)
    with pytest.raises(StorageUnavailable):
        world.claim(chunk)
    assert world.entry.attempts == 1
    entry = world.lease(chunk).entry
    assert (entry.attempts, entry.vanished) == (2, 0)


def test_a_claim_that_arrives_late_meets_its_successor(world: World) -> None:
    """It was conditional on what stood there before."""
    chunk = world.upload()
    world.state.script("write", Fault.LATE)
    with pytest.raises(StorageUnavailable):
        world.claim(chunk)
    lease = world.lease(chunk)
    assert world.state.deliver_late() == 0
    assert world.entry == lease.entry


# Done


def test_done_is_said_before_the_custom_time(world: World) -> None:
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


def test_a_done_chunk_is_acknowledged(world: World) -> None:
    """Delivered again, it costs one read."""
    chunk = world.upload()
    finish(world.lease(chunk))
    world.state.calls.clear()
    assert world.claim(chunk) == Finished(world.entry, Reason.ALREADY_SETTLED)
    assert world.state.calls == [("read", ENTRY_NAME)]


def test_a_missing_custom_time_is_made_up_for(world: World) -> None:
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


def test_a_done_chunk_may_be_gone(world: World) -> None:
    """Deleted by its owner or by lifecycle: nothing to mark, nothing to complain of."""
    chunk = world.upload()
    lease = world.lease(chunk)
    lease.finish(Status.DONE, DONE)
    world.chunks.delete(NAME, timeout_seconds=1)
    lease.mark_done()
    assert world.claim(chunk) == Finished(world.entry, Reason.ALREADY_SETTLED)
    assert world.entry.status is Status.DONE


@pytest.mark.parametrize("status", [Status.REFUSED, Status.LOST])
def test_what_ended_otherwise_stays_so(world: World, status: Status) -> None:
    """The same generation again changes nothing; the entry keeps what had been settled, and says why."""
    chunk = world.upload()
    lease = world.lease(chunk)
    lease.finish(status, progress(5, accepted=2), "damaged at byte 5")
    lease.end()
    assert world.claim(chunk) == Finished(world.entry, Reason.ALREADY_SETTLED)
    assert (world.entry.status, world.entry.message) == (status, "damaged at byte 5")
    assert world.entry.records == 2
    assert world.custom_time() is None


# Other generations


def test_the_same_content_again_stays_done(world: World) -> None:
    """The entry takes the new generation first, then the object its custom time; nothing is sent."""
    finish(world.lease(world.upload()))
    world.time.advance(100)
    again = world.upload()
    world.chunks.script("set_custom_time", lambda: _assert_generation(world, again.generation))
    assert world.claim(again) == Finished(world.entry, Reason.ALREADY_SETTLED)
    assert (world.entry.status, world.entry.generation) == (Status.DONE, again.generation)
    assert world.entry.custom_time == world.custom_time() is not None
    assert world.entry.previous is None
    assert world.chunks.is_spent()


def _assert_generation(world: World, generation: int) -> None:
    assert (world.entry.generation, world.entry.custom_time) == (generation, None)


def test_two_deliveries_of_the_same_content_agree(world: World) -> None:
    """The one that is overtaken starts over, and finds all said."""
    finish(world.lease(world.upload()))
    again = world.upload()
    world.state.script("write", lambda: world.claim(again))
    assert world.claim(again, world.new_process()) == Finished(world.entry, Reason.ALREADY_SETTLED)
    assert (world.entry.generation, world.entry.status) == (again.generation, Status.DONE)
    assert world.entry.custom_time == world.custom_time() is not None


def test_a_newer_upload_overtakes_the_same_content(world: World) -> None:
    """Of two uploads delivered at once the lower one never takes the entry back."""
    finish(world.lease(world.upload()))
    second, third = world.upload(), world.upload()
    world.state.script("write", lambda: world.claim(third))
    assert world.claim(second, world.new_process()) == Finished(world.entry, Reason.OLDER_GENERATION)
    assert world.entry.generation == third.generation


@pytest.mark.parametrize("status", [Status.REFUSED, Status.LOST, Status.QUARANTINED])
def test_uploading_again_is_a_retry(world: World, status: Status) -> None:
    """The same content goes on from its checkpoint with a fresh status."""
    first = world.upload()
    lease = world.lease(first)
    lease.finish(status, progress(5, accepted=2, rejected=1, parts=("a",)), "why")
    lease.end()
    world.state.put(ENTRY_NAME, encode_entry(replace(world.entry, vanished=4)))
    again = world.upload()
    entry = world.lease(again).entry
    assert (entry.status, entry.message, entry.finished) == (Status.IMPORTING, "", None)
    assert (entry.attempts, entry.vanished, entry.generation) == (2, 0, again.generation)
    assert (entry.checkpoint, entry.records, entry.dead_letters) == (Position(5), 3, ("a",))
    assert (entry.started, entry.previous) == (lease.entry.started, None)


def test_the_same_content_waits_for_its_live_owner(world: World) -> None:
    """Who holds the chunk under the older generation ends by itself."""
    world.lease(world.upload())
    assert isinstance(world.claim(world.upload(), world.new_process()), Held)


def test_a_lower_generation_is_acknowledged(world: World) -> None:
    """Late and out of order, whatever became of the newer one."""
    old, new = world.upload(b"old"), world.upload(b"newer")
    world.lease(new)
    assert world.claim(old, world.new_process()) == Finished(world.entry, Reason.OLDER_GENERATION)
    assert world.entry.generation == new.generation


def test_other_content_starts_anew(world: World) -> None:
    """Counts, checkpoint and control are the new content's; the old entry is kept, one level deep."""
    finish(world.lease(world.upload(b"first")))
    finish(world.lease(world.upload(b"second")))
    before = world.entry
    third = world.upload(b"third")
    entry = world.lease(third).entry
    assert (entry.status, entry.attempts, entry.records) == (Status.IMPORTING, 1, 0)
    assert (entry.checkpoint, entry.control, entry.dead_letters) == (Position(), None, ())
    assert (entry.generation, entry.crc32c) == (third.generation, third.crc32c)
    assert before.previous is not None
    assert entry.previous == replace(before, previous=None)
    assert world.entry == entry


def test_other_content_does_not_wait_for_a_live_owner(world: World) -> None:
    """What that owner works on is no more; it learns so with its next write."""
    world.lease(world.upload(b"first"))
    assert world.lease(world.upload(b"second"), world.new_process()).entry.attempts == 1


def test_a_new_generation_of_other_size_is_other_content(world: World) -> None:
    """Content is crc32c and size together."""
    first = world.upload()
    finish(world.lease(first))
    forged = replace(world.upload(b"x"), crc32c=first.crc32c)
    assert isinstance(world.claim(forged), Lease)


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
