"""Files in buckets, gs:// and s3://: what the user names is listed, and each is read by ranges of its bytes."""

import glob
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import BinaryIO, Protocol

from function.errors import ObjectGone, PreconditionFailed
from partitioner.exits import Refused
from partitioner.inputs.ranged import open_ranged

_GCS, _S3 = _SCHEMES = ("gs://", "s3://")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """`version` is the generation, or the ETag: what is read is of that one alone."""

    url: str
    size: int
    version: str


def is_remote(name: str) -> bool:
    return name.startswith(_SCHEMES)


def location_of(file: RemoteFile) -> str:
    """The file in one word, for file_at."""
    return f"{file.url}#{file.size}#{file.version}"


def file_at(location: str) -> RemoteFile:
    url, size, version = location.rsplit("#", 2)
    return RemoteFile(url, int(size), version)


def list_remote(url: str) -> list[RemoteFile]:
    """The object of that name; else what a glob matches, or all in a folder, or all whose names begin so.

    Globs are as on the disk: `*` stays within a part of the path, `**` doesn't. Sorted by path, part by part,
    as folders are. Raises Refused where there is nothing, BucketRefused and StorageUnavailable.
    """
    scheme, bucket, name = _parts_of(url)
    found = [
        RemoteFile(f"{scheme}{bucket}/{each}", size, version)
        for each, size, version in _door(scheme, bucket).objects(_literal(name))
        if not each.endswith("/")  # what consoles make for a folder
    ]
    exact = [file for file in found if file.url == url]
    if exact:
        return exact
    patterns = name.split("/")
    if glob.has_magic(name):
        found = [file for file in found if _matches(_parts_of(file.url)[2].split("/"), patterns)]
    elif name:
        folder = f"{url.rstrip('/')}/"
        found = [file for file in found if file.url.startswith(folder)] or found
    if not found:
        raise Refused(f"{url}: there is no such object, and none whose name begins or matches so")
    return sorted(found, key=lambda file: file.url.split("/"))


def below_named(url: str, file: RemoteFile) -> str:
    """The part of the file's path that the user didn't spell out."""
    scheme, bucket, name = _parts_of(url)
    folder = f"{scheme}{bucket}/{_literal(name).rpartition('/')[0]}".rstrip("/")
    whole = url.rstrip("/")
    return file.url.removeprefix(whole if file.url.startswith(f"{whole}/") else folder).lstrip("/")


def open_remote(file: RemoteFile, start: int = 0) -> BinaryIO:
    """Reading raises StorageUnavailable, BucketRefused, and where the file isn't what it was PreconditionFailed
    or ObjectGone; none of them is an OSError, which would be taken for damage.
    """
    scheme, bucket, name = _parts_of(file.url)
    door = _door(scheme, bucket)
    return open_ranged(lambda first, end: door.read_range(name, file.version, first, end), file.size, start)


class _Door(Protocol):
    def objects(self, prefix: str) -> Iterator[tuple[str, int, str]]:
        """Name, size, version."""

    def read_range(self, name: str, version: str, start: int, end: int) -> bytes: ...


def _door(scheme: str, bucket: str) -> _Door:
    variable = "STORAGE_EMULATOR_HOST" if scheme == _GCS else "AWS_ENDPOINT_URL"
    return _door_to(scheme, bucket, os.environ.get(variable, ""))


@lru_cache(maxsize=None)
def _door_to(scheme: str, bucket: str, _endpoint: str) -> _Door:
    """One for the life of the process: connections and credentials are shared by all files of a bucket."""
    # Imported here: each takes 0.3 s and 30 MB, which runs without buckets are spared.
    if scheme == _GCS:
        return _Gcs(bucket)
    from partitioner.inputs.s3 import S3Bucket, make_client  # noqa: PLC0415 (see above)

    return S3Bucket(bucket, make_client(), on_retry=_say)


class _Gcs:
    def __init__(self, bucket: str) -> None:
        from partitioner.storage import Bucket, make_client  # noqa: PLC0415 (see _door_to)

        self._bucket = Bucket(bucket, make_client(), on_retry=_say)

    def objects(self, prefix: str) -> Iterator[tuple[str, int, str]]:
        for each in self._bucket.objects(prefix):
            yield each.name, each.size, str(each.generation)

    def read_range(self, name: str, version: str, start: int, end: int) -> bytes:
        return self._bucket.read_range(name, int(version), start, end)


def _parts_of(url: str) -> tuple[str, str, str]:
    """Scheme, bucket, and the rest without the slash before it. Raises Refused."""
    scheme, rest = url[:5], url[5:]
    bucket, _, name = rest.partition("/")
    if not bucket or glob.has_magic(bucket):
        raise Refused(f"{url}: say which bucket, like {scheme}BUCKET/folder/")
    return scheme, bucket, name


def _literal(name: str) -> str:
    """What all names begin with that a glob matches."""
    return next((name[:at] for at, letter in enumerate(name) if letter in "*?["), name)


def _matches(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    """Also for all below a folder that matches."""
    if not patterns:
        return True
    if patterns[0] == "**":
        return _matches(parts, patterns[1:]) or (bool(parts) and _matches(parts[1:], patterns))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _matches(parts[1:], patterns[1:])


def _say(sentence: str) -> None:
    print(f"{sentence}; trying again", file=sys.stderr)
