"""What a new generation of a chunk's object means: the same content again, or something else."""

from dataclasses import replace

import pytest

from function.lease import Lease
from function.ledger import Finished, Held
from function.logs import Reason
from function.state import Position, Status, encode_entry
from tests.fakes.ledger_world import (
    ENTRY_NAME,
    LedgerWorld,
    finish,
    progress,
)


@pytest.fixture
def world() -> LedgerWorld:
    return LedgerWorld()


def test_the_same_content_again_stays_done(world: LedgerWorld) -> None:
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


def _assert_generation(world: LedgerWorld, generation: int) -> None:
    assert (world.entry.generation, world.entry.custom_time) == (generation, None)


def test_two_deliveries_of_the_same_content_agree(world: LedgerWorld) -> None:
    """The one that is overtaken starts over, and finds all said."""
    finish(world.lease(world.upload()))
    again = world.upload()
    world.state.script("write", lambda: world.claim(again))
    assert world.claim(again, world.new_process()) == Finished(world.entry, Reason.ALREADY_SETTLED)
    assert (world.entry.generation, world.entry.status) == (again.generation, Status.DONE)
    assert world.entry.custom_time == world.custom_time() is not None


def test_a_newer_upload_overtakes_the_same_content(world: LedgerWorld) -> None:
    """Of two uploads delivered at once the lower one never takes the entry back."""
    finish(world.lease(world.upload()))
    second, third = world.upload(), world.upload()
    world.state.script("write", lambda: world.claim(third))
    assert world.claim(second, world.new_process()) == Finished(world.entry, Reason.OLDER_GENERATION)
    assert world.entry.generation == third.generation


@pytest.mark.parametrize("status", [Status.REFUSED, Status.LOST, Status.QUARANTINED])
def test_uploading_again_is_a_retry(world: LedgerWorld, status: Status) -> None:
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


def test_the_same_content_waits_for_its_live_owner(world: LedgerWorld) -> None:
    """Who holds the chunk under the older generation ends by itself."""
    world.lease(world.upload())
    assert isinstance(world.claim(world.upload(), world.new_process()), Held)


def test_a_lower_generation_is_acknowledged(world: LedgerWorld) -> None:
    """Late and out of order, whatever became of the newer one."""
    old, new = world.upload(b"old"), world.upload(b"newer")
    world.lease(new)
    assert world.claim(old, world.new_process()) == Finished(world.entry, Reason.OLDER_GENERATION)
    assert world.entry.generation == new.generation


def test_other_content_starts_anew(world: LedgerWorld) -> None:
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


def test_other_content_does_not_wait_for_a_live_owner(world: LedgerWorld) -> None:
    """What that owner works on is no more; it learns so with its next write."""
    world.lease(world.upload(b"first"))
    assert world.lease(world.upload(b"second"), world.new_process()).entry.attempts == 1


def test_a_new_generation_of_other_size_is_other_content(world: LedgerWorld) -> None:
    """Content is crc32c and size together."""
    first = world.upload()
    finish(world.lease(first))
    forged = replace(world.upload(b"x"), crc32c=first.crc32c)
    assert isinstance(world.claim(forged), Lease)
