"""What sending takes: CPU seconds a million records, wall and peak memory, beside a sender as guides have it.

The same 200,000 records of about 380 bytes to the same sink: as the partitioner makes a chunk of them, as
they were generated (without `ip`, one in 20 without `$insert_id`), with nothing left to mend, and compressed.
The function is the deployed one, in functions-framework, with bucket, ledger and
logs; the limits of Mixpanel's rate are off. CPU is that of the sending process alone, without TLS.
"""

import gzip
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.exports import GZIP_LEVEL, Export, make_export
from benchmarks.goals import Goal
from benchmarks.guide import send_as_guides_do
from benchmarks.rig import rig
from benchmarks.sink import sink
from benchmarks.usage import Use
from local.bucket import bucket_server

COMMAND = "python -m benchmarks sending"
RECORDS, SMALL_RECORDS = 200_000, 4_000
REPEATS, SMALL_REPEATS, WALL_REPEATS = 5, 1, 3
SMALL_FORMS = 2
LATENCY_MS = 150
GUIDE = "as guides do"
SEND_READY, PLAIN, GZIP = "send-ready", "plain, as generated", "gzip, as generated"
PLAIN_COMPLETE, GZIP_COMPLETE = "plain, with id and ip", "gzip, with id and ip"
READY_MOST_CPU_SECONDS, GENERIC_MOST_CPU_SECONDS = 0.6, 2.5
READY_LEAST_TIMES, GENERIC_LEAST_TIMES = 40, 10
WHY_GENERIC_TAKES_MORE = (
    "with every rule for nothing it would still be 2.6 CPU-s a million: the libraries alone take 1.8 to cut "
    "(0.4), decode (0.5), tell UTF-8 (0.2), join (0.3) and compress (0.4) the records, reading them from the "
    "bucket takes 0.35, posting and the ledger 0.5; rules and ids are Python, and take 0.6 to 1"
)
MOST_WALL_SECONDS, MOST_IN_FLIGHT = 2.0, 20


@dataclass(frozen=True, slots=True)
class Sending:
    """Medians of the repeats, by form. `posted_bytes` are those of the bodies of one import."""

    export: Export
    guide: Use
    uses: dict[str, Use]
    posted_bytes: dict[str, int]
    log_lines: int
    """Of one import that is over before its first checkpoint."""


def goals(*, small: bool = False) -> Iterator[Goal]:
    measured = measure(small=small)
    yield from cpu_goals(measured)
    yield from wall_goals(measured.export, SMALL_REPEATS if small else WALL_REPEATS)


@cache
def measure(*, small: bool = False) -> Sending:
    """Once in a process: the cost model asks for it too."""
    export = make_export(SMALL_RECORDS if small else RECORDS)
    repeats = SMALL_REPEATS if small else REPEATS
    with tempfile.TemporaryDirectory() as name, ExitStack() as parts:
        folder = Path(name)
        file = folder / "export.ndjson"
        file.write_bytes(export.plain)
        bucket = parts.enter_context(bucket_server(folder / "objects"))
        taker = parts.enter_context(sink(log=folder / "sink.log"))
        guide: list[Use] = []
        uses, posted_bytes, log_lines = {}, {}, 0
        forms = list(forms_of(export).items())
        for form, content in forms[:SMALL_FORMS] if small else forms:
            guide.append(send_as_guides_do(file, taker.url))  # in between: the machine's load changes
            with rig(bucket, taker, log=folder / f"{form}.log") as up:
                up.import_chunk(content)  # opens clients and connections, fills caches
                before, lines_before = taker.tally().bytes, len(up.function.log_lines())
                taken = [up.import_chunk(content) for _ in range(repeats)]
                peak = up.peak_megabytes()
                uses[form] = median([Use(export.records, cpu, wall, peak) for cpu, wall in taken])
                posted_bytes[form] = (taker.tally().bytes - before) // repeats
                if form == SEND_READY:
                    log_lines = (len(up.function.log_lines()) - lines_before) // repeats
        return Sending(export, median(guide), uses, posted_bytes, log_lines)


def forms_of(export: Export) -> dict[str, bytes]:
    complete = gzip.decompress(export.ready)
    return {
        SEND_READY: export.ready,
        PLAIN: export.plain,
        PLAIN_COMPLETE: complete,
        GZIP: export.gzip,
        GZIP_COMPLETE: gzip.compress(complete, GZIP_LEVEL, mtime=0),
    }


def median(uses: list[Use]) -> Use:
    return Use(
        uses[0].records,
        statistics.median(use.cpu_seconds for use in uses),
        statistics.median(use.wall_seconds for use in uses),
        max(use.peak_megabytes for use in uses),
    )


def cpu_goals(measured: Sending) -> Iterator[Goal]:
    guide = measured.guide
    for form, use in measured.uses.items():
        is_ready = form == SEND_READY
        most = READY_MOST_CPU_SECONDS if is_ready else GENERIC_MOST_CPU_SECONDS
        least = READY_LEAST_TIMES if is_ready else GENERIC_LEAST_TIMES
        times = guide.cpu_seconds_a_million / use.cpu_seconds_a_million
        yield Goal(
            name=f"sending, {form}: CPU a million records",
            figure=str(use),
            goal=f"at most {most} CPU-s/M",
            met=use.cpu_seconds_a_million <= most,
            references={GUIDE: str(guide)},
            command=COMMAND,
            argued="" if is_ready else WHY_GENERIC_TAKES_MORE,
        )
        yield Goal(
            name=f"sending, {form}: CPU beside a sender as guides have it",
            figure=f"{times:.1f} times less",
            goal=f"at least {least} times less",
            met=times >= least,
            references={GUIDE: str(guide), form: str(use)},
            command=COMMAND,
            argued="" if is_ready else WHY_GENERIC_TAKES_MORE,
        )


def wall_goals(export: Export, repeats: int) -> Iterator[Goal]:
    """With a destination as far away as Mixpanel may be."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as parts:
        folder = Path(name)
        file = folder / "export.ndjson"
        file.write_bytes(export.plain)
        bucket = parts.enter_context(bucket_server(folder / "objects"))
        taker = parts.enter_context(sink(log=folder / "sink.log", latency_ms=LATENCY_MS))
        up = parts.enter_context(rig(bucket, taker, log=folder / "function.log"))
        up.import_chunk(export.ready)
        seconds = statistics.median(up.import_chunk(export.ready)[1] for _ in range(repeats))
        in_flight = taker.tally().most_at_once
        plain_seconds = statistics.median(up.import_chunk(export.plain)[1] for _ in range(repeats))
        guide = send_as_guides_do(file, taker.url)
    references = {GUIDE: f"{guide.wall_seconds:.2f} s", PLAIN: f"{plain_seconds:.2f} s"}
    yield Goal(
        name=f"sending, {LATENCY_MS} ms a request: {export.records:,} records, send-ready",
        figure=f"{seconds:.2f} s wall",
        goal=f"at most {MOST_WALL_SECONDS:.0f} s",
        met=seconds <= MOST_WALL_SECONDS,
        references=references,
        command=COMMAND,
    )
    yield Goal(
        name=f"sending, {LATENCY_MS} ms a request: requests at once",
        figure=str(in_flight),
        goal=f"at most {MOST_IN_FLIGHT}",
        met=in_flight <= MOST_IN_FLIGHT,
        references={GUIDE: "1"},
        command=COMMAND,
    )
