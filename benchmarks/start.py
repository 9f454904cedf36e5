"""From the start of the function's process to its first answer, and to its first chunk done."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.exports import usual_lines
from benchmarks.goals import Goal
from benchmarks.rig import Rig, rig
from benchmarks.sink import sink
from benchmarks.usage import cpu_seconds, descendants
from local.bucket import bucket_server

COMMAND = "python -m benchmarks start"
REPEATS = 5
# Cloud Run holds a request for about 10 s where no instance is free, then answers 429, which slows the whole
# subscription down: https://docs.cloud.google.com/run/docs/about-instance-autoscaling (2026-11). So much CPU
# takes so many seconds of the instance's one.
MOST_CPU_SECONDS = 5.0
EMPTY = """
import functions_framework


@functions_framework.cloud_event
def on_finalize(cloud_event):
    pass
"""
SKIPPED = {
    "bucket": "chunks",
    "name": "_manifest.json",
    "generation": "1",
    "size": "1",
    "crc32c": "AAAAAA==",
}


@dataclass(frozen=True, slots=True)
class Start:
    """CPU of all the function's processes, and seconds on the clock, until then."""

    cpu_seconds: float
    wall_seconds: float

    def __str__(self) -> str:
        return f"{self.cpu_seconds:.2f} CPU-s, {self.wall_seconds:.2f} s wall"


def goals(*, small: bool = False) -> Iterator[Goal]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as parts:
        folder = Path(name)
        bucket = parts.enter_context(bucket_server(folder / "objects"))
        taker = parts.enter_context(sink(log=folder / "sink.log"))
        empty = folder / "main.py"
        empty.write_text(EMPTY)
        first, done, bare = [], [], []
        for number in range(1 if small else REPEATS):
            began = time.perf_counter()
            with rig(bucket, taker, log=folder / f"function-{number}.log") as up:
                up.deliver(SKIPPED)
                first.append(_so_far(up, began))
                up.import_chunk(usual_lines(10))
                done.append(_so_far(up, began))
            began = time.perf_counter()
            with rig(bucket, taker, log=folder / f"empty-{number}.log", source=empty) as up:
                up.deliver(SKIPPED)
                bare.append(_so_far(up, began))
    answered = _median(first)
    yield Goal(
        name="start: from the process's start to its first answer",
        figure=str(answered),
        goal=f"at most {MOST_CPU_SECONDS:.0f} CPU-s",
        met=answered.cpu_seconds <= MOST_CPU_SECONDS,
        references={
            "a function that does nothing": str(_median(bare)),
            "first chunk done": str(_median(done)),
        },
        command=COMMAND,
    )


def _so_far(up: Rig, began: float) -> Start:
    master = up.function.process.pid
    cpu = sum(map(cpu_seconds, [master, *descendants(master)]))
    return Start(cpu, time.perf_counter() - began)


def _median(starts: list[Start]) -> Start:
    return Start(
        statistics.median(start.cpu_seconds for start in starts),
        statistics.median(start.wall_seconds for start in starts),
    )
