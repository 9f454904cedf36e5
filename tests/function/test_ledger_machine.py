"""The ledger against its model, whatever is delivered, written, lost, late, killed, uploaded or deleted.

FUZZ_EXAMPLES=5000 looks longer than the default does.
"""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from function.cloud_event import ChunkRef
from function.state import Status
from tests.fakes.depth import EXAMPLES
from tests.fakes.ledger_pair import CLOCKS_APART_SECONDS, LedgerPair, Worker, advanced
from tests.fakes.ledger_world import INVOCATION_SECONDS, LEASE_SECONDS, NAME
from tests.fakes.memory_bucket import Fault

# A lease is over, or nearly so; an invocation nearly.
WAITS_SECONDS = [1, LEASE_SECONDS - 2, LEASE_SECONDS + CLOCKS_APART_SECONDS + 1, INVOCATION_SECONDS - 10]
FAULTS = st.none() | st.sampled_from(Fault)


class LedgerMachine(RuleBasedStateMachine):
    uploads: Bundle[ChunkRef] = Bundle("uploads")
    workers: Bundle[Worker] = Bundle("workers")

    def __init__(self) -> None:
        super().__init__()
        self.pair = LedgerPair()

    # What happens

    @initialize(target=uploads)
    def upload_first(self) -> ChunkRef:
        return self.pair.world.upload()

    @rule(target=uploads, data=st.sampled_from([b"0123456789", b"0123456789", b"other"]))
    def upload(self, data: bytes) -> ChunkRef:
        return self.pair.world.upload(data)

    @rule(target=workers, chunk=uploads, process=st.integers(0, 1), alone=st.booleans(), fault=FAULTS)
    def deliver(
        self, chunk: ChunkRef, process: int, alone: bool, fault: Fault | None
    ) -> MultipleResults[Worker]:
        return multiple(*self.pair.claim(chunk, process, alone=alone, fault=fault))

    @rule(target=workers, chunk=uploads, rival=uploads, alone=st.booleans())
    def deliver_at_once(self, chunk: ChunkRef, rival: ChunkRef, alone: bool) -> MultipleResults[Worker]:
        return multiple(*self.pair.claim_at_once(chunk, rival, alone=alone))

    @rule(target=workers, chunk=uploads, rival=uploads, alone=st.booleans())
    def mark_at_once(self, chunk: ChunkRef, rival: ChunkRef, alone: bool) -> MultipleResults[Worker]:
        return multiple(*self.pair.mark_at_once(chunk, rival, alone=alone))

    @rule(worker=workers, step=st.integers(0, 2), fault=FAULTS)
    def checkpoint(self, worker: Worker, step: int, fault: Fault | None) -> None:
        if worker.base.status is Status.IMPORTING:
            new, progress = advanced(worker, step)
            new = replace(new, until=min(self.pair.now(worker.process) + LEASE_SECONDS, worker.ends_at))
            self.pair.write(worker, new, lambda: worker.lease.checkpoint(progress), fault)

    @rule(worker=workers, step=st.integers(0, 2), fault=FAULTS)
    def release(self, worker: Worker, step: int, fault: Fault | None) -> None:
        new, progress = advanced(worker, step)
        if worker.base.status is Status.IMPORTING:
            new = replace(new, status=Status.DEFERRED, until=None)
            self.pair.write(worker, new, lambda: worker.lease.release(progress if step else None), fault)
        elif worker.unsure is not None:  # a last word that may not have arrived
            self.pair.write(worker, worker.unsure, worker.lease.release, fault)

    @rule(worker=workers, status=st.sampled_from([Status.DONE, Status.DONE, Status.REFUSED]), fault=FAULTS)
    def finish(self, worker: Worker, status: Status, fault: Fault | None) -> None:
        if worker.base.status is Status.IMPORTING:
            new, progress = advanced(worker, 1)
            new = replace(new, status=status, until=None)
            self.pair.write(worker, new, lambda: worker.lease.finish(status, progress), fault)

    @rule(worker=workers, fault=FAULTS)
    def mark_done(self, worker: Worker, fault: Fault | None) -> None:
        is_confirmed = worker.confirmed.status is Status.DONE and worker.unsure is None
        is_in_time = self.pair.now(worker.process) < worker.ends_at
        if is_confirmed and is_in_time and self.pair.is_live(worker.lease.chunk):
            new = replace(worker.confirmed, noted=True)
            self.pair.write(worker, new, worker.lease.mark_done, fault, complains=False)

    @rule(worker=consumes(workers))
    def end(self, worker: Worker) -> None:
        worker.lease.end()
        if worker.confirmed.until is not None:
            worker.process.ended.add(worker.confirmed.owner)

    @rule(process=st.integers(0, 1))
    def kill(self, process: int) -> None:
        """What its workers still write is as if it had been frozen, not killed."""
        self.pair.restart(process)

    @rule(seconds=st.sampled_from(WAITS_SECONDS))
    def wait(self, seconds: float) -> None:
        self.pair.world.time.advance(seconds)

    @precondition(lambda self: self.pair.late)
    @rule()
    def arrive_late(self) -> None:
        self.pair.arrive_late()

    @rule()
    def delete(self) -> None:
        self.pair.world.chunks.delete(NAME, timeout_seconds=1)

    # What must hold

    @invariant()
    def the_entry_says_what_the_model_does(self) -> None:
        self.pair.check_entry()

    @invariant()
    def nothing_unfinished_is_marked_for_deletion(self) -> None:
        world = self.pair.world
        stat = world.chunks.stat(NAME, timeout_seconds=1)
        if stat is not None and stat.custom_time is not None:
            assert (world.entry.generation, world.entry.status) == (stat.generation, Status.DONE)


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None)
