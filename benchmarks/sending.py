"""What sending takes: CPU seconds a million records, wall and peak memory, beside a sender as guides have it.

The same 200,000 records of about 380 bytes to the same sink: as the partitioner makes a chunk of them, as
they are, and compressed. The function is the deployed one, in functions-framework, with bucket, ledger and
logs; the limits of Mixpanel's rate are off. CPU is that of the sending process alone, without TLS.
"""

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.exports import Export, make_export
from benchmarks.goals import Goal
from benchmarks.guide import send_as_guides_do
from benchmarks.rig import rig
from benchmarks.sink import sink
from benchmarks.usage import Use
from local.bucket import bucket_server

COMMAND = "python -m benchmarks sending"
RECORDS, SMALL_RECORDS = 200_000, 4_000
REPEATS, SMALL_REPEATS = 5, 1
GUIDE_REPEATS = 3
LATENCY_MS = 150
GUIDE = "as guides do"
MOST_CPU_SECONDS = {"send-ready": 0.6, "plain": 2.5, "gzip": 2.5}
LEAST_TIMES_LESS = {"send-ready": 40, "plain": 10, "gzip": 10}
MOST_WALL_SECONDS, MOST_IN_FLIGHT = 2.0, 20


@dataclass(frozen=True, slots=True)
class Sending:
    """Medians of the repeats. `posted_bytes` are those of the bodies of one send-ready import."""

    export: Export
    guide: Use
    uses: dict[str, Use]
    posted_bytes: int


def goals(*, small: bool = False) -> Iterator[Goal]:
    measured = measure(small=small)
    yield from cpu_goals(measured)
    yield from wall_goals(measured.export)


def measure(*, small: bool = False) -> Sending:
    export = make_export(SMALL_RECORDS if small else RECORDS)
    repeats = SMALL_REPEATS if small else REPEATS
    with tempfile.TemporaryDirectory() as name, ExitStack() as parts:
        folder = Path(name)
        file = folder / "export.ndjson"
        file.write_bytes(export.plain)
        bucket = parts.enter_context(bucket_server(folder / "objects"))
        taker = parts.enter_context(sink(log=folder / "sink.log"))
        guide = median([send_as_guides_do(file, taker.url) for _ in range(min(repeats, GUIDE_REPEATS))])
        uses, posted_bytes = {}, 0
        for form, content in {"send-ready": export.ready, "plain": export.plain, "gzip": export.gzip}.items():
            with rig(bucket, taker, log=folder / f"{form}.log") as up:
                up.import_chunk(content)  # opens clients and connections, fills caches
                before = taker.tally().bytes
                taken = [up.import_chunk(content) for _ in range(repeats)]
                peak = up.peak_megabytes()
                uses[form] = median([Use(export.records, cpu, wall, peak) for cpu, wall in taken])
                if form == "send-ready":
                    posted_bytes = (taker.tally().bytes - before) // repeats
        return Sending(export, guide, uses, posted_bytes)


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
        most, least = MOST_CPU_SECONDS[form], LEAST_TIMES_LESS[form]
        times = guide.cpu_seconds_a_million / use.cpu_seconds_a_million
        others = {other: str(taken) for other, taken in measured.uses.items() if other != form}
        yield Goal(
            name=f"sending, {form}: CPU a million records",
            figure=str(use),
            goal=f"at most {most} CPU-s/M",
            met=use.cpu_seconds_a_million <= most,
            references={GUIDE: str(guide), **others},
            command=COMMAND,
        )
        yield Goal(
            name=f"sending, {form}: CPU beside a sender as guides have it",
            figure=f"{times:.1f} times less",
            goal=f"at least {least} times less",
            met=times >= least,
            references={GUIDE: str(guide), form: str(use)},
            command=COMMAND,
        )


def wall_goals(export: Export) -> Iterator[Goal]:
    """With a destination as far away as Mixpanel may be."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as parts:
        folder = Path(name)
        file = folder / "export.ndjson"
        file.write_bytes(export.plain)
        bucket = parts.enter_context(bucket_server(folder / "objects"))
        taker = parts.enter_context(sink(log=folder / "sink.log", latency_ms=LATENCY_MS))
        up = parts.enter_context(rig(bucket, taker, log=folder / "function.log"))
        up.import_chunk(export.ready)
        seconds = statistics.median(up.import_chunk(export.ready)[1] for _ in range(REPEATS))
        in_flight = taker.tally().most_at_once
        plain_seconds = statistics.median(up.import_chunk(export.plain)[1] for _ in range(GUIDE_REPEATS))
        guide = send_as_guides_do(file, taker.url)
    references = {GUIDE: f"{guide.wall_seconds:.2f} s", "plain": f"{plain_seconds:.2f} s"}
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
