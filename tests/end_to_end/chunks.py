"""Chunks for the tests of the whole path, and what is expected of their import."""

import base64
import contextlib
import http.client
import json
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import google_crc32c

from function.members import build_member
from function.state import Entry
from local.stack import CHUNKS_BUCKET, Stack

BATCH_RECORDS = 500


def record(number: int, **more: object) -> bytes:
    """Legal, complete and unlike every other: nothing of it is mended on the way."""
    properties = {
        "time": 1_700_000_000 + number,
        "distinct_id": f"d{number % 97}",
        "$insert_id": f"id-{number}",
    }
    return json.dumps({"event": "viewed", "properties": {**properties, "ip": 0, **more}}).encode()


def send_ready(lines: list[bytes], batch_records: int = BATCH_RECORDS) -> bytes:
    return b"".join(_member(lines[at : at + batch_records]) for at in range(0, len(lines), batch_records))


def _member(lines: list[bytes]) -> bytes:
    content = b"".join(line + b"\n" for line in lines)
    deflate = zlib.compressobj(1, wbits=-15)
    deflated = deflate.compress(content) + deflate.flush()
    return build_member(deflated, zlib.crc32(content), len(content), len(lines))


def upload(stack: Stack, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        stack.bucket.write(CHUNKS_BUCKET, name, content)


def deliver_at_once(stack: Stack, contents: dict[str, bytes]) -> list[int]:
    """Uploads all, past the topic; then every chunk is a request at the same time. The answers' statuses."""
    stack.topic.switch(held=True)
    chunks = [
        {
            "bucket": CHUNKS_BUCKET,
            "name": name,
            "generation": str(stack.bucket.write(CHUNKS_BUCKET, name, content)),
            "size": str(len(content)),
            "crc32c": base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode(),
        }
        for name, content in contents.items()
    ]
    with ThreadPoolExecutor(len(chunks)) as pool:
        return list(pool.map(lambda chunk: _deliver(stack, chunk), chunks))


def _deliver(stack: Stack, chunk: dict[str, str]) -> int:
    headers = {
        "ce-specversion": "1.0",
        "ce-id": chunk["name"],
        "ce-type": "google.cloud.storage.object.v1.finalized",
        "ce-source": f"//storage.googleapis.com/projects/_/buckets/{CHUNKS_BUCKET}",
        "Content-Type": "application/json",
    }
    connection = http.client.HTTPConnection(urlsplit(stack.function.url).netloc, timeout=300)
    with contextlib.closing(connection):
        connection.request("POST", "/", json.dumps(chunk), headers)
        return connection.getresponse().status


def wait_until(stack: Stack, holds: Callable[[], bool], seconds: float = 90) -> None:
    """Fails with what the ledgers say, and where the logs are."""
    ends_at = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends_at:
            found = {name: (entry.status, entry.records) for name, entry in stack.ledgers().items()}
            raise AssertionError(f"not within {seconds} s; ledgers: {found}; logs: {stack.logs}")
        time.sleep(0.1)


def all_are(stack: Stack, status: str, count: int) -> bool:
    entries = list(stack.ledgers().values())
    return len(entries) == count and all(entry.status == status for entry in entries)


def totals(entries: Iterable[Entry]) -> tuple[int, int, int]:
    """Records, accepted, rejected."""
    listed = list(entries)
    return (
        sum(entry.records for entry in listed),
        sum(entry.accepted for entry in listed),
        sum(entry.rejected for entry in listed),
    )


def stored_lines(stack: Stack, *, deduplicated: bool = True) -> list[bytes]:
    """Each as it was sent, sorted."""
    query = f"form=sent&deduplicated={int(deduplicated)}"
    with urllib.request.urlopen(f"{stack.simulator.url}/_simulator/records?{query}") as answer:
        return sorted(answer.read().splitlines())
