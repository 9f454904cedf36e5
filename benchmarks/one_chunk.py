"""Imports one chunk of about so many bytes in this process, and says what that took.

    python -m benchmarks.one_chunk send-ready|plain|gzip BYTES

The bytes are made as they are read.
"""

import gzip
import json
import os
import sys
import time
from dataclasses import asdict

from benchmarks.exports import send_ready, usual_lines
from benchmarks.in_process import RepeatedObject, open_in_process
from benchmarks.usage import Use, peak_megabytes
from function.importer import import_chunk
from function.state import Status
from tests.fakes.memory_bucket import MemoryBucket

PERIOD_RECORDS = 2_000


def main() -> None:
    form, size = sys.argv[1], int(sys.argv[2])
    lines = usual_lines(PERIOD_RECORDS)
    period = {"send-ready": send_ready(lines), "plain": lines, "gzip": gzip.compress(lines)}[form]
    chunks = RepeatedObject(period, max(1, size // len(period)))
    chunk, doors = chunks.chunk(), open_in_process(chunks, MemoryBucket("state"))
    cpu_before, began = time.process_time(), time.perf_counter()
    report = import_chunk(chunk, doors)
    cpu, wall = time.process_time() - cpu_before, time.perf_counter() - began
    if report.status is not Status.DONE:
        raise SystemExit(f"the chunk ended as {report.status}")
    print(json.dumps(asdict(Use(report.totals.accepted, cpu, wall, peak_megabytes(os.getpid())))))


if __name__ == "__main__":
    main()
