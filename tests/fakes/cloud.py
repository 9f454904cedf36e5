"""The cloud's buckets on this machine, as the partitioner's tests fill and read them."""

import base64
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import google_crc32c
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from function.state import Entry, Status, encode_entry, ledger_name
from partitioner.manifest import FILE_NAME, Manifest, ManifestChunk, encode_manifest

DESTINATION = "us-1234567"
RECORDS = 10


@dataclass(frozen=True)
class Cloud:
    """One server and two of its buckets, by name."""

    url: str
    chunks: str
    state: str

    @cached_property
    def client(self) -> Any:
        client: Any = storage.Client(
            project="local",
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": self.url},
        )
        client._bucket_metadata_cache = None  # as in partitioner.storage: no request of a thread's own
        return client

    def create_buckets(self) -> None:
        client = self.client
        for name in (self.chunks, self.state):
            client.create_bucket(name)

    def put(self, name: str, data: bytes, *, bucket: str = "", custom_time: datetime | None = None) -> Any:
        blob = self.client.bucket(bucket or self.chunks).blob(name)
        blob.custom_time = custom_time
        blob.upload_from_string(data, content_type="application/gzip")
        return blob

    def get(self, name: str, *, bucket: str = "") -> bytes:
        data: bytes = (
            self.client.bucket(bucket or self.chunks).blob(name).download_as_bytes(raw_download=True)
        )
        return data

    def blob(self, name: str) -> Any:
        return self.client.bucket(self.chunks).get_blob(name)

    def delete(self, name: str, *, bucket: str = "") -> None:
        self.client.bucket(bucket or self.chunks).blob(name).delete()

    def names(self, *, bucket: str = "") -> list[str]:
        return [blob.name for blob in self.client.list_blobs(bucket or self.chunks)]

    def write_entry(self, chunk_name: str, entry: Entry, destination: str = DESTINATION) -> None:
        self.put(ledger_name(destination, chunk_name), encode_entry(entry), bucket=self.state)

    def delete_entry(self, chunk_name: str, destination: str = DESTINATION) -> None:
        self.delete(ledger_name(destination, chunk_name), bucket=self.state)


def crc32c_of(data: bytes) -> str:
    checksum: int = google_crc32c.value(data)
    return base64.b64encode(checksum.to_bytes(4, "big")).decode()


def entry_of(chunk: ManifestChunk, status: Status = Status.DONE, **fields: Any) -> Entry:
    """What the ledger says of a chunk of which all was accepted."""
    values: dict[str, Any] = {
        "status": status,
        "crc32c": chunk.crc32c,
        "size": chunk.bytes,
        "records": chunk.records,
        "accepted": chunk.records,
        "generation": 1,
        "updated": datetime.now(UTC),
    }
    return Entry(**(values | fields))


def write_folder(
    folder: Path,
    *,
    chunks: int = 3,
    contents: Sequence[bytes] | None = None,
    over_max_rejected: bool = False,
) -> Manifest:
    """What `split` leaves behind, in small: `contents` are taken as they are, of 10 records each."""
    folder.mkdir(parents=True, exist_ok=True)
    if contents is None:
        contents = [_records(number) for number in range(1, chunks + 1)]
    made = tuple(_write_chunk(folder, number, content) for number, content in enumerate(contents, 1))
    manifest = Manifest(
        name="ecom",
        as_of=1_780_000_000,
        records=RECORDS * len(made),
        rejected=0,
        copies=0,
        shows=RECORDS * len(made),
        over_max_rejected=over_max_rejected,
        chunks=made,
    )
    (folder / FILE_NAME).write_bytes(encode_manifest(manifest))
    return manifest


def _records(number: int) -> bytes:
    line = b'{"event":"e","properties":{"time":%d}}\n'
    return gzip.compress(b"".join(line % (number * 1000 + i) for i in range(RECORDS)), mtime=0)


def _write_chunk(folder: Path, number: int, data: bytes) -> ManifestChunk:
    name = f"ecom-{number:05d}-{google_crc32c.value(data):08x}.ndjson.gz"
    (folder / name).write_bytes(data)
    return make_chunk(name, data, number)


def make_chunk(name: str, data: bytes, number: int = 1) -> ManifestChunk:
    """A manifest's words for a file of 10 records."""
    return ManifestChunk(
        name=name,
        records=RECORDS,
        bytes=len(data),
        json_bytes=len(data),
        crc32c=crc32c_of(data),
        first_time=number * 1000,
        last_time=number * 1000 + RECORDS - 1,
    )
