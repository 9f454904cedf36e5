"""A ledger in memory, with one clock and as many processes as a test asks for."""

from datetime import datetime

from function.cloud_event import ChunkRef
from function.lease import Lease, Progress
from function.ledger import Finished, Held, Ledger, NeedsAlone
from function.state import Entry, Position, Status, decode_entry, ledger_name
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_bucket import MemoryBucket, checksum_of

LEASE_SECONDS = 30.0
INVOCATION_SECONDS = 540.0
MAX_ATTEMPTS = 4
NAME = "ecom-00001-3fa9c1d2.ndjson.gz"
ENTRY_NAME = ledger_name("us-1", NAME)


class LedgerWorld:
    """Buckets of state and chunks; `process` is the first process."""

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


def progress(offset: int, *, accepted: int = 0, rejected: int = 0, parts: tuple[str, ...] = ()) -> Progress:
    return Progress(Position(offset), accepted + rejected, accepted, rejected, None, parts)


DONE = progress(10, accepted=8, rejected=2, parts=("part",))


def finish(lease: Lease, done: Progress = DONE) -> None:
    lease.finish(Status.DONE, done)
    lease.mark_done()
    lease.end()
