"""Has the workers profile an export: all of it, or pieces that are spread over it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from partitioner.check.busy import MAX_RECORDS_A_DAY, Busy
from partitioner.check.look import decode_profile
from partitioner.check.profile import Profile
from partitioner.check.whole import Whole
from partitioner.inputs.opener import Opener
from partitioner.jobs import Damage, Profiled, ProfileSegment, Recipe, Setup
from partitioner.meter import Meter
from partitioner.planner import Planner
from partitioner.pool import Pool
from partitioner.segments import Limits, Place, Segment
from partitioner.sources import Found, Stdin
from partitioner.work import Work

PIECE = Limits(lines=10_000, bytes=4_000_000)
ALL_OF_FIRST = 8
ONE_IN = 8

WORKER = "partitioner.check.worker"


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be checked. `recipe` says how rows become records, and what now is."""

    recipe: Recipe
    found: Found
    stdin: Stdin
    work: Work
    workers: int
    reads_all: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """`share` is that of the rows that were read. `busy` are distinct_ids of more than 200,000 records a day,
    in all of the export: what a sample has is taken for its share.
    """

    profile: Profile
    distinct: dict[str, int]
    busy: list[Busy]
    all_rows: int
    read_rows: int

    @property
    def share(self) -> float:
        return self.read_rows / self.all_rows if self.all_rows else 1.0


def look_through(task: Task, meter: Meter) -> Seen:
    """Of the first pieces each is read, then one in eight, so that a small export is read whole.

    Raises OSError and pool.WorkerDied.
    """
    pieces = Pieces(task, meter)
    whole, waiting, expected = Whole(), dict[int, bytes](), pieces.first_number
    with Pool(Setup(task.recipe, "", str(task.work.folder)), task.workers, module=WORKER) as pool:
        for result in pool.run(pieces.jobs(pool)):
            assert isinstance(result, Profiled)
            pieces.give_back(result.segment)
            waiting[result.segment.number] = result.profile
            while expected in waiting:
                whole.add(decode_profile(waiting.pop(expected)))
                expected = pieces.next_number(expected)
                pieces.note = f"{whole.records:,} records"
    share = pieces.read_rows / pieces.all_rows if pieces.all_rows else 1.0
    busy = whole.busy(round(MAX_RECORDS_A_DAY * share))
    scaled = [Busy(each.day, each.distinct_id, round(each.records / share)) for each in busy]
    profile = whole.profile()
    profile.damages += tuple(pieces.damages)
    return Seen(profile, whole.distinct(), scaled, pieces.all_rows, pieces.read_rows)


class Pieces:
    """Cuts the export, and picks what is read. At most two pieces a worker are spooled at any time."""

    first_number = 1

    def __init__(self, task: Task, meter: Meter) -> None:
        self._task, self._meter = task, meter
        self._room = threading.Semaphore(2 * task.workers)
        self.all_rows = self.read_rows = 0
        self.note = ""
        self.damages: list[Damage] = []
        """Of pieces that aren't read."""

    def jobs(self, pool: Pool) -> Iterator[ProfileSegment]:
        def begin(number: int) -> Path | None:
            if not self._is_read(number):
                return None
            while not self._room.acquire(timeout=0.1):
                if pool.is_stopped:
                    raise InterruptedError
            return self._task.work.spool(number)

        opener = Opener(self._task.stdin, self._task.work.folder)
        planner = Planner(self._task.found.sources, opener, PIECE, begin)
        done = 0
        for segment in planner.segments(Place(), self.first_number):
            rows = sum(piece.lines for piece in segment.pieces)
            self.all_rows += rows
            done += segment.read_bytes
            self._meter.set(done, self.note)
            if self._is_read(segment.number):
                self.read_rows += rows
                yield ProfileSegment(segment)
            else:
                self.damages += [
                    Damage(piece.file, piece.first_line + piece.lines, piece.damage)
                    for piece in segment.pieces
                    if piece.damage
                ]

    def give_back(self, segment: Segment) -> None:
        if segment.spool:
            Path(segment.spool).unlink()
        self._room.release()

    def next_number(self, number: int) -> int:
        return next(each for each in range(number + 1, number + ONE_IN + 1) if self._is_read(each))

    def _is_read(self, number: int) -> bool:
        return self._task.reads_all or number <= ALL_OF_FIRST or number % ONE_IN == 0
