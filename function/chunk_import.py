"""One owner's work on one chunk: read, settle, checkpoint, all in the invocation's own thread."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from .chunk_log import ChunkLog
from .cloud_event import ChunkRef
from .control import Trial
from .courier import Courier
from .dead_letters import delete_unlisted, write_part
from .doors import Doors
from .errors import (
    CredentialsRefused,
    DeadlineReached,
    NotImportable,
    ObjectGone,
    ProjectRefused,
    StorageUnavailable,
    Transient,
)
from .ledger import Lease, Progress
from .prefix import SettledPrefix
from .settlement import Letter, Settled, settle
from .source import ChunkSource, ReadAhead, digest_of, recall, size_of
from .state import Control, Status, dead_letters_folder, dead_letters_name

CHECKPOINT_SECONDS = 5.0
# A chunk has more batches under way than the process has in flight, so that no thread waits for the next one.
SPARE_BATCHES = 4
# Compressed, of one chunk: six chunks at work stay far below the function's memory.
MAX_BYTES_UNDER_WAY = 16_000_000
MAX_LETTERS_BYTES = 8_000_000
# Nothing smaller than this is read on for, to see whether a chunk is large.
LARGE_CHUNK_BYTES = 16_000_000
# A whole chunk of the partitioner's, mostly: 200,000 records take 2 to 10 MB.
AHEAD_BYTES = 4_000_000


class ChunkImport:
    """From the lease's checkpoint on. `ends_at_seconds` is the invocation's end on the monotonic clock."""

    def __init__(
        self, chunk: ChunkRef, lease: Lease, doors: Doors, chunk_log: ChunkLog, ends_at_seconds: float
    ) -> None:
        entry = lease.entry
        self._chunk, self._lease, self._doors, self._log = chunk, lease, doors, chunk_log
        self._clock = doors.clock
        self._ends_at_seconds = ends_at_seconds
        margin_seconds = doors.config.margin_seconds
        self._posts_until_seconds = ends_at_seconds - margin_seconds
        self._answers_until_seconds = ends_at_seconds - margin_seconds / 2
        start = Progress(
            entry.checkpoint,
            entry.records,
            entry.accepted,
            entry.rejected,
            entry.control,
            new_dead_letters=(),
        )
        self._records_before = start.records
        self._prefix = SettledPrefix(start)
        self._source = ChunkSource(doors.chunks_bucket(chunk.bucket), chunk, self._left_seconds)
        self._ahead = ReadAhead(self._source, start.position, doors.clock.wall_seconds, doors.limits)
        self._trial = Trial(
            doors.known_good, is_large=self._is_large, recall=self._recall_control, ahead=self._lines_ahead
        )
        self._courier = Courier(
            doors.sender,
            lane=entry.owner,
            clock=doors.clock,
            posts_until_seconds=self._posts_until_seconds,
            answers_until_seconds=self._answers_until_seconds,
            on_retry=chunk_log.retried,
        )
        self._bytes_under_way = 0
        self._is_trusted = False
        self._is_ending = False
        self._checkpoint_seconds = self._clock.monotonic_seconds()
        chunk_log.begin(entry, self._courier.tally)

    @property
    def settled(self) -> Progress:
        """What it may say with the next write."""
        return self._prefix.progress

    def run(self) -> NotImportable | ObjectGone | None:
        """Settles all batches; what ended the reading early is returned once those before it are settled.

        Raises Transient: DeadlineReached, what paused the process, LeaseLost, StorageUnavailable.
        """
        while True:
            if self._clock.monotonic_seconds() >= self._posts_until_seconds:
                raise DeadlineReached("the invocation's time is up")
            self._doors.admission.check_pause()
            if not self._lease.is_live():
                self._checkpoint()
            try:
                self._begin_batches()
                if self._courier.under_way:
                    self._courier.step(min(self._next_checkpoint_seconds(), self._posts_until_seconds))
            except NotImportable as error:
                self._ahead.end(error)
            if self._checkpoint_is_due():
                self._checkpoint()
            elif self._has_ended():
                return self._ahead.ended

    def finish(self, status: Status, message: str) -> None:
        """Writes the ledger's last word on the chunk. Raises LeaseLost, StorageUnavailable."""
        self._is_ending = True
        with self._writing() as progress:
            self._lease.finish(status, progress, message)

    def tidy_up(self) -> None:
        """What may follow once the ledger says done. Raises StorageUnavailable: the next delivery does it."""
        self._lease.mark_done()
        chunk, destination = self._chunk, self._doors.config.destination
        folder = dead_letters_folder(destination, chunk.name, chunk.generation)
        listed = self._lease.entry.dead_letters
        delete_unlisted(self._doors.state_bucket, folder, listed, call_seconds=self._call_seconds)

    def release(self, error: BaseException) -> None:
        """Gives the chunk back with all that is settled; at the deadline, what is in flight is waited for.

        Where that fails the lease runs out by itself. A last word that may have arrived is left as it is.
        """
        if self._is_ending:
            return
        try:
            if isinstance(error, DeadlineReached):
                self._drain()
            if isinstance(error, StorageUnavailable):
                self._lease.release()
                self._log.confirmed(self._lease.entry, [])
            else:
                with self._writing() as progress:
                    self._lease.release(progress)
        except Transient as failure:
            error.add_note(f"the chunk could not be released: {failure}")

    def close(self) -> None:
        self._courier.leave()
        self._lease.end()

    def _has_ended(self) -> bool:
        return self._ahead.is_spent and not self._courier.under_way

    def _begin_batches(self) -> None:
        config = self._doors.config
        while not self._checkpoint_is_due():
            # One at a time until the destination has accepted something: a wrong token costs few requests.
            window = config.batches_in_flight + SPARE_BATCHES if self._is_trusted else 1
            if self._courier.under_way >= window or self._bytes_under_way >= MAX_BYTES_UNDER_WAY:
                return
            batch = self._ahead.next()
            if batch is None:
                return
            self._bytes_under_way += size_of(batch)
            self._prefix.begin(batch)
            self._courier.begin(settle(batch, self._trial, self._doors.size_limit), self._settled)

    def _settled(self, settled: Settled) -> None:
        self._bytes_under_way -= size_of(settled.batch)
        if settled.good_index is not None:
            self._is_trusted = True
            if self._doors.known_good.line is None or self._prefix.progress.control is None:
                line = settled.batch.lines()[settled.good_index]
                self._doors.known_good.line = line
                control = Control(settled.batch.start, settled.good_index, digest_of(line))
                self._prefix.note_control(control)
        self._prefix.settle(settled)

    def _drain(self) -> None:
        """What an answer says that would end the invocation, or the chunk, the next owner will find again."""
        self._courier.leave()
        while self._courier.posted and self._clock.monotonic_seconds() < self._answers_until_seconds:
            if self._lease.renew_due():
                self._checkpoint()
            with suppress(NotImportable, CredentialsRefused, ProjectRefused):
                self._courier.step(min(self._answers_until_seconds, self._lease.renew_at_seconds))

    def _checkpoint_is_due(self) -> bool:
        if self._prefix.letters_bytes >= MAX_LETTERS_BYTES or self._lease.renew_due():
            return True
        has_moved = self._prefix.progress.position != self._lease.entry.checkpoint
        return has_moved and self._clock.monotonic_seconds() >= self._checkpoint_seconds + CHECKPOINT_SECONDS

    def _next_checkpoint_seconds(self) -> float:
        due_seconds = max(
            self._checkpoint_seconds + CHECKPOINT_SECONDS, self._clock.monotonic_seconds() + 0.5
        )
        return min(due_seconds, self._lease.renew_at_seconds)

    def _checkpoint(self) -> None:
        with self._writing() as progress:
            self._lease.checkpoint(progress)
        self._log.progress()

    @contextmanager
    def _writing(self) -> Iterator[Progress]:
        """What the ledger may say now; what was rejected since its last write goes into a part before."""
        letters = self._prefix.take_letters()
        progress = self._prefix.progress
        if letters:
            progress = replace(progress, new_dead_letters=(self._write_part(letters),))
        yield progress
        self._checkpoint_seconds = self._clock.monotonic_seconds()
        self._log.confirmed(self._lease.entry, letters)

    def _write_part(self, letters: Sequence[Letter]) -> str:
        entry = self._lease.entry
        name = dead_letters_name(
            self._doors.config.destination,
            self._chunk.name,
            self._chunk.generation,
            entry.checkpoint.offset,
            entry.owner,
            self._lease.next_sequence,
        )
        content = [letter for _, letter in letters]
        write_part(self._doors.state_bucket, name, content, timeout_seconds=self._call_seconds())
        return name

    def _call_seconds(self) -> float:
        return max(1.0, self._left_seconds())

    def _left_seconds(self) -> float:
        return self._ends_at_seconds - self._clock.monotonic_seconds()

    def _is_large(self) -> bool:
        records = self._doors.large_chunk_records - self._records_before
        return self._ahead.reaches(records, max_bytes=LARGE_CHUNK_BYTES)

    def _lines_ahead(self, most: int) -> list[bytes]:
        return self._ahead.lines_ahead(most, max_bytes=AHEAD_BYTES)

    def _recall_control(self) -> bytes | None:
        control = self._prefix.progress.control
        if control is None:
            return None
        return recall(self._source, control, self._clock.wall_seconds, self._doors.limits)
