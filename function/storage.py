"""The one place that talks to Google Cloud Storage. Every call ends within its `timeout_seconds`.

The client's own retries are off: they don't bound their last attempt.
"""
# mypy: allow-untyped-calls
# The client's calls have no types.

import http
import io
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

import google.auth.exceptions
import requests
import urllib3
from google.api_core.exceptions import BadRequest, GoogleAPICallError, NotFound
from google.api_core.exceptions import PreconditionFailed as _PreconditionFailed
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse

from .bounded import call_within
from .errors import ObjectGone, PreconditionFailed, StorageUnavailable
from .transport import Adapter

# 32 requests admitted, each with one call at a time, and some to spare.
POOL_CONNECTIONS = 40

# Else the client (3.17.1) asks for the bucket itself, in a thread, at first and after each 404: for traces.
_NO_LOOK_UPS = "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"

_T = TypeVar("_T")

_NO_ANSWER = (
    GoogleAPICallError,
    InvalidResponse,
    DataCorruption,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    google.auth.exceptions.GoogleAuthError,
    OSError,
)
_PASSING = (http.HTTPStatus.REQUEST_TIMEOUT, http.HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True, slots=True)
class Stat:
    """The live object. `crc32c` in base64."""

    generation: int
    size: int
    crc32c: str
    custom_time: datetime | None


class Bucket(Protocol):
    """Whatever is not an answer is raised as StorageUnavailable, also a refusal of our account."""

    @property
    def name(self) -> str: ...

    def stat(self, object_name: str, *, timeout_seconds: float) -> Stat | None:
        """The live object, None where there is none."""

    def read(self, object_name: str, *, timeout_seconds: float) -> tuple[bytes, int] | None:
        """Content and generation of the live object."""

    def read_range(
        self, object_name: str, generation: int, start: int, end: int, *, timeout_seconds: float
    ) -> bytes:
        """Stored bytes [start, end), fewer only at the object's end. Raises ObjectGone."""

    def write(
        self, object_name: str, data: bytes, *, if_generation: int | None, timeout_seconds: float
    ) -> int:
        """Returns the new generation; `if_generation` 0 means that there must be no object yet.

        Raises PreconditionFailed, also where an earlier attempt of this same call arrived unheard.
        """

    def set_custom_time(
        self, object_name: str, generation: int, at: datetime, *, timeout_seconds: float
    ) -> None:
        """On this generation only; a later one that the object has already stays. Raises ObjectGone."""

    def list_names(self, prefix: str, *, timeout_seconds: float) -> list[str]: ...

    def delete(self, object_name: str, *, timeout_seconds: float) -> None:
        """Fine where there is nothing."""


