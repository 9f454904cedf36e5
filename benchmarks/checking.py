"""What `check` takes, for its sample and with `--all`, beside decoding the same lines and nothing else.

Bytes are those of the export, as generated. Speeds are made of CPU seconds of all processes that take part:
on a busy machine wall times say little.
"""

import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.goals import Goal
from benchmarks.partitioning import RECORD_BYTES, Run, lines_in, measured
from local.generate import generate
from partitioner.lines import read_blocks, read_file, split_lines

COMMAND = "python -m benchmarks checking"
MEGABYTES, SMALL_MEGABYTES = 800, 8
UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
CORES = 2
LEAST_SAMPLED, LEAST_ALL = 100.0, 15.0  # MB/s: on two cores, and on one
MOST_MEGABYTES = 300


def goals(*, small: bool = False) -> Iterator[Goal]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export = folder / "export.ndjson"
        generate(export, (SMALL_MEGABYTES if small else MEGABYTES) * 1_000_000 // RECORD_BYTES, until=UNTIL)
        megabytes, records = export.stat().st_size / 1e6, lines_in(export)
        decoding = f"{megabytes / _decoding_seconds(export):.0f} MB/s a core"
        sampled = _checked(export, records, folder)
        speed = CORES * megabytes / sampled.cpu_seconds
        yield Goal(
            name="checking, its sample: speed on two cores",
            figure=f"{speed:.0f} MB/s ({sampled.cpu_seconds:.1f} CPU-s, {sampled.wall_seconds:.1f} s wall)",
            goal=f"at least {LEAST_SAMPLED:.0f} MB/s",
            met=speed >= LEAST_SAMPLED,
            references={"decoding every line, nothing else": decoding},
            command=COMMAND,
        )
        whole = _checked(export, records, folder, "--all")
        speed = megabytes / whole.cpu_seconds
        yield Goal(
            name="checking, all of it: speed a core",
            figure=f"{speed:.1f} MB/s ({whole.cpu_micros:.1f} µs a record)",
            goal=f"at least {LEAST_ALL:.0f} MB/s",
            met=speed >= LEAST_ALL,
            references={"decoding every line, nothing else": decoding},
            command=COMMAND,
        )
        yield Goal(
            name="checking, all of it: peak memory of a process",
            figure=f"{whole.peak_megabytes:.0f} MB",
            goal=f"at most {MOST_MEGABYTES} MB",
            met=whole.peak_megabytes <= MOST_MEGABYTES,
            references={"its sample": f"{sampled.peak_megabytes:.0f} MB"},
            command=COMMAND,
        )


def _checked(export: Path, records: int, folder: Path, *options: str) -> Run:
    output = folder / "none"  # nothing is written
    output.mkdir()
    check = [sys.executable, "-m", "partitioner", "check", str(export), "--quiet", "--no-plan"]
    workers = str(min(CORES, os.cpu_count() or 1))
    return measured([*check, "--workers", workers, *options], records, output)


def _decoding_seconds(export: Path) -> float:
    """Of lines that can't be decoded too, up to where they can't."""
    decode = msgspec.json.Decoder().decode
    before = time.process_time()
    for block in read_blocks(read_file(str(export))):
        lines = iter(split_lines(block.data))
        while True:
            try:
                deque(map(decode, lines), 0)  # goes on behind the line that it stopped at
            except ValueError:
                continue
            break
    return time.process_time() - before
