"""The function's peak memory: with as many chunks as it admits at once, and with chunks of any size."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from benchmarks.exports import dense_lines, send_ready, usual_lines
from benchmarks.goals import Goal
from benchmarks.rig import rig
from benchmarks.sink import sink
from local.bucket import bucket_server
from local.processes import own_environ

COMMAND = "python -m benchmarks memory"
AT_ONCE, MOST_MEGABYTES = 32, 512
# So slow that reading is far ahead of posting, and all that may be under way is.
LATENCY_MS = 150
MEGABYTE, GIGABYTE = 10**6, 10**9
SIZES, SMALL_SIZES = (MEGABYTE, 100 * MEGABYTE, 10 * GIGABYTE), (MEGABYTE, 5 * MEGABYTE)
# Compressed seven times: as many records as in 10 GB of plain ones.
SIZES_GZIP = (MEGABYTE, 100 * MEGABYTE, 1_500 * MEGABYTE)
MOST_GROWTH = 1.1
FORMS = ("send-ready", "plain", "gzip")


def goals(*, small: bool = False) -> Iterator[Goal]:
    yield at_once_goal(small=small)
    for form in FORMS:
        yield flat_goal(form, small=small)


def heaviest(*, small: bool = False) -> dict[str, Callable[[], bytes]]:
    """By kind, chunks for 32 at once: long enough that all six at work are in the midst of theirs."""
    if small:
        return {"usual records, plain": lambda: usual_lines(2_000)}
    return {
        "usual records, plain": lambda: usual_lines(40_000),
        "900 KB records that hardly compress, plain": lambda: dense_lines(40, 900_000),
        "800-byte records that hardly compress, send-ready": lambda: send_ready(dense_lines(40_000, 800)),
    }


def at_once_goal(*, small: bool = False) -> Goal:
    """32 requests under way at the same time, six at work, 20 in flight; the worker's own peak."""
    peaks = {kind: peak_at_once(make()) for kind, make in heaviest(small=small).items()}
    kind, peak = max(peaks.items(), key=lambda each: each[1])
    return Goal(
        name=f"memory: {AT_ONCE} chunks at once",
        figure=f"{peak:.0f} MB",
        goal=f"under {MOST_MEGABYTES} MB, whatever is in them",
        met=peak < MOST_MEGABYTES,
        references={
            f"{other} (the most)" if other == kind else other: f"{megabytes:.0f} MB"
            for other, megabytes in peaks.items()
        },
        command=COMMAND,
    )


def peak_at_once(content: bytes) -> float:
    with tempfile.TemporaryDirectory() as name, ExitStack() as parts:
        folder = Path(name)
        bucket = parts.enter_context(bucket_server(folder / "objects"))
        taker = parts.enter_context(sink(log=folder / "sink.log", latency_ms=LATENCY_MS))
        up = parts.enter_context(rig(bucket, taker, log=folder / "function.log"))
        chunks = [up.upload(content) for _ in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(up.deliver, chunks))
        return up.peak_megabytes()


def flat_goal(form: str, *, small: bool = False) -> Goal:
    """The importer itself, over a bucket that makes its object as it is read."""
    sizes = SMALL_SIZES if small else SIZES_GZIP if form == "gzip" else SIZES
    peaks = {size: peak_of_one(form, size) for size in sizes}
    middle, largest = sizes[-2:]
    growth = peaks[largest] / peaks[middle]
    return Goal(
        name=f"memory: one {form} chunk of {in_words(largest)}",
        figure=f"{peaks[largest]:.0f} MB",
        goal=f"at most {MOST_GROWTH} times that of {in_words(middle)}",
        met=growth <= MOST_GROWTH,
        references={f"of {in_words(size)}": f"{peaks[size]:.0f} MB" for size in sizes[:-1]},
        command=COMMAND,
    )


def peak_of_one(form: str, size: int) -> float:
    command = [sys.executable, "-m", "benchmarks.one_chunk", form, str(size)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=own_environ())
    return float(json.loads(done.stdout)["peak_megabytes"])


def in_words(size: int) -> str:
    return f"{size // GIGABYTE} GB" if size % GIGABYTE == 0 else f"{size / MEGABYTE:,.0f} MB"
