"""How many records a second of one core the simulator takes, beside the least anyone could do with them.

    python benchmarks/simulator.py [--batches 200] [--senders 4]

It runs as a process of its own; measured is the CPU time of that process while gzip batches of 2,000 records
of about 380 bytes are posted over keep-alive connections. The reference is gunzip and json.loads of each
line of the same bodies, in this process.
"""

import argparse
import gzip
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BATCH_RECORDS = 2_000
DIFFERENT = 20  # bodies made beforehand; posted again they are copies, which costs the simulator the same
TICKS = os.sysconf("SC_CLK_TCK")
HEADERS = {
    "Authorization": "Basic c2ltdWxhdG9yLXRva2VuOg==",
    "Content-Type": "application/x-ndjson",
    "Content-Encoding": "gzip",
}


def body(seed: int) -> bytes:
    lines = [
        json.dumps(
            {
                "event": f"page {number % 17}",
                "properties": {
                    "time": 1_790_000_000 + seed * 100 + number,
                    "distinct_id": f"user_{number * 7919 % 100_000}",
                    "$insert_id": uuid.uuid4().hex,
                    "ip": 0,
                    "url": f"https://shop.example/products/{number}/details?ref=home&campaign=spring",
                    "session_id": uuid.uuid4().hex,
                    "platform": ("desktop", "ios", "android")[number % 3],
                    "price": number / 100,
                    "plan": "free",
                    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0)",
                },
            }
        )
        for number in range(BATCH_RECORDS)
    ]
    return gzip.compress("\n".join(lines).encode(), 6)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def post(port: int, bodies: list[bytes]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for each in bodies:
        connection.request("POST", "/import?strict=1", each, HEADERS)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(content.decode())
    connection.close()


def measure_simulator(bodies: list[bytes], senders: int) -> tuple[float, float]:
    """CPU seconds of the simulator, and seconds on the clock."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder) / "port"
        command = [sys.executable, "-m", "local.mixpanel.server", "--port-file", str(port_file)]
        limits = ["--records-per-second", "0", "--megabytes-per-minute", "0"]
        with subprocess.Popen([*command, *limits], stdout=subprocess.DEVNULL) as process:
            while not port_file.exists():
                time.sleep(0.05)
            port = int(port_file.read_text())
            post(port, bodies[:DIFFERENT])
            before, began = cpu_seconds(process.pid), time.perf_counter()
            with ThreadPoolExecutor(senders) as pool:
                list(pool.map(lambda sender: post(port, bodies[sender::senders]), range(senders)))
            spent = cpu_seconds(process.pid) - before, time.perf_counter() - began
            process.terminate()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batches", type=int, default=200)
    parser.add_argument("--senders", type=int, default=4)
    options = parser.parse_args()
    different = [body(seed) for seed in range(DIFFERENT)]
    bodies = [different[number % DIFFERENT] for number in range(options.batches)]
    records = BATCH_RECORDS * options.batches

    began = time.process_time()
    for each in different:
        for line in gzip.decompress(each).split(b"\n"):
            json.loads(line)
    reference = (time.process_time() - began) * options.batches / DIFFERENT
    cpu, clock = measure_simulator(bodies, options.senders)

    body_bytes, batch_ms = len(gzip.decompress(bodies[0])), cpu / options.batches * 1e3
    print(f"{records:,} records in {options.batches} gzip batches, {body_bytes // BATCH_RECORDS} bytes each")
    print(f"simulator            {records / cpu:>10,.0f} records per CPU second ({batch_ms:.1f} ms a batch)")
    print(f"simulator            {records / clock:>10,.0f} records per second, {options.senders} senders")
    print(f"gunzip, json.loads   {records / reference:>10,.0f} records per CPU second")


if __name__ == "__main__":
    main()
