"""What one chunk asks of the buckets, counted: calls are paid for, and each takes some 50 ms in the cloud."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.exports import BATCH_RECORDS, make_export
from benchmarks.goals import Goal
from benchmarks.in_process import RepeatedObject, Taker, open_in_process
from function.importer import import_chunk
from function.state import Status
from tests.fakes.memory_bucket import MemoryBucket

COMMAND = "python -m benchmarks ledger"
RECORDS, SECONDS = 200_000, 10
SMALL_RECORDS, SMALL_SECONDS = 20_000, 1
IN_FLIGHT = 20
MOST_WRITES = 8
WRITING = ("write", "set_custom_time")
Calls = Counter[str]


@dataclass(frozen=True, slots=True)
class Counted:
    """Calls by verb, of both buckets, for one chunk: its import, and its delivery once more."""

    records: int
    seconds: float
    imported: Calls
    again: Calls


def goals(*, small: bool = False) -> Iterator[Goal]:
    counted = count(SMALL_RECORDS, SMALL_SECONDS) if small else count(RECORDS, SECONDS)
    writes = writes_in(counted.imported)
    yield Goal(
        name=f"ledger: a chunk of {counted.records:,} in {counted.seconds:.0f} s",
        figure=f"{writes} writes",
        goal=f"at most {MOST_WRITES}",
        met=writes <= MOST_WRITES,
        references={
            "a write a batch": f"{counted.records // BATCH_RECORDS} writes",
            "all calls": in_words(counted.imported),
        },
        command=COMMAND,
    )
    yield Goal(
        name="ledger: a done chunk delivered again",
        figure=in_words(counted.again),
        goal="1 read",
        met=counted.again == Counter(read=1),
        references={"the first delivery": in_words(counted.imported)},
        command=COMMAND,
    )


def count(records: int, seconds: float) -> Counted:
    """With a destination so slow that it takes so long: real time, the real checkpoints."""
    export = make_export(BATCH_RECORDS)
    batches = records // BATCH_RECORDS
    chunks, state = RepeatedObject(export.ready, batches), MemoryBucket("state")
    chunk = chunks.chunk()
    # The first goes alone, then as many as may be in flight.
    taker = Taker(seconds / (1 + batches / IN_FLIGHT))
    doors = open_in_process(chunks, state, taker)
    began = time.monotonic()
    report = import_chunk(chunk, doors)
    taken = time.monotonic() - began
    if report.status is not Status.DONE or report.totals.accepted != records:
        raise RuntimeError(f"the chunk ended as {report.status}, {report.totals.accepted} accepted")
    imported = Counter(verb for verb, _ in state.calls + chunks.calls)
    state.calls.clear()
    chunks.calls.clear()
    import_chunk(chunk, doors)
    return Counted(records, taken, imported, Counter(verb for verb, _ in state.calls + chunks.calls))


def writes_in(calls: Calls) -> int:
    return sum(calls[verb] for verb in WRITING)


def in_words(calls: Calls) -> str:
    return ", ".join(f"{number} {verb.replace('_', ' ')}" for verb, number in sorted(calls.items()))
