"""Many deliveries of one chunk at once, in random order, with kills, freezes, and replies lost or late.

A small model of the importer works through the real ledger: a chunk has 12 batches, two in three of which are
rejected into dead letters. What must hold at every step is in `Chaos.check`.
"""

import contextlib
import random
from dataclasses import dataclass, field, replace

import pytest

from function.cloud_event import ChunkRef
from function.dead_letters import delete_unlisted
from function.errors import LeaseLost, ObjectGone, StorageUnavailable
from function.lease import Lease, Progress
from function.ledger import Finished, Ledger, NeedsAlone
from function.logs import Reason
from function.state import (
    Entry,
    Position,
    Status,
    dead_letters_folder,
    dead_letters_name,
    decode_entry,
    ledger_name,
)
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_bucket import Fault, MemoryBucket, checksum_of

BATCHES = 12
LEASE_SECONDS = 30.0
MAX_ATTEMPTS = 3
ENTRY_NAME = ledger_name("us-1", "chunk")
FIRST = b"x" * BATCHES
OTHER = b"y" * BATCHES


@dataclass
class Worker:
    """One invocation: its chunk, its lease, how far it has settled, and the parts it has written."""

    chunk: ChunkRef
    lease: Lease
    at: int
    letters: list[int] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)


class Chaos:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.time = HandClock()
        self.state, self.chunks = MemoryBucket("state"), MemoryBucket("chunks")
        self.processes = [self.new_process() for _ in range(2)]
        self.workers: list[tuple[int, Worker]] = []
        self.uploads: list[ChunkRef] = []
        self.silent = 0  # owners that ended, or were frozen, without the ledger knowing
        self.confirmed: Entry | None = None

    def new_process(self) -> Ledger:
        return Ledger(
            self.state,
            lambda _: self.chunks,
            "us-1",
            self.time.clock,
            lease_seconds=LEASE_SECONDS,
            max_attempts=MAX_ATTEMPTS,
        )

    def run(self) -> None:
        self.upload()
        steps = (
            [self.deliver] * 4 + [self.work] * 12 + [self.wait] * 3 + [self.arrive, self.kill, self.upload]
        )
        for _ in range(90):
            self.break_something()
            self.random.choice(steps)()
            self.check()
        self.calm_down()

    def calm_down(self) -> None:
        """Nothing fails any more, and the newest upload is delivered until it is settled."""
        self.state._script.clear()
        self.chunks._script.clear()
        while self.state.late:
            self.state.deliver_late(1)
            self.check()
        for _ in range(200):
            self.time.advance(LEASE_SECONDS + 1)
            self.claim(self.uploads[-1], 0)
            while self.workers:
                self.work()
            self.check()
            if self.entry.status in (Status.DONE, Status.QUARANTINED):
                break
        entry = self.entry
        assert entry.generation == self.uploads[-1].generation
        assert entry.status is Status.DONE or self.silent >= MAX_ATTEMPTS
        if entry.status is Status.DONE:
            self.claim(self.uploads[-1], 0)
            stat = self.chunks.stat("chunk", timeout_seconds=1)
            assert stat is not None
            assert stat.custom_time is not None
            assert (entry.records, entry.rejected) == (BATCHES, len(rejected_up_to(BATCHES)))

    # What happens

    def upload(self) -> None:
        if self.uploads and self.random.random() < 0.6:
            return
        data = OTHER if self.random.random() < 0.2 else FIRST
        generation = self.chunks.put("chunk", data)
        self.uploads.append(ChunkRef("chunks", "chunk", generation, len(data), checksum_of(data)))

    def deliver(self) -> None:
        newest = self.random.random() < 0.8
        self.claim(self.uploads[-1] if newest else self.random.choice(self.uploads), self.random.randrange(2))

    def claim(self, chunk: ChunkRef, process: int) -> None:
        ledger, ends_at_seconds = self.processes[process], self.time.wall_seconds() + 540
        try:
            claim = ledger.claim(chunk, alone=False, ends_at_seconds=ends_at_seconds)
            if isinstance(claim, NeedsAlone):
                claim = ledger.claim(chunk, alone=True, ends_at_seconds=ends_at_seconds)
        except StorageUnavailable:
            self.silent += 1
            return
        if isinstance(claim, Lease):
            self.workers.append((process, Worker(chunk, claim, claim.entry.checkpoint.offset)))
        elif isinstance(claim, Finished) and claim.reason is Reason.VANISHED:
            assert self.silent >= MAX_ATTEMPTS

    def work(self) -> None:
        if not self.workers:
            return
        process, worker = self.random.choice(self.workers)
        try:
            ended = self.step(worker)
        except LeaseLost:
            ended = True
        except StorageUnavailable:
            # A part that may yet arrive must not be written again with other letters under its name.
            ended = bool(worker.letters) or is_done(worker) or self.random.random() < 0.5
            if ended:
                self.give_back(worker)
        if ended:
            self.silent += worker.lease.entry.status is Status.IMPORTING
            worker.lease.end()
            self.workers.remove((process, worker))

    def step(self, worker: Worker) -> bool:
        """Settles some batches and checkpoints; returns whether that was the worker's end."""
        try:
            data = self.chunks.read_range(
                "chunk", worker.chunk.generation, worker.at, BATCHES, timeout_seconds=1
            )
        except ObjectGone:
            worker.lease.release(self.progress(worker))
            return True
        for _ in range(min(self.random.randrange(1, 4), len(data))):
            if is_rejected(worker.at):
                worker.letters.append(worker.at)
            worker.at += 1
        if worker.at < BATCHES and self.random.random() < 0.1:
            worker.lease.release(self.progress(worker))
            return True
        if worker.at < BATCHES:
            worker.lease.checkpoint(self.progress(worker))
            assert self.entry == worker.lease.entry
            return False
        worker.lease.finish(Status.DONE, self.progress(worker))
        entry = worker.lease.entry
        assert self.entry == entry
        folder = dead_letters_folder("us-1", "chunk", worker.chunk.generation)
        worker.lease.mark_done()
        delete_unlisted(self.state, folder, entry.dead_letters, call_seconds=lambda: 1)
        return True

    def progress(self, worker: Worker) -> Progress:
        """Writes the part first, as the importer does."""
        if worker.letters:
            entry = worker.lease.entry
            name = dead_letters_name(
                "us-1",
                "chunk",
                worker.chunk.generation,
                entry.checkpoint.offset,
                entry.owner,
                worker.lease.next_sequence,
            )
            content = repr(worker.letters).encode()
            self.state.write(name, content, if_generation=None, timeout_seconds=1)
            worker.letters = []
            worker.parts.append(name)
        rejected = len(rejected_up_to(worker.at))
        return Progress(
            Position(worker.at), worker.at, worker.at - rejected, rejected, None, tuple(worker.parts)
        )

    def give_back(self, worker: Worker) -> None:
        if self.random.random() < 0.7:
            with contextlib.suppress(LeaseLost, StorageUnavailable):
                worker.lease.release()

    def kill(self) -> None:
        """A process ends without a word, and all its workers with it."""
        if self.random.random() < 0.7:
            return
        killed = self.random.randrange(2)
        self.silent += sum(process == killed for process, _ in self.workers)
        self.workers = [(process, worker) for process, worker in self.workers if process != killed]
        self.processes[killed] = self.new_process()

    def wait(self) -> None:
        self.time.advance(self.random.choice((1, 5, 20, LEASE_SECONDS + 1)))

    def arrive(self) -> None:
        self.state.deliver_late(1)

    def break_something(self) -> None:
        if self.random.random() < 0.25:
            verb = self.random.choice(("write", "write", "write", "read", "delete"))
            self.state.script(verb, self.random.choice(list(Fault)))
        if self.random.random() < 0.03:
            self.chunks.script("set_custom_time", self.random.choice(list(Fault)))

    # What must hold

    @property
    def entry(self) -> Entry:
        return decode_entry(self.state.get(ENTRY_NAME))

    def check(self) -> None:
        if ENTRY_NAME not in self.state.names():
            return
        entry, before = self.entry, self.confirmed
        self.confirmed = entry
        listed = [batch for name in entry.dead_letters for batch in self.batches_in(name)]
        assert listed == rejected_up_to(entry.checkpoint.offset), "each rejected record in one listed part"
        assert entry.records == entry.accepted + entry.rejected == entry.checkpoint.offset
        if before is None:
            return
        assert entry.generation >= before.generation
        if entry.crc32c == before.crc32c:
            assert entry.checkpoint.offset >= before.checkpoint.offset, "no checkpoint moves back"
            assert before.status is not Status.DONE or entry.status is Status.DONE, "done stays done"
        elif entry.previous is not None:
            assert entry.previous == replace(before, previous=None), "what was before is kept, one level"

    def batches_in(self, name: str) -> list[int]:
        return [int(batch) for batch in self.state.get(name).decode().strip("[]").split(",")]


def is_done(worker: Worker) -> bool:
    return worker.lease.entry.status is Status.DONE


def is_rejected(batch: int) -> bool:
    return batch % 3 > 0


def rejected_up_to(end: int) -> list[int]:
    return [batch for batch in range(end) if is_rejected(batch)]


@pytest.mark.parametrize("block", range(4))
def test_no_interleaving_breaks_the_account(block: int) -> None:
    """Each rejected record stands in exactly one listed part, done stays done, and all ends settled."""
    for seed in range(block * 100, block * 100 + 100):
        try:
            Chaos(seed).run()
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
