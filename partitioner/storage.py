"""Cloud Storage as the commands need it. A call is tried again for `patience_seconds` where that may help.

STORAGE_EMULATOR_HOST is honoured, without credentials then.
"""

import io
from collections.abc import Callable, Iterator
from typing import Any, Self

import google.auth.exceptions
import requests
from google.api_core import exceptions as api
from google.api_core import retry
from google.cloud import storage

from function.errors import ObjectGone
from partitioner.stored import BucketRefused, StoredObject
from partitioner.troubles import LOG_IN, may_pass, release, sentence, translated

PATIENCE_SECONDS = 300.0

# Eight of these are in memory at once, and each must be through within the time-out: at 8 MiB (the most that
# the client sends in one request) an uplink of 2 Mbit/s will do.
BLOCK_BYTES = 4 << 20
UPLOAD_TIMEOUT_SECONDS = 300.0
TIMEOUT_SECONDS = 60.0
CONNECTIONS = 32  # threads that share a client; the default of 10 would open a new one for most calls

LISTED_FIELDS = "items(name,generation,size,crc32c,timeCreated),prefixes,nextPageToken"
# What a copy takes along; the custom time stays behind, since it is what expires a finished chunk.
COPIED_PROPERTIES = (
    "contentType",
    "contentEncoding",
    "contentDisposition",
    "contentLanguage",
    "cacheControl",
    "metadata",
)


def make_client() -> Any:
    """Raises BucketRefused where the machine has no Google credentials."""
    try:
        # Buckets are global: no call of ours needs a project.
        client: Any = storage.Client(project=None)  # type: ignore[no-untyped-call]
    except google.auth.exceptions.DefaultCredentialsError as error:
        raise BucketRefused(f"there are no Google credentials here; {LOG_IN}") from error
    # It would ask for the bucket's own properties on a thread of its own, for traces that nobody collects.
    client._bucket_metadata_cache = None  # noqa: SLF001 (its switch is an environment variable, for everybody)
    for scheme in ("https://", "http://"):
        client._http.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))  # noqa: SLF001 (no other way)
    return client


class Bucket:
    """Safe to use from several threads; its connections are closed at the end of a `with`.

    Every method raises StorageUnavailable (may pass) and BucketRefused (the user has to do something).
    """

    def __init__(
        self,
        name: str,
        client: Any,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        on_retry: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self._client = client
        self._bucket = client.bucket(name)
        self._retry = retry.Retry(
            predicate=may_pass,
            timeout=patience_seconds,
            on_error=self._tell,
        )
        self._on_retry = on_retry

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def objects(self, prefix: str = "", *, start: str = "") -> Iterator[StoredObject]:
        """Live objects in the order of their names, from `start` on; a request for every 1,000."""
        with translated(self.name):
            for blob in self._client.list_blobs(
                self._bucket,
                prefix=prefix or None,
                start_offset=start or None,
                fields=LISTED_FIELDS,
                timeout=TIMEOUT_SECONDS,
                retry=self._retry,
            ):
                yield _object_of(blob)

    def folders(self, prefix: str) -> list[str]:
        """The names between `prefix` and the next slash."""
        with translated(self.name):
            pages = self._client.list_blobs(
                self._bucket,
                prefix=prefix,
                delimiter="/",
                fields=LISTED_FIELDS,
                timeout=TIMEOUT_SECONDS,
                retry=self._retry,
            )
            for _ in pages:
                pass  # the folders are complete once the objects are through
            return sorted(folder.removeprefix(prefix).rstrip("/") for folder in pages.prefixes)

    def stat(self, name: str) -> StoredObject | None:
        with translated(self.name):
            blob = self._bucket.get_blob(name, timeout=TIMEOUT_SECONDS, retry=self._retry)
            return blob and _object_of(blob)

    def read(self, name: str) -> bytes | None:
        """For small objects: all of it, as stored."""
        with translated(self.name):
            try:
                data: bytes = self._bucket.blob(name).download_as_bytes(
                    raw_download=True, timeout=TIMEOUT_SECONDS, retry=self._retry
                )
            except api.NotFound as error:
                release(error)
                return None
            return data

    def fetch(self, name: str, generation: int, start: int, end: int, into: io.BytesIO) -> None:
        """Appends stored bytes [start, end) as they come, in one try; what came before a failure stays.

        Raises ObjectGone where this generation is no more.
        """
        with translated(self.name):
            try:
                self._bucket.blob(name, generation=generation).download_to_file(
                    into,
                    start=start,
                    end=end - 1,
                    raw_download=True,
                    timeout=TIMEOUT_SECONDS,
                    retry=None,
                )
            except api.NotFound as error:
                release(error)
                raise ObjectGone(f"gs://{self.name}/{name} no longer has generation {generation}") from error

    def create(self, name: str, source: io.BufferedIOBase, *, size: int, content_type: str) -> StoredObject:
        """Reads `source` as it sends, from an earlier place again after a failure.

        Raises PreconditionFailed where the object is there: possibly from a try of this very call whose
        answer was lost.
        """
        blob = self._bucket.blob(name, chunk_size=BLOCK_BYTES)
        with translated(self.name):
            blob.upload_from_file(
                source,
                size=size,
                content_type=content_type,
                if_generation_match=0,
                checksum="crc32c",
                timeout=UPLOAD_TIMEOUT_SECONDS,
                retry=self._retry,
            )
            return _object_of(blob)

    def copy_onto_itself(self, name: str, generation: int) -> int:
        """A new generation of the same content, which is announced like an upload. Returns it.

        Raises ObjectGone or PreconditionFailed where `generation` isn't the live one any more: possibly
        because of a try of this very call whose answer was lost.
        """
        with translated(self.name):
            source = self._bucket.get_blob(
                name, generation=generation, timeout=TIMEOUT_SECONDS, retry=self._retry
            )
            if source is None:
                raise ObjectGone(f"gs://{self.name}/{name} has changed or gone")
            copy = self._bucket.blob(name)
            # Metadata in the request replaces all of the source's; custom time can't be dropped otherwise:
            # https://docs.cloud.google.com/storage/docs/metadata#custom-time (2026-08)
            properties = {"contentType": "application/octet-stream"} | {
                key: source._properties[key]  # noqa: SLF001 (one loop instead of six attributes)
                for key in COPIED_PROPERTIES
                if source._properties.get(key)  # noqa: SLF001
            }
            copy._set_properties(properties)  # noqa: SLF001
            token = None
            while True:
                token, _, _ = copy.rewrite(
                    source,
                    token=token,
                    if_generation_match=generation,
                    if_source_generation_match=generation,
                    timeout=TIMEOUT_SECONDS,
                    retry=self._retry,
                )
                if token is None:
                    return int(copy.generation)

    def _tell(self, error: Exception) -> None:
        release(error)
        if self._on_retry:
            self._on_retry(f"gs://{self.name}: {sentence(error)}")


def _object_of(blob: Any) -> StoredObject:
    return StoredObject(
        name=blob.name,
        generation=int(blob.generation),
        size=int(blob.size),
        crc32c=blob.crc32c or "",
        created=blob.time_created,
    )
