"""Google Cloud Storage's objects as an export."""

import contextlib
import io
from collections.abc import Iterator
from functools import lru_cache

from function.errors import ObjectGone
from partitioner.exits import Refused
from partitioner.inputs.locations import GOOGLE, RemoteFile, parts_of
from partitioner.storage import Bucket, make_client
from partitioner.stored import BucketRefused, StoredObject


class GoogleFiles:
    """Its methods raise StorageUnavailable and Refused."""

    def __init__(self) -> None:
        with _as_refusals():
            self._client = make_client()

    def close(self) -> None:
        self._client.close()

    def find(self, bucket: str, name: str, patience_seconds: float) -> RemoteFile | None:
        with _as_refusals():
            stored = Bucket(bucket, self._client, patience_seconds=patience_seconds).stat(name)
        return _file_of(bucket, stored) if stored else None

    def below(self, bucket: str, prefix: str, patience_seconds: float) -> Iterator[RemoteFile]:
        with _as_refusals():
            for stored in Bucket(bucket, self._client, patience_seconds=patience_seconds).objects(prefix):
                yield _file_of(bucket, stored)

    def fetch(self, file: RemoteFile, start: int, end: int, into: io.BytesIO) -> None:
        """One try, as ranged.Fetch says."""
        bucket, name = parts_of(file.url)
        with _as_refusals():
            try:
                Bucket(bucket, self._client).fetch(name, int(file.version), start, end, into)
            except ObjectGone as error:
                raise Refused(file.when_changed) from error


@lru_cache(maxsize=1)
def google_files() -> GoogleFiles:
    return GoogleFiles()


@contextlib.contextmanager
def _as_refusals() -> Iterator[None]:
    try:
        yield
    except BucketRefused as error:
        raise Refused(str(error)) from error


def _file_of(bucket: str, stored: StoredObject) -> RemoteFile:
    return RemoteFile(f"{GOOGLE}{bucket}/{stored.name}", stored.size, str(stored.generation))
