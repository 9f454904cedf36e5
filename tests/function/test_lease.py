"""An owner's writes: conditional, repeated as they were, and never over somebody else's."""

from dataclasses import replace

import pytest

from function.errors import DeadlineReached, LeaseLost, StorageUnavailable
from function.lease import Lease, Page, Progress
from function.state import Control, Position, Status, encode_entry
from tests.fakes.ledger_world import ENTRY_NAME, INVOCATION_SECONDS, LEASE_SECONDS, NAME, LedgerWorld
from tests.fakes.memory_bucket import Fault


class World(LedgerWorld):
    """One chunk, uploaded; each claim is of a process of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.chunk = self.upload()
        self.ends_at_seconds = self.time.wall_seconds() + INVOCATION_SECONDS

    def claimed(self) -> Lease:
        lease = self.new_process().claim(self.chunk, alone=True, ends_at_seconds=self.ends_at_seconds)
        assert isinstance(lease, Lease)
        return lease


@pytest.fixture
def world() -> World:
    return World()


def progress(offset: int, *parts: str) -> Progress:
    return Progress(Position(offset), offset, offset - len(parts), len(parts), None, parts)


def test_each_write_has_its_own_sequence(world: World) -> None:
    """And the same owner, which stays in the entry when it ends."""
    lease = world.claimed()
    owner = lease.entry.owner
    assert (world.entry.sequence, lease.next_sequence) == (1, 2)
    lease.checkpoint(progress(2))
    assert (world.entry.owner, world.entry.sequence) == (owner, 2)
    lease.release(progress(3))
    assert (world.entry.owner, world.entry.sequence) == (owner, 3)
    assert world.entry == lease.entry


def test_a_checkpoint_renews_the_lease(world: World) -> None:
    """With or without progress, never past the invocation's end."""
    lease = world.claimed()
    world.time.advance(20)
    lease.checkpoint(progress(0))
    until = world.entry.lease_until
    assert until is not None
    assert until.timestamp() == world.time.wall_seconds() + LEASE_SECONDS
    world.time.advance(510)
    lease.checkpoint(progress(0))
    until = world.entry.lease_until
    assert until is not None
    assert until.timestamp() == world.ends_at_seconds


def test_renewal_is_due_after_a_third(world: World) -> None:
    """Counted from when the last write began, since its lease was."""
    lease = world.claimed()
    world.time.advance(9)
    assert not lease.renew_due()
    world.time.advance(1)
    assert lease.renew_due()
    world.state.script("write", lambda: world.time.advance(4))
    lease.checkpoint(progress(0))
    world.time.advance(6)
    assert lease.renew_due()


def test_a_lease_lives_until_it_runs_out(world: World) -> None:
    """A frozen process finds out by the clock, and may renew where nobody else has come."""
    lease = world.claimed()
    assert lease.is_live()
    world.time.advance(LEASE_SECONDS)
    assert not lease.is_live()
    lease.checkpoint(progress(0))
    assert lease.is_live()


def test_calls_are_bounded_by_what_is_left(world: World) -> None:
    """A third of the lease at most; after the end none at all."""
    lease = world.claimed()
    assert world.state.longest_seconds == LEASE_SECONDS / 3
    world.state.longest_seconds = 0
    world.time.advance(535)
    lease.checkpoint(progress(1))
    assert world.state.longest_seconds == pytest.approx(5)
    world.time.advance(5)
    with pytest.raises(DeadlineReached):
        lease.checkpoint(progress(2))


def test_a_control_stays_once_known(world: World) -> None:
    """A checkpoint that brings none keeps it."""
    lease = world.claimed()
    control = Control(Position(), 0, "00")
    lease.checkpoint(replace(progress(1), control=control))
    lease.checkpoint(progress(2))
    assert world.entry.control == control