class LazyClient:
    """The process's one client, made when first asked for: the worker is forked after import."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: storage.Client | None = None

    def __call__(self) -> storage.Client:
        with self._lock:
            if self._client is None:
                os.environ.setdefault(_NO_LOOK_UPS, "true")
                client = storage.Client()
                adapter = Adapter(pool_maxsize=POOL_CONNECTIONS)
                client._http.mount("https://", adapter)  # noqa: SLF001 (the documented way is to bring a session)
                client._http.mount("http://", adapter)  # noqa: SLF001 (the emulator)
                self._client = client
            return self._client


class GoogleBucket:
    """A bucket of Google Cloud Storage, or of the server that STORAGE_EMULATOR_HOST names."""

    def __init__(self, name: str, connect: Callable[[], storage.Client]) -> None:
        self.name = name
        self._connect = connect

    def stat(self, object_name: str, *, timeout_seconds: float) -> Stat | None:
        def call(seconds: float) -> Stat | None:
            try:
                blob = self._blob(object_name)
                blob.reload(timeout=seconds, retry=None)
            except NotFound:
                return None
            return Stat(int(blob.generation), int(blob.size), blob.crc32c, blob.custom_time)

        return self._bounded("stat", object_name, timeout_seconds, call)

    def read(self, object_name: str, *, timeout_seconds: float) -> tuple[bytes, int] | None:
        def call(seconds: float) -> tuple[bytes, int] | None:
            blob, content = self._blob(object_name), io.BytesIO()
            try:
                blob.download_to_file(content, raw_download=True, timeout=seconds, retry=None)
            except NotFound:
                return None
            return content.getvalue(), int(blob.generation)

        return self._bounded("read", object_name, timeout_seconds, call)

    def read_range(
        self, object_name: str, generation: int, start: int, end: int, *, timeout_seconds: float
    ) -> bytes:
        def call(seconds: float) -> bytes:
            blob, content = self._blob(object_name, generation), io.BytesIO()
            try:
                blob.download_to_file(
                    content,
                    start=start,
                    end=end - 1,
                    raw_download=True,
                    single_shot_download=True,  # else 8 KB at a time: 2.7 CPU-s a GB for 1.9
                    timeout=seconds,
                    retry=None,
                )
            except NotFound as error:
                raise ObjectGone(f"{object_name} has no generation {generation}") from error
            except GoogleAPICallError as error:
                if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return b""
                raise
            return content.getvalue()

        return self._bounded("read", object_name, timeout_seconds, call) if start < end else b""

    def write(
        self, object_name: str, data: bytes, *, if_generation: int | None, timeout_seconds: float
    ) -> int:
        kind = "application/json" if object_name.endswith(".json") else "application/gzip"

        def call(seconds: float) -> int:
            blob = self._blob(object_name)
            try:
                blob.upload_from_string(
                    data, content_type=kind, if_generation_match=if_generation, timeout=seconds, retry=None
                )
            except _PreconditionFailed as error:
                raise PreconditionFailed(f"{object_name} is not at generation {if_generation}") from error
            return int(blob.generation)

        return self._bounded("write", object_name, timeout_seconds, call)

    def set_custom_time(
        self, object_name: str, generation: int, at: datetime, *, timeout_seconds: float
    ) -> None:
        def call(seconds: float) -> None:
            blob = self._blob(object_name, generation)
            try:
                blob.custom_time = at
                blob.patch(timeout=seconds, retry=None)
            except NotFound as error:
                raise ObjectGone(f"{object_name} has no generation {generation}") from error
            except (
                BadRequest
            ):  # it can't be moved back: docs.cloud.google.com/storage/docs/metadata (2026-08)
                blob.reload(timeout=seconds, retry=None)
                if blob.custom_time is None or blob.custom_time < at:
                    raise

        self._bounded("set the custom time of", object_name, timeout_seconds, call)

    def list_names(self, prefix: str, *, timeout_seconds: float) -> list[str]:
        def call(seconds: float) -> list[str]:
            names, ends_at = [], time.monotonic() + seconds
            fields = "items(name),nextPageToken"
            client = self._connect()
            for blob in client.list_blobs(
                self.name, prefix=prefix, fields=fields, timeout=seconds, retry=None
            ):
                names.append(blob.name)
                if time.monotonic() > ends_at:
                    raise TimeoutError("the list didn't arrive in time")
            return names

        return self._bounded("list", prefix, timeout_seconds, call)

    def delete(self, object_name: str, *, timeout_seconds: float) -> None:
        def call(seconds: float) -> None:
            try:
                self._blob(object_name).delete(timeout=seconds, retry=None)
            except NotFound:
                return

        self._bounded("delete", object_name, timeout_seconds, call)

    def _blob(self, object_name: str, generation: int | None = None) -> storage.Blob:
        blob: storage.Blob = self._connect().bucket(self.name).blob(object_name, generation=generation)
        return blob

    def _bounded(
        self, verb: str, object_name: str, timeout_seconds: float, call: Callable[[float], _T]
    ) -> _T:
        try:
            return call_within(timeout_seconds, call, _is_passing)
        except _NO_ANSWER as error:
            raise StorageUnavailable(f"can't {verb} gs://{self.name}/{object_name}: {error}") from error


def _is_passing(error: Exception) -> bool:
    """No answer at all, or one that asks to try again."""
    status = error.code if isinstance(error, GoogleAPICallError) else None
    if isinstance(error, InvalidResponse):
        status = error.response.status_code
    return isinstance(error, _NO_ANSWER) and (status is None or status in _PASSING or status >= 500)
