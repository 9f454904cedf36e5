"""Has the workers make chunks of all segments, find copies, and counts what came of it."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from partitioner.copy_search import Copies, find_copies, keyed_of
from partitioner.direct_output import DirectOutput
from partitioner.exits import Refused
from partitioner.inputs.opener import Opener
from partitioner.jobs import Finished, Recipe, Settle, Settled, Setup, WriteChunk
from partitioner.manifest import ManifestChunk
from partitioner.meter import Meter
from partitioner.planner import Planner
from partitioner.pool import Pool
from partitioner.segments import Limits, Place
from partitioner.sources import Found, Stdin, stored_bytes
from partitioner.summary import Ran, report_of
from partitioner.window_split import Layout, join_all
from partitioner.work import Work


@dataclass(frozen=True, slots=True)
class Task:
    """What a run is to do. `lock` is inherited by the workers."""

    recipe: Recipe
    found: Found
    stdin: Stdin
    work: Work
    workers: int
    lock: int | None = None
    direct: DirectOutput | None = None
    """Where chunks go as soon as they are made."""

    @property
    def total_bytes(self) -> int | None:
        sources = self.found.sources
        return None if any(source.is_stdin for source in sources) else stored_bytes(sources)


def run(task: Task, finished: dict[int, Finished], start: tuple[Place, int], meter: Meter) -> Ran:
    """Makes the chunks that are missing, from `start` on. Stopped by an error, it can be run again.

    Raises Refused for stdin that isn't what it was, OSError and pool.WorkerDied.
    """
    work = task.work
    setup = Setup(task.recipe, str(work.output or ""), str(work.folder))
    with Pool(setup, task.workers, task.lock) as pool:
        shown = _Shown(finished, meter)
        for each in chain(tuple(finished.values()), _write_chunks(task, finished, start, pool)):
            if each.segment.number not in finished:
                finished[each.segment.number] = each
                shown.add(each)
            if each.chunk and not task.recipe.keep_copies:
                _deliver(task, each.chunk)
        work.clear("equal", "located", "later")
        # Chunks that have gone can't be read again; drafts can.
        is_here = work.output is not None and (task.direct is None or task.recipe.keep_copies)
        copies = find_copies(keyed_of(finished), pool, exactly=is_here)
        if task.recipe.is_joined:
            layout = join_all(task.recipe, work, finished, copies.parts, pool, shown.note)
        else:
            layout = Layout(_settled(task, finished, copies, pool))
            if task.direct:
                task.direct.finish()
    return Ran(report_of(task.recipe, task.found.skipped, finished, layout, copies), layout)


def _settled(
    task: Task, finished: Mapping[int, Finished], copies: Copies, pool: Pool
) -> tuple[ManifestChunk, ...]:
    """In the input's order, by their final names."""
    chunks = {number: each.chunk for number, each in sorted(finished.items()) if each.chunk}
    if task.recipe.keep_copies and task.work.output:
        jobs = (Settle(number, chunk, copies.parts) for number, chunk in chunks.items())
        for each in pool.run(jobs):
            assert isinstance(each, Settled)
            chunks[each.number] = each.chunk
            _deliver(task, each.chunk)
    return tuple(chunks.values())


def _deliver(task: Task, chunk: ManifestChunk) -> None:
    if task.direct:
        task.direct.send(chunk, task.work)


class _Shown:
    """What of the export is done, as the meter shows it."""

    def __init__(self, finished: Mapping[int, Finished], meter: Meter) -> None:
        self._meter = meter
        self._read_bytes = self._records = 0
        for each in finished.values():
            self._count(each)
        meter.set(self._read_bytes)

    def add(self, finished: Finished) -> None:
        self._count(finished)
        self.note(f"{self._records:,} records")

    def note(self, note: str) -> None:
        self._meter.set(self._read_bytes, note)

    def _count(self, finished: Finished) -> None:
        self._read_bytes += finished.segment.read_bytes
        self._records += finished.records


def _write_chunks(
    task: Task, finished: Mapping[int, Finished], start: tuple[Place, int], pool: Pool
) -> Iterator[Finished]:
    """At most one segment more than there are workers is begun and not finished, so spools are bounded."""
    room = threading.Semaphore(task.workers + 1)
    known = dict(finished)

    def begin(number: int) -> Path | None:
        while not room.acquire(timeout=0.1):
            if pool.is_stopped:
                raise InterruptedError
        return None if number in known else task.work.spool(number)

    for result in pool.run(_jobs(task, known, start, begin, room)):
        assert isinstance(result, Finished)
        if result.segment.spool:
            Path(result.segment.spool).unlink()
        room.release()
        yield result


def _jobs(
    task: Task,
    known: Mapping[int, Finished],
    start: tuple[Place, int],
    begin: Callable[[int], Path | None],
    room: threading.Semaphore,
) -> Iterator[WriteChunk]:
    """Raises Refused where what was finished was of another input, which can be so with stdin alone."""
    limits = Limits(task.recipe.records_per_chunk, task.recipe.chunk_bytes)
    opener = Opener(task.stdin, task.work.folder)
    number = start[1] - 1
    for segment in Planner(task.found.sources, opener, limits, begin).segments(*start):
        number, before = segment.number, known.get(segment.number)
        if before is None:
            yield WriteChunk(segment)
            continue
        room.release()
        if (before.segment.checksum, before.segment.after) != (segment.checksum, segment.after):
            raise _another_input(task)
    if max(known, default=0) > number:
        raise _another_input(task)


def _another_input(task: Task) -> Refused:
    return Refused(
        f"{task.found.sources[0].file} isn't what it was when this split began: "
        "give the same records again, or another --output"
    )
