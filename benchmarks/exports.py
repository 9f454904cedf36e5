"""What the benchmarks send: the same records as a plain export, compressed, and split by the partitioner."""

import base64
import gzip
import json
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from function.members import build_member
from function.records import check
from local.generate import generate
from local.processes import own_environ

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
# One line in 1,000 of a generated export has a flaw, on purpose.
SPARE_LINES = 1.01
BATCH_RECORDS = 2_000
GZIP_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Export:
    """Good records all. `plain` is as a user has them: without `ip`, one in 20 without `$insert_id`.

    `ready` is the chunk that `split` makes of them, with all that is added: `json_bytes` of JSON.
    """

    records: int
    json_bytes: int
    plain: bytes
    gzip: bytes
    ready: bytes


def make_export(records: int) -> Export:
    """The same bytes each time, about 365 a record and 375 as sent. At most 200,000: one chunk."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "export.ndjson"
        plain = usual_lines(records)
        file.write_bytes(plain)
        split = [sys.executable, "-m", "partitioner", "split", str(file), "--output"]
        subprocess.run([*split, str(folder / "chunks")], check=True, capture_output=True, env=own_environ())
        manifest = json.loads((folder / "chunks" / "_manifest.json").read_bytes())
        (chunk,) = manifest["chunks"]
        ready = (folder / "chunks" / chunk["name"]).read_bytes()
        return Export(records, chunk["json_bytes"], plain, gzip.compress(plain, GZIP_LEVEL, mtime=0), ready)


def usual_lines(records: int) -> bytes:
    """Of a web shop, made up (`local generate`)."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "generated.ndjson"
        generate(file, int(records * SPARE_LINES) + 10, until=UNTIL)
        lines = file.read_bytes().splitlines()
    flawed = {index for index, _ in check(lines, UNTIL.timestamp()).flaws}
    good = [line for index, line in enumerate(lines) if index not in flawed]
    return b"".join(line + b"\n" for line in good[:records])


def dense_lines(records: int, record_bytes: int) -> bytes:
    """Legal and complete, of bytes that hardly compress: the most that a chunk can weigh."""
    made_up = random.Random(1)
    lines = []
    for number in range(records):
        properties: dict[str, object] = {
            "time": 1_700_000_000 + number,
            "distinct_id": f"user-{number}",
            "$insert_id": f"{number:032x}",
            "ip": 0,
        }
        # Of up to 8 KB each, the most that Mixpanel takes as a property's value.
        for at in range(0, record_bytes, 7_800):
            size = min(7_800, record_bytes - at)
            properties[f"p{at}"] = base64.b64encode(made_up.randbytes(size * 3 // 4)).decode()
        lines.append(json.dumps({"event": "dense", "properties": properties}).encode() + b"\n")
    return b"".join(lines)


def send_ready(plain: bytes, batch_records: int = BATCH_RECORDS) -> bytes:
    """Complete lines as members, without the partitioner: each a batch of so many records."""
    lines = plain.splitlines(keepends=True)
    batches = [b"".join(lines[at : at + batch_records]) for at in range(0, len(lines), batch_records)]
    return b"".join(_member(batch) for batch in batches)


def _member(batch: bytes) -> bytes:
    compressed = gzip.compress(batch, 1, mtime=0)
    crc32 = int.from_bytes(compressed[-8:-4], "little")
    return build_member(compressed[10:-8], crc32, len(batch), batch.count(b"\n"))
