"""CPU seconds a million records: the function's worker, beside a sender as Mixpanel's guides have it.

    python benchmarks/importing.py

Both post the same 200,000 records of about 380 bytes to the same simulator, rates off. CPU seconds (user and
system) of the sending process alone; wall times are left out, since they say more of the machine.
"""

import base64
import gzip
import json
import sys
import tempfile
import time
import urllib.request
import zlib
from collections.abc import Callable
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from function.members import build_member
from local.simulator import TOKEN
from local.stack import CHUNKS_BUCKET, Stack, stack

RECORDS, BATCH = 200_000, 2_000
RATES_OFF = {"records_per_second": 0, "megabytes_per_minute": 0}
KNOBS = {"MAX_RECORDS_PER_SECOND": "0", "MAX_MEGABYTES_PER_MINUTE": "0"}


def record(number: int) -> bytes:
    properties = {
        "time": 1_700_000_000 + number,
        "distinct_id": f"user-{number % 9_973}",
        "$insert_id": f"{number:032x}",
        "ip": 0,
        "plan": ("free", "pro", "team")[number % 3],
        "page": f"/products/{number % 977}",
        "referrer": "https://www.example.com/search?q=shoes",
        "$browser": "Chrome",
        "$os": "Android",
        "amount": number % 10_000 / 100,
        "padding": "x" * 80,
    }
    return json.dumps({"event": "Page viewed", "properties": properties}, separators=(",", ":")).encode()


def member(lines: list[bytes]) -> bytes:
    content = b"".join(line + b"\n" for line in lines)
    deflate = zlib.compressobj(6, wbits=-15)
    deflated = deflate.compress(content) + deflate.flush()
    return build_member(deflated, zlib.crc32(content), len(content), len(lines))


def send_as_guides_do(lines: list[bytes], url: str) -> None:
    """Parse, serialise again, compress at level 9, a new connection a batch."""
    authorization = "Basic " + base64.b64encode(f"{TOKEN}:".encode()).decode()
    headers = {"Authorization": authorization, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    for at in range(0, len(lines), BATCH):
        content = json.dumps([json.loads(line) for line in lines[at : at + BATCH]]).encode()
        request = urllib.request.Request(f"{url}/import?strict=1", gzip.compress(content, 9), headers)
        with urllib.request.urlopen(request) as answer:
            answer.read()


def worker_seconds(up: Stack) -> float:
    workers = psutil.Process(up.function.process.popen.pid).children(recursive=True)
    return sum(sum(worker.cpu_times()[:2]) for worker in workers)


def imported(up: Stack, name: str, content: bytes) -> float:
    """CPU seconds a million records of the worker, from upload to done."""
    before = worker_seconds(up)
    up.bucket.write(CHUNKS_BUCKET, name, content)
    while not any(entry.status == "done" for path, entry in up.ledgers().items() if name in path):
        time.sleep(0.2)
    return (worker_seconds(up) - before) * 1_000_000 / RECORDS


def timed(call: Callable[[], None]) -> float:
    before = time.process_time()
    call()
    return (time.process_time() - before) * 1_000_000 / RECORDS


def main() -> None:
    lines = [record(number) for number in range(RECORDS)]
    plain = b"\n".join(lines)
    ready = b"".join(member(lines[at : at + BATCH]) for at in range(0, RECORDS, BATCH))
    print(f"{RECORDS:,} records of {len(plain) // RECORDS} bytes; CPU seconds a million records\n")
    with (
        tempfile.TemporaryDirectory() as folder,
        stack(Path(folder), environ=KNOBS, switches=RATES_OFF) as up,
    ):
        reference = timed(lambda: send_as_guides_do(lines, up.simulator.url))
        imported(up, "warm-up.ndjson.gz", ready)
        rows = {
            "as guides do": reference,
            "send-ready": imported(up, "ready.ndjson.gz", ready),
            "plain": imported(up, "plain.ndjson", plain),
            "gzip": imported(up, "foreign.ndjson.gz", gzip.compress(plain, 6)),
        }
    for name, seconds in rows.items():
        print(f"{name:14} {seconds:6.2f}   {reference / seconds:5.1f} times less")


if __name__ == "__main__":
    main()
