"""How many records a second of one core the simulator takes, beside the least anyone could do with them.

Measured is the CPU time of the simulator's process while gzip batches of 2,000 records of about 380 bytes are
posted over keep-alive connections, its rates off. The reference is gunzip and json.loads of each line of the
same bodies, in this process.
"""

import base64
import gzip
import http.client
import json
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.exports import BATCH_RECORDS, make_export
from benchmarks.goals import Goal
from benchmarks.usage import cpu_seconds, descendants
from function.batches import read_batches
from function.state import Position
from local.simulator import TOKEN, simulator
from tests.fakes.bytes_source import BytesSource

COMMAND = "python -m benchmarks simulator"
BATCHES, SMALL_BATCHES, DIFFERENT = 200, 4, 20  # a body posted again is copies, which cost it the same
SENDERS = 4
RATES_OFF = {"records_per_second": 0, "megabytes_per_minute": 0}
# Twice what a project takes a second, on one core: it is not what bounds a run on this machine.
LEAST_RECORDS_PER_CPU_SECOND = 60_000


def goals(*, small: bool = False) -> Iterator[Goal]:
    count, different = (SMALL_BATCHES, 2) if small else (BATCHES, DIFFERENT)
    export = make_export(different * BATCH_RECORDS)
    bodies = [batch.body for batch in read_batches(BytesSource(export.ready), Position())]
    records = count * BATCH_RECORDS
    cpu, wall = measure([bodies[number % different] for number in range(count)])
    reference = least_cpu_seconds(bodies) * count / different
    yield Goal(
        name="simulator: what it takes",
        figure=f"{records / cpu:,.0f} records/CPU-s",
        goal=f"at least {LEAST_RECORDS_PER_CPU_SECOND:,}, twice Mixpanel's limit",
        met=records / cpu >= LEAST_RECORDS_PER_CPU_SECOND,
        references={
            "gunzip and json.loads alone": f"{records / reference:,.0f} records/CPU-s",
            f"on the clock, {SENDERS} senders": f"{records / wall:,.0f} records/s",
        },
        command=COMMAND,
    )


def least_cpu_seconds(bodies: list[bytes]) -> float:
    began = time.process_time()
    for body in bodies:
        for line in gzip.decompress(body).splitlines():
            json.loads(line)
    return time.process_time() - began


def measure(bodies: list[bytes]) -> tuple[float, float]:
    """CPU seconds of the simulator, and seconds on the clock."""
    with (
        tempfile.TemporaryDirectory() as folder,
        simulator(log=Path(folder) / "simulator.log", switches=RATES_OFF) as up,
        ThreadPoolExecutor(SENDERS) as pool,
    ):
        pids = [up.process.pid, *descendants(up.process.pid)]
        netloc = urlsplit(up.url).netloc
        post(netloc, bodies[:DIFFERENT])
        before, began = sum(map(cpu_seconds, pids)), time.perf_counter()
        list(pool.map(lambda sender: post(netloc, bodies[sender::SENDERS]), range(SENDERS)))
        return sum(map(cpu_seconds, pids)) - before, time.perf_counter() - began


def post(netloc: str, bodies: list[bytes]) -> None:
    headers = {
        "Authorization": f"Basic {base64.b64encode(f'{TOKEN}:'.encode()).decode()}",
        "Content-Type": "application/x-ndjson",
        "Content-Encoding": "gzip",
    }
    with closing(http.client.HTTPConnection(netloc)) as connection:
        for body in bodies:
            connection.request("POST", "/import?strict=1", body, headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise RuntimeError(content.decode())