def test_parts_are_listed_once_each(world: World) -> None:
    """In order, whether a caller names the new ones or all of its own."""
    lease = world.claimed()
    lease.checkpoint(progress(1, "a"))
    lease.checkpoint(progress(2, "a", "b"))
    lease.release(progress(3, "c"))
    assert world.entry.dead_letters == ("a", "b", "c")


def test_a_part_is_never_named_twice(world: World) -> None:
    """The sequence that was in a part's name is gone, also where its checkpoint came to nothing."""
    lease = world.claimed()
    sequences = []
    world.state.script("write", Fault.LATE, Fault.UNAVAILABLE)
    for _ in range(2):
        sequences.append(lease.next_sequence)
        with pytest.raises(StorageUnavailable):
            lease.checkpoint(progress(1))
    sequences.append(lease.next_sequence)
    assert len(set(sequences)) == 3


def test_a_release_without_progress_says_what_was_confirmed(world: World) -> None:
    lease = world.claimed()
    lease.checkpoint(progress(4, "a"))
    lease.release()
    assert (world.entry.status, world.entry.lease_until) == (Status.DEFERRED, None)
    assert (world.entry.checkpoint, world.entry.dead_letters) == (Position(4), ("a",))


@pytest.mark.parametrize("fault", list(Fault))
def test_an_unsure_write_is_repeated_as_it_was(world: World, fault: Fault) -> None:
    """Under its own sequence, and the next one comes after it: whatever arrives when, nothing is lost."""
    lease = world.claimed()
    world.state.script("write", fault)
    with pytest.raises(StorageUnavailable):
        lease.checkpoint(progress(1, "a"))
    assert lease.entry.sequence == 1
    assert lease.next_sequence == 3
    lease.checkpoint(progress(2, "b"))
    assert world.state.deliver_late() == 0
    assert world.entry == lease.entry
    assert (world.entry.sequence, world.entry.dead_letters) == (3, ("a", "b"))
    assert world.entry.checkpoint == Position(2)


def test_an_unsure_write_stays_unsure_until_it_is_answered(world: World) -> None:
    """However often: there is one sequence for one content."""
    lease = world.claimed()
    world.state.script("write", Fault.LATE, Fault.UNAVAILABLE, Fault.LOST_REPLY)
    for offset in (1, 2, 3):
        with pytest.raises(StorageUnavailable):
            lease.checkpoint(progress(offset, str(offset)))
    lease.release()
    assert world.state.deliver_late() == 0
    assert (world.entry.sequence, world.entry.checkpoint) == (5, Position(1))
    assert (world.entry.status, world.entry.dead_letters) == (Status.DEFERRED, ("1",))


def test_a_late_write_that_is_repeated_counts_once(world: World) -> None:
    """It arrives in between: the repetition reads back, finds itself, and goes on."""
    lease = world.claimed()
    world.state.script("write", Fault.LATE)
    with pytest.raises(StorageUnavailable):
        lease.checkpoint(progress(1, "a"))
    assert world.state.deliver_late() == 1
    lease.checkpoint(progress(2, "b"))
    assert world.entry == lease.entry
    assert world.entry.dead_letters == ("a", "b")


def test_mine_with_a_lower_sequence_is_written_over(world: World) -> None:
    """An earlier write of this owner stands where a later one thought to find what was before both."""
    lease = world.claimed()
    page = page_of(world)
    _, generation = world.state.read(ENTRY_NAME, timeout_seconds=1) or (b"", 0)
    second, third = replace(lease.entry, sequence=2), replace(lease.entry, sequence=3)
    page.put(second, generation)
    standing = page.put(third, generation)
    assert world.entry == third
    assert world.state.read(ENTRY_NAME, timeout_seconds=1) == (encode_entry(third), standing)


def test_mine_with_a_higher_sequence_is_not_written_over(world: World) -> None:
    """What comes late from this owner's own past must not undo what it has said since."""
    lease = world.claimed()
    page = page_of(world)
    _, generation = world.state.read(ENTRY_NAME, timeout_seconds=1) or (b"", 0)
    third = replace(lease.entry, sequence=3)
    page.put(third, generation)
    with pytest.raises(LeaseLost):
        page.put(replace(lease.entry, sequence=2), generation)
    assert world.entry == third


