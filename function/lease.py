"""One invocation's time-boxed right to a chunk, and the conditional writes that it consists of."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .clock import Clock
from .cloud_event import ChunkRef
from .errors import DeadlineReached, LeaseLost, ObjectGone, PreconditionFailed, UnreadableState
from .state import Control, Entry, Position, Status, decode_entry, encode_entry
from .storage import Bucket


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a chunk stands: totals of the chunk, not of this invocation.

    `new_dead_letters` names the parts that this owner has written; those that the ledger lists already may be
    among them.
    """

    position: Position
    records: int
    accepted: int
    rejected: int
    control: Control | None = None
    new_dead_letters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One chunk's place in the ledger, and how it is written."""

    state: Bucket
    chunks: Bucket
    clock: Clock
    lease_seconds: float
    ends_at_seconds: float
    entry_name: str

    def call_seconds(self) -> float:
        """For one call: a third of a lease, so that a stalled renewal still leaves time for another."""
        left = self.ends_at_seconds - self.clock.wall_seconds()
        if left <= 0:
            raise DeadlineReached("no time left for the ledger")
        return min(self.lease_seconds / 3, left)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.wall_seconds(), UTC)

    def lease_until(self) -> datetime:
        """Never past the end of the invocation."""
        ends_at = min(self.clock.wall_seconds() + self.lease_seconds, self.ends_at_seconds)
        return datetime.fromtimestamp(ends_at, UTC)

    def put(self, entry: Entry, if_generation: int) -> int:
        """Writes the entry over the one at `if_generation` and returns its own generation.

        A 412 need not mean that another was faster: the reply to this write or an earlier one may have been
        lost. So what stands there decides. Mine with this sequence: it had arrived. Mine with a lower one:
        written again over that. Anything else raises LeaseLost. After StorageUnavailable it may yet arrive:
        then only this same entry may be written again under its sequence.
        """
        while True:
            try:
                return self.state.write(
                    self.entry_name,
                    encode_entry(entry),
                    if_generation=if_generation,
                    timeout_seconds=self.call_seconds(),
                )
            except PreconditionFailed as error:
                found = self.state.read(self.entry_name, timeout_seconds=self.call_seconds())
                if found is None:
                    raise LeaseLost(f"{self.entry_name} was deleted") from error
                standing, if_generation = _read_back(found[0]), found[1]
                if standing.owner != entry.owner or standing.sequence > entry.sequence:
                    raise LeaseLost(f"{self.entry_name} belongs to another owner") from error
                if standing.sequence == entry.sequence:
                    return if_generation

    def set_custom_time(self, chunk: ChunkRef) -> datetime | None:
        """Marks a done chunk's object, on the delivered generation only: by this, lifecycle deletes.

        None where that generation is gone, which is as good.
        """
        at = self.now()
        try:
            self.chunks.set_custom_time(chunk.name, chunk.generation, at, timeout_seconds=self.call_seconds())
        except ObjectGone:
            return None
        return at


def _read_back(data: bytes) -> Entry:
    try:
        return decode_entry(data)
    except UnreadableState as error:
        raise LeaseLost(f"another has written what can't be read: {error}") from error


class Lease:
    """For one thread. `entry` is the ledger's as last confirmed.

    After StorageUnavailable a write may yet arrive, so the next one first repeats it as it was. After
    LeaseLost every further write raises LeaseLost.
    """

    def __init__(
        self,
        page: Page,
        chunk: ChunkRef,
        entry: Entry,
        generation: int,
        on_end: Callable[[Entry], None],
    ) -> None:
        self.entry = entry
        self.chunk = chunk
        self._page = page
        self._generation = generation
        self._on_end = on_end
        self._sequence = entry.sequence
        self._unsure: Entry | None = None
        self._lost: LeaseLost | None = None
        self._written_at_seconds = page.clock.monotonic_seconds()

    @property
    def next_sequence(self) -> int:
        """Of the coming write, and in the name of the part written for it; used up by the attempt."""
        return self._sequence + 1

    def is_live(self) -> bool:
        """Past its own lease an owner renews before it sends."""
        until = self.entry.lease_until
        return self._lost is None and until is not None and self._page.now() < until

    @property
    def renew_at_seconds(self) -> float:
        """On the monotonic clock: a third of the lease after the last write."""
        return self._written_at_seconds + self._page.lease_seconds / 3

    def renew_due(self) -> bool:
        return self._page.clock.monotonic_seconds() >= self.renew_at_seconds

    def checkpoint(self, progress: Progress) -> None:
        """Also renews the lease, with or without progress. Raises LeaseLost, StorageUnavailable."""
        sequence = self._settle()
        entry = self._advanced(progress, sequence)
        self._write(replace(entry, lease_until=self._page.lease_until()))

    def release(self, progress: Progress | None = None) -> None:
        """For another delivery to go on; a last word that has arrived stands. The owner's name stays.

        Raises LeaseLost, StorageUnavailable.
        """
        sequence = self._settle()
        if self.entry.status is not Status.IMPORTING:
            return
        entry = self._advanced(progress, sequence)
        self._write(replace(entry, status=Status.DEFERRED, lease_until=None))

    def finish(self, status: Status, progress: Progress, message: str = "") -> None:
        """For good. After DONE comes mark_done. Raises LeaseLost, StorageUnavailable."""
        sequence = self._settle()
        entry = self._advanced(progress, sequence)
        finished = self._page.now()
        self._write(replace(entry, status=status, lease_until=None, finished=finished, message=message))

    def mark_done(self) -> None:
        """Sets the custom time and notes it; after StorageUnavailable the next delivery does it."""
        at = self._page.set_custom_time(self.chunk)
        sequence = self._settle()
        if at is not None:
            with suppress(LeaseLost):  # another delivery has noted it, or a newer generation come
                self._write(replace(self.entry, sequence=sequence, custom_time=at, updated=at))

    def end(self) -> None:
        """However it ended: so the process knows that this owner works no more. Fine to call twice."""
        self._on_end(self.entry)

    def _advanced(self, progress: Progress | None, sequence: int) -> Entry:
        entry = replace(self.entry, sequence=sequence, updated=self._page.now())
        if progress is None:
            return entry
        listed = set(entry.dead_letters)
        added = tuple(name for name in progress.new_dead_letters if name not in listed)
        return replace(
            entry,
            vanished=entry.vanished if progress.position == entry.checkpoint else 0,
            checkpoint=progress.position,
            control=progress.control or entry.control,
            records=progress.records,
            accepted=progress.accepted,
            rejected=progress.rejected,
            dead_letters=entry.dead_letters + added,
        )

    def _settle(self) -> int:
        """Repeats a write without an answer as it was; returns the next one's sequence, which is used up."""
        self._sequence += 1
        sequence = self._sequence
        if self._lost is not None:
            raise LeaseLost(str(self._lost)) from self._lost
        if self._unsure is not None:
            self._write(self._unsure)
        return sequence

    def _write(self, entry: Entry) -> None:
        began_at_seconds = self._page.clock.monotonic_seconds()
        self._unsure = entry
        try:
            self._generation = self._page.put(entry, self._generation)
        except LeaseLost as error:
            self._lost = error
            raise
        self.entry, self._unsure = entry, None
        self._written_at_seconds = began_at_seconds
