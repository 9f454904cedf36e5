"""What `smoke` sends: a few legal records of a name of their own, in a chunk as `split` makes them."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from function.records import MAX_BATCH_BYTES, MAX_BATCH_RECORDS, check
from partitioner.batch_file import BatchFile
from partitioner.manifest import ManifestChunk

EVENT = "importer smoke test"
DISTINCT_ID = "importer-smoke-test"
FOLDER = "smoke-test/"
RECORDS = 5


@dataclass(frozen=True, slots=True)
class SmokeChunk:
    """`chunk` by its full name in the bucket, and its file on this machine."""

    run: str
    chunk: ManifestChunk
    path: Path


def name_run(now: datetime) -> str:
    """Readable, fit for an object's name and an `$insert_id`, and never the same twice."""
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def make_smoke_chunk(run: str, now: datetime, folder: Path) -> SmokeChunk:
    """The same run and second give the same bytes."""
    seconds = int(now.timestamp())
    checked = check([_record(run, seconds, number) for number in range(1, RECORDS + 1)], seconds)
    assert not checked.flaws, checked.flaws
    path = folder / f"{run}.ndjson.gz"
    file = BatchFile(path, MAX_BATCH_RECORDS, MAX_BATCH_BYTES)
    file.add(checked.lines)
    file.close()
    chunk = ManifestChunk(
        name=FOLDER + path.name,
        records=file.records,
        bytes=file.bytes,
        json_bytes=file.json_bytes,
        crc32c=file.crc32c,
        first_time=seconds,
        last_time=seconds,
    )
    return SmokeChunk(run, chunk, path)


def _record(run: str, seconds: int, number: int) -> bytes:
    properties = {
        "time": seconds,
        "distinct_id": DISTINCT_ID,
        "$insert_id": f"smoke-{run}-{number}",
        "ip": 0,
        "run": run,
        "record": number,
    }
    return msgspec.json.encode({"event": EVENT, "properties": properties})