def page_of(world: World) -> Page:
    return Page(
        state=world.state,
        chunks=world.chunks,
        clock=world.time.clock,
        lease_seconds=LEASE_SECONDS,
        ends_at_seconds=world.ends_at_seconds,
        entry_name=ENTRY_NAME,
    )


@pytest.mark.parametrize("write", ["checkpoint", "release", "finish"])
def test_an_overtaken_owner_loses_its_next_write(world: World, write: str) -> None:
    """And every one after it, without asking again."""
    lease = world.claimed()
    world.time.advance(LEASE_SECONDS + 1)
    other = world.claimed()
    with pytest.raises(LeaseLost):
        perform(lease, write)
    assert not lease.is_live()
    calls = len(world.state.calls)
    with pytest.raises(LeaseLost):
        lease.release()
    assert len(world.state.calls) == calls
    assert world.entry == other.entry


def perform(lease: Lease, write: str) -> None:
    if write == "finish":
        lease.finish(Status.DONE, progress(10))
    elif write == "release":
        lease.release(progress(5))
    else:
        lease.checkpoint(progress(5))


@pytest.mark.parametrize("found", [None, b"{", b'{"version": 9}'])
def test_an_entry_that_was_taken_away_is_lost(world: World, found: bytes | None) -> None:
    """Deleted or replaced by hand: what stands there now is respected."""
    lease = world.claimed()
    if found is None:
        world.state.delete(ENTRY_NAME, timeout_seconds=1)
    else:
        world.state.put(ENTRY_NAME, found)
    with pytest.raises(LeaseLost):
        lease.checkpoint(progress(1))


def test_a_read_back_without_answer_leaves_it_open(world: World) -> None:
    """A 412 alone says nothing; the next write asks again."""
    lease = world.claimed()
    world.state.script("write", Fault.LOST_REPLY)
    with pytest.raises(StorageUnavailable):
        lease.checkpoint(progress(1))
    world.state.script("read", Fault.UNAVAILABLE)
    with pytest.raises(StorageUnavailable):
        lease.checkpoint(progress(2))
    lease.checkpoint(progress(2))
    assert (world.entry.checkpoint, world.entry.sequence) == (Position(2), 4)


def test_a_finish_may_be_repeated(world: World) -> None:
    """Its reply lost, the same last word is said again; the custom time comes after it is confirmed."""
    lease = world.claimed()
    world.state.script("write", Fault.LOST_REPLY)
    with pytest.raises(StorageUnavailable):
        lease.finish(Status.DONE, progress(10))
    lease.finish(Status.DONE, progress(10))
    lease.mark_done()
    stat = world.chunks.stat(NAME, timeout_seconds=1)
    assert stat is not None
    assert world.entry.custom_time == stat.custom_time is not None
    assert world.entry.status is Status.DONE


def test_a_release_never_takes_back_a_last_word(world: World) -> None:
    """The unsure finish is settled first, and then there is nothing left to release."""
    lease = world.claimed()
    world.state.script("write", Fault.LOST_REPLY)
    with pytest.raises(StorageUnavailable):
        lease.finish(Status.DONE, progress(10))
    lease.release(progress(10))
    assert world.entry == lease.entry
    assert world.entry.status is Status.DONE


def test_a_newer_generation_keeps_its_own_custom_time(world: World) -> None:
    """Custom time is set on the delivered generation, or not at all."""
    lease = world.claimed()
    lease.finish(Status.DONE, progress(10))
    world.chunks.put(NAME, b"something newer")
    lease.mark_done()
    stat = world.chunks.stat(NAME, timeout_seconds=1)
    assert stat is not None
    assert stat.custom_time is None
    assert world.entry.custom_time is None
