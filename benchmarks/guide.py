"""A sender as Mixpanel's guides have it, in a process of its own, which says what it used.

    python -m benchmarks.guide FILE URL

Parses each record and serialises it again, compresses at gzip's default level 9, opens a connection a batch,
one batch after the other: json, gzip and `requests.post`, as in the samples of
https://docs.mixpanel.com/docs/tracking/http-api and https://developer.mixpanel.com/docs/cloud-ingestion
(2026-08).
"""

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import requests

from benchmarks.usage import Use, peak_megabytes
from local.processes import own_environ

BATCH_RECORDS = 2_000
HEADERS = {"Content-Type": "application/json", "Content-Encoding": "gzip"}


def send_as_guides_do(file: Path, url: str) -> Use:
    """Of the file's records, in another process."""
    command = [sys.executable, "-m", "benchmarks.guide", str(file), url]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=own_environ())
    return Use(**json.loads(done.stdout))


def _send(file: Path, url: str) -> int:
    records = 0
    with file.open(encoding="utf-8") as lines:
        for batch in _batches(lines):
            body = gzip.compress(json.dumps(batch).encode())
            parameters = {"strict": "1"}
            answer = requests.post(
                f"{url}/import", body, params=parameters, auth=("token", ""), headers=HEADERS, timeout=60
            )
            answer.raise_for_status()
            records += answer.json()["num_records_imported"]
    return records


def _batches(lines: Iterable[str]) -> Iterator[list[object]]:
    left = iter(lines)
    while batch := [json.loads(line) for line in islice(left, BATCH_RECORDS)]:
        yield batch


def main() -> None:
    cpu_before, began = time.process_time(), time.perf_counter()
    records = _send(Path(sys.argv[1]), sys.argv[2])
    cpu, wall = time.process_time() - cpu_before, time.perf_counter() - began
    print(json.dumps(asdict(Use(records, cpu, wall, peak_megabytes(os.getpid())))))


if __name__ == "__main__":
    main()
