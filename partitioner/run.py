"""Has the workers make chunks of all segments, find copies, and counts what came of it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from function.records import Added
from partitioner.copy_search import Copies, find_copies, keyed_of
from partitioner.exits import Refused
from partitioner.inputs.opener import Opener
from partitioner.jobs import Finished, Recipe, Settle, Settled, Setup, WriteChunk
from partitioner.manifest import (
    VERSION,
    WINDOWS_VERSION,
    Manifest,
    ManifestChunk,
    ManifestReason,
    ManifestRule,
    ManifestTracking,
)
from partitioner.meter import Meter
from partitioner.planner import Planner
from partitioner.pool import Pool
from partitioner.report import Report
from partitioner.segments import Limits, Place
from partitioner.sources import Found, Stdin, stored_bytes
from partitioner.tally import Tally
from partitioner.tracking.tracked import Tracked
from partitioner.tracking.verdict import verdict
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

    @property
    def total_bytes(self) -> int | None:
        sources = self.found.sources
        return None if any(source.is_stdin for source in sources) else stored_bytes(sources)


@dataclass(frozen=True, slots=True)
class Ran:
    report: Report
    layout: Layout


def run(task: Task, finished: dict[int, Finished], start: tuple[Place, int], meter: Meter) -> Ran:
    """Makes the chunks that are missing, from `start` on. Stopped by an error, it can be run again.

    Raises Refused for stdin that isn't what it was, OSError and pool.WorkerDied.
    """
    work = task.work
    setup = Setup(task.recipe, str(work.output or ""), str(work.folder))
    with Pool(setup, task.workers, task.lock) as pool:
        shown = _Shown(finished, meter)
        for each in _write_chunks(task, finished, start, pool):
            finished[each.segment.number] = each
            shown.add(each)
        work.clear("equal", "located", "later")
        copies = find_copies(keyed_of(finished), pool, exactly=work.output is not None)
        if task.recipe.is_joined:
            layout = join_all(task.recipe, work, finished, copies.parts, pool, shown.note)
        else:
            layout = Layout(_settled(task, finished, copies, pool))
    return Ran(_report(task, finished, layout, copies), layout)


def _settled(
    task: Task, finished: Mapping[int, Finished], copies: Copies, pool: Pool
) -> tuple[ManifestChunk, ...]:
    """In the input's order, by their final names."""
    chunks = {number: each.chunk for number, each in sorted(finished.items()) if each.chunk}
    if task.recipe.keep_copies and task.work.output:
        jobs = (Settle(number, chunk, copies.parts) for number, chunk in chunks.items())
        chunks |= {each.number: each.chunk for each in pool.run(jobs) if isinstance(each, Settled)}
    return tuple(chunks.values())


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


def _report(task: Task, finished: Mapping[int, Finished], layout: Layout, copies: Copies) -> Report:
    in_order = [each for _, each in sorted(finished.items())]
    tally = Tally()
    asides: Counter[str] = Counter()
    for each in in_order:
        tally.add_all(each.reasons)
        asides.update(each.asides)
    chunks = layout.chunks
    records = sum(chunk.records for chunk in chunks)
    are_kept, plan = task.recipe.keep_copies, task.recipe.tracking
    return Report(
        name=task.recipe.name,
        as_of=task.recipe.as_of,
        records=records,
        chunks=len(chunks),
        bytes=sum(chunk.bytes for chunk in chunks),
        json_bytes=sum(chunk.json_bytes for chunk in chunks),
        rejected=tally.total,
        reasons=tally.commonest(),
        damages=tuple(damage for each in in_order for damage in each.damages),
        skipped=task.found.skipped,
        added=sum((each.added for each in in_order), Added()),
        copies=copies.count,
        copies_kept=are_kept,
        shows=records if are_kept else records - copies.count,
        asides=dict(sorted(asides.items())),
        not_finite=sum(each.not_finite for each in in_order),
        tracking=verdict(plan, sum((each.tracked for each in in_order), Tracked())) if plan else None,
        outside=sum(each.outside for each in in_order),
        canary=layout.chunks[0].records if layout.canary else 0,
        windows=layout.reports,
    )


def manifest_of(ran: Ran, max_rejected: float) -> Manifest:
    report, layout = ran.report, ran.layout
    return Manifest(
        version=WINDOWS_VERSION if layout.windows else VERSION,
        name=report.name,
        as_of=report.as_of,
        records=report.records,
        rejected=report.rejected,
        copies=report.copies,
        shows=report.shows,
        over_max_rejected=report.rejected_share > max_rejected,
        tracking=_tracking_of(report),
        outside=report.outside,
        canary=layout.canary,
        windows=layout.windows,
        reasons=tuple(ManifestReason(each.field, each.message, each.count) for each in report.reasons),
        chunks=layout.chunks,
    )


def _tracking_of(report: Report) -> ManifestTracking | None:
    tracking = report.tracking
    if tracking is None:
        return None
    rules = tuple(ManifestRule(each.rule, each.count) for each in tracking.counts)
    return ManifestTracking(tracking.sha256, rules)
