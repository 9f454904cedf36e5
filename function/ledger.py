"""The durable account of what became of each chunk at a destination: to work on one is to claim it here.

Safety rests on the conditional write alone; the clock only decides when to try.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from .clock import Clock
from .cloud_event import ChunkRef
from .errors import LeaseLost
from .lease import Lease, Page, Progress
from .logs import Reason
from .state import Entry, Status, decode_entry, ledger_name
from .storage import Bucket

__all__ = ["Finished", "Held", "Lease", "Ledger", "NeedsAlone", "Progress"]

_UNFINISHED = (Status.IMPORTING, Status.DEFERRED)
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Finished:
    """Acknowledge: ALREADY_SETTLED (the entry says how), OLDER_GENERATION, or VANISHED: just quarantined."""

    entry: Entry
    reason: Reason


@dataclass(frozen=True, slots=True)
class Held:
    """Another owner holds a live lease until this Unix time."""

    until_seconds: float


@dataclass(frozen=True, slots=True)
class NeedsAlone:
    """An owner of this chunk vanished: claim it again with every turn of the process. Nothing was written."""


class Ledger:
    """One for the process: it remembers which owners ended here without having been able to say so."""

    def __init__(
        self,
        state_bucket: Bucket,
        chunks_bucket: Callable[[str], Bucket],
        destination: str,
        clock: Clock,
        *,
        lease_seconds: float,
        max_attempts: int,
        new_owner: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        """`new_owner` gives a name that nobody has had: an owner is one claim, not one process."""
        self._state_bucket = state_bucket
        self._chunks_bucket = chunks_bucket
        self._destination = destination
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._max_attempts = max_attempts
        self._new_owner = new_owner
        self._lock = threading.Lock()
        self._ended: set[str] = set()

    def claim(
        self, chunk: ChunkRef, *, alone: bool, ends_at_seconds: float
    ) -> Lease | Finished | Held | NeedsAlone:
        """`ends_at_seconds` is the invocation's end in Unix time; no lease goes past it.

        Raises StorageUnavailable, DeadlineReached (transient), UnreadableState (terminal).
        """
        page = Page(
            state=self._state_bucket,
            chunks=self._chunks_bucket(chunk.bucket),
            clock=self._clock,
            lease_seconds=self._lease_seconds,
            ends_at_seconds=ends_at_seconds,
            entry_name=ledger_name(self._destination, chunk.name),
        )
        for _ in range(_TRIES):
            found = page.state.read(page.entry_name, timeout_seconds=page.call_seconds())
            standing = None if found is None else decode_entry(found[0])
            try:
                return self._decide(page, chunk, standing, 0 if found is None else found[1], alone=alone)
            except LeaseLost:  # another's write came in between: what it says decides anew
                continue
        return Held(self._clock.wall_seconds())

    def _decide(
        self, page: Page, chunk: ChunkRef, standing: Entry | None, generation: int, *, alone: bool
    ) -> Lease | Finished | Held | NeedsAlone:
        if standing is None:
            return self._take(page, chunk, _fresh(chunk), 0, alone=alone)
        if chunk.generation < standing.generation:
            return Finished(standing, Reason.OLDER_GENERATION)
        is_same_generation = chunk.generation == standing.generation
        if not is_same_generation and (chunk.crc32c, chunk.size) != (standing.crc32c, standing.size):
            fresh = replace(_fresh(chunk), previous=replace(standing, previous=None))
            return self._take(page, chunk, fresh, generation, alone=alone)
        if standing.status is Status.DONE:
            return self._stay_done(page, chunk, standing, generation)
        if self._is_held(standing):
            return Held(standing.lease_until.timestamp() if standing.lease_until else 0)
        return self._reclaim(page, chunk, standing, generation, alone=alone)

    def _reclaim(
        self, page: Page, chunk: ChunkRef, standing: Entry, generation: int, *, alone: bool
    ) -> Lease | Finished | NeedsAlone:
        """The same content, not done, with no live owner."""
        if chunk.generation != standing.generation:  # uploading again is a retry
            again = replace(standing, generation=chunk.generation, vanished=0, finished=None, message="")
            return self._take(page, chunk, again, generation, alone=alone)
        if standing.status not in _UNFINISHED:
            return Finished(standing, Reason.ALREADY_SETTLED)
        standing = replace(standing, vanished=self._vanished(standing))
        if standing.vanished >= self._max_attempts:
            return self._quarantine(page, standing, generation)
        if standing.vanished and not alone:
            return NeedsAlone()
        return self._take(page, chunk, standing, generation, alone=alone)

    def _is_held(self, standing: Entry) -> bool:
        until = standing.lease_until
        return (
            until is not None
            and self._clock.wall_seconds() < until.timestamp()
            and not self._saw_end(standing)
        )

    def _vanished(self, standing: Entry) -> int:
        """The count with the last owner in it, if it ended without a word.

        After the first, only owners that worked alone count: a neighbour may have taken the others along.
        """
        is_silent = standing.lease_until is not None and not self._saw_end(standing)
        counts = is_silent and (standing.alone or not standing.vanished)
        return standing.vanished + counts

    def _take(self, page: Page, chunk: ChunkRef, base: Entry, generation: int, *, alone: bool) -> Lease:
        now = page.now()
        entry = replace(
            base,
            status=Status.IMPORTING,
            attempts=base.attempts + 1,
            alone=alone,
            owner=self._new_owner(),
            sequence=1,
            lease_until=page.lease_until(),
            started=base.started or now,
            updated=now,
        )
        try:
            generation = page.put(entry, generation)
        except BaseException:
            self._note_end(entry)  # the write may yet arrive: its owner has ended all the same
            raise
        return Lease(page, chunk, entry, generation, self._note_end)

    def _stay_done(self, page: Page, chunk: ChunkRef, standing: Entry, generation: int) -> Finished:
        """The same content again: the new generation goes into the entry before anything else."""
        owner = self._new_owner()
        if chunk.generation != standing.generation:
            now = page.now()
            standing = replace(
                standing,
                generation=chunk.generation,
                custom_time=None,
                owner=owner,
                sequence=1,
                updated=now,
            )
            generation = page.put(standing, generation)
        if standing.custom_time is None:
            standing = self._mark_done(page, chunk, standing, generation, owner)
        return Finished(standing, Reason.ALREADY_SETTLED)

    def _mark_done(self, page: Page, chunk: ChunkRef, standing: Entry, generation: int, owner: str) -> Entry:
        at = page.set_custom_time(chunk)
        if at is None:
            return standing
        sequence = standing.sequence + 1
        noted = replace(standing, custom_time=at, updated=at, owner=owner, sequence=sequence)
        try:
            page.put(noted, generation)
        except LeaseLost:  # another delivery has noted it, or a newer generation come
            return standing
        return noted

    def _quarantine(self, page: Page, standing: Entry, generation: int) -> Finished:
        now = page.now()
        entry = replace(
            standing,
            status=Status.QUARANTINED,
            owner=self._new_owner(),
            sequence=1,
            lease_until=None,
            finished=now,
            updated=now,
            message=f"{standing.vanished} invocations ended without a word while they worked on it alone",
        )
        page.put(entry, generation)
        return Finished(entry, Reason.VANISHED)

    def _saw_end(self, entry: Entry) -> bool:
        with self._lock:
            return entry.owner in self._ended

    def _note_end(self, entry: Entry) -> None:
        if entry.lease_until is not None:  # else the ledger says it
            with self._lock:
                self._ended.add(entry.owner)


def _fresh(chunk: ChunkRef) -> Entry:
    return Entry(status=Status.IMPORTING, crc32c=chunk.crc32c, size=chunk.size, generation=chunk.generation)
