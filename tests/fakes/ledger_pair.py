"""The real ledger and its model, side by side: what is done to the one is done to the other, and compared."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from function.clock import Clock
from function.cloud_event import ChunkRef
from function.errors import DeadlineReached, LeaseLost, StorageUnavailable
from function.lease import Lease, Progress
from function.ledger import Ledger
from function.state import Position
from tests.fakes.ledger_model import MAX_ATTEMPTS, Delivery, Standing, decide, verdict_of
from tests.fakes.ledger_world import ENTRY_NAME, INVOCATION_SECONDS, LEASE_SECONDS, NAME, LedgerWorld
from tests.fakes.memory_bucket import Fault

CLOCKS_APART_SECONDS = 5.0


@dataclass(eq=False, slots=True)
class Process:
    ledger: Ledger
    skew_seconds: float
    ended: set[int] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class Worker:
    """An owner at work. `confirmed`: what it knows to stand. `unsure`: what it wrote without an answer."""

    lease: Lease
    process: Process
    ends_at: float
    confirmed: Standing
    unsure: Standing | None = None
    is_lost: bool = False

    @property
    def base(self) -> Standing:
        return self.unsure or self.confirmed


class LedgerPair:
    """Two processes, whose clocks are apart, and one chunk's name."""

    def __init__(self) -> None:
        self.world = LedgerWorld()
        self.standing: Standing | None = None
        self.late: list[tuple[int, Standing]] = []
        self._numbers = count(1)
        self._processes = [self._new_process(skew) for skew in (0.0, CLOCKS_APART_SECONDS)]

    # What is done to both

    def claim(self, chunk: ChunkRef, number: int, *, alone: bool, fault: Fault | None = None) -> list[Worker]:
        process, expected = self._processes[number], self._entry_generation()
        by = self._delivery(chunk, process, alone=alone)
        if fault:
            self.world.state.script("write", fault)
        try:
            claim = self.world.claim(chunk, process.ledger, alone=alone)
        except StorageUnavailable:
            verdict, writes = decide(self.standing, by)
            self._fail(fault, expected, writes[0], arrives=True)
            if verdict == "lease":
                process.ended.add(by.number)
            return []
        finally:
            self.world.state._script.clear()
        verdict, writes = decide(self.standing, by)
        assert verdict_of(claim) == verdict
        self.standing = writes[-1] if writes else self.standing
        if not isinstance(claim, Lease):
            return []
        ends_at = self.world.time.wall_seconds() + INVOCATION_SECONDS
        return [Worker(claim, process, ends_at, writes[-1])]

    def claim_at_once(self, chunk: ChunkRef, rival: ChunkRef, *, alone: bool) -> list[Worker]:
        """The rival's claim comes between what the first one reads and what it writes."""
        made: list[Worker] = []
        verdict, writes = decide(self.standing, self._delivery(chunk, self._processes[0], alone=alone))
        if verdict == "lease" or len(writes) == 2:
            self.world.state.script("write", lambda: made.extend(self.claim(rival, 1, alone=alone)))
        made.extend(self.claim(chunk, 0, alone=alone))
        return made

    def mark_at_once(self, chunk: ChunkRef, rival: ChunkRef, *, alone: bool) -> list[Worker]:
        """A done chunk is delivered; the rival's claim comes before the custom time is set."""
        verdict, writes = decide(self.standing, self._delivery(chunk, self._processes[0], alone=alone))
        if verdict != "settled" or not writes or not writes[-1].noted:
            return []
        made: list[Worker] = []
        arrived: list[int] = []

        def race() -> None:
            self.standing = writes[0] if len(writes) == 2 else self.standing
            arrived.append(self._entry_generation())
            made.extend(self.claim(rival, 1, alone=alone))
            arrived.append(self._entry_generation())

        self.world.chunks.script("set_custom_time", race)
        assert verdict_of(self.world.claim(chunk, self._processes[0].ledger, alone=alone)) == "settled"
        if arrived[0] == arrived[1]:
            self.standing = writes[-1]
        return made

    def write(
        self,
        worker: Worker,
        new: Standing,
        call: Callable[[], None],
        fault: Fault | None,
        *,
        complains: bool = True,
    ) -> None:
        """A write without an answer is repeated as it was before the new one."""
        first, expected = worker.unsure or new, worker.lease._generation
        arrives = expected == self._entry_generation()
        is_owner = self.standing is not None and self.standing.owner == worker.confirmed.owner
        if fault:
            self.world.state.script("write", fault)
        try:
            call()
        except LeaseLost:
            assert not is_owner
            assert complains or worker.is_lost
            worker.is_lost = True
        except DeadlineReached:
            assert self.now(worker.process) >= worker.ends_at
            worker.unsure = first
        except StorageUnavailable:
            self._fail(fault, expected, first, arrives=arrives)
            worker.unsure = first
        else:
            assert is_owner or not complains
            self.standing = new if is_owner else self.standing
            worker.confirmed, worker.unsure, worker.is_lost = new, None, not is_owner
        finally:
            self.world.state._script.clear()

    def restart(self, number: int) -> None:
        self._processes[number] = self._new_process(self._processes[number].skew_seconds)

    def arrive_late(self) -> None:
        """The first of the late writes: conditional on what stood there when it was sent."""
        expected, standing = self.late.pop(0)
        if expected == self._entry_generation():
            self.standing = standing
        self.world.state.deliver_late(1)

    # What both say

    def check_entry(self) -> None:
        if self.standing is None:
            assert self.world.state.names() == []
            return
        entry, model = self.world.entry, self.standing
        assert model == Standing(
            generation=entry.generation,
            crc32c=entry.crc32c,
            status=entry.status,
            attempts=entry.attempts,
            vanished=entry.vanished,
            alone=entry.alone,
            owner=model.owner,  # a number here, a random name there: told apart by who may write
            until=None if entry.lease_until is None else entry.lease_until.timestamp(),
            offset=entry.checkpoint.offset,
            parts=entry.dead_letters,
            noted=entry.custom_time is not None,
            previous=None if entry.previous is None else entry.previous.generation,
        )
        assert entry.records == entry.accepted + entry.rejected == entry.checkpoint.offset

    def now(self, process: Process) -> float:
        return self.world.time.wall_seconds() + process.skew_seconds

    def is_live(self, chunk: ChunkRef) -> bool:
        stat = self.world.chunks.stat(NAME, timeout_seconds=1)
        return stat is not None and stat.generation == chunk.generation

    def _fail(self, fault: Fault | None, expected: int, standing: Standing, *, arrives: bool) -> None:
        assert fault is not None
        if fault is Fault.LATE:
            self.late.append((expected, standing))
        elif fault is Fault.LOST_REPLY and arrives:
            self.standing = standing

    def _new_process(self, skew_seconds: float) -> Process:
        time, state, chunks = self.world.time, self.world.state, self.world.chunks
        clock = Clock(lambda: time.wall_seconds() + skew_seconds, time.monotonic_seconds, time.advance)
        limits: Any = {"lease_seconds": LEASE_SECONDS, "max_attempts": MAX_ATTEMPTS}
        return Process(Ledger(state, lambda _: chunks, "us-1", clock, **limits), skew_seconds)

    def _delivery(self, chunk: ChunkRef, process: Process, *, alone: bool) -> Delivery:
        now, is_live = self.now(process), self.is_live(chunk)
        return Delivery(chunk, next(self._numbers), now, alone, process.ended, is_live)

    def _entry_generation(self) -> int:
        stat = self.world.state.stat(ENTRY_NAME, timeout_seconds=1)
        return 0 if stat is None else stat.generation


def advanced(worker: Worker, step: int) -> tuple[Standing, Progress]:
    """So far on, with one more part where there is a step at all."""
    base = worker.base
    offset = base.offset + step
    parts = (*base.parts, f"{base.owner}-{offset}") if step else base.parts
    vanished = 0 if step else base.vanished
    progress = Progress(Position(offset), offset, offset, 0, None, parts)
    return replace(base, offset=offset, parts=parts, vanished=vanished), progress
