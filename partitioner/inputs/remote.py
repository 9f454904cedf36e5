"""Exports that lie in a bucket: listed, and read by ranges, without a copy on the disk.

Credentials, region and server are what each cloud's own client finds, STORAGE_EMULATOR_HOST and
AWS_ENDPOINT_URL among others.
"""

import io
import re
from collections.abc import Iterator
from functools import partial
from typing import Protocol

from function.errors import StorageUnavailable
from partitioner.exits import Refused, TryAgain
from partitioner.inputs.locations import (
    AMAZON,
    GOOGLE,
    RemoteFile,
    file_at,
    is_remote,
    literal_prefix,
    location_of,
    matcher,
    parts_of,
    scheme_of,
)
from partitioner.inputs.ranged import Ranged

__all__ = ["RemoteFile", "close_clients", "file_at", "is_remote", "list_remote", "location_of", "open_remote"]

LISTING_PATIENCE_SECONDS = 60.0
"""Somebody waits for it, and nothing is lost by asking again."""
READING_PATIENCE_SECONDS = 300.0
BUFFER_BYTES = 64 * 1024

_LIST_COMMANDS = {GOOGLE: "gcloud storage ls", AMAZON: "aws s3 ls"}
# Also the clients refuse others, each in its own words or none.
_BUCKET = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
# Hadoop's, beside the names that end in a slash.
_FOLDER_MARKERS = ("/", "_$folder$")


class _Files(Protocol):
    def find(self, bucket: str, name: str, patience_seconds: float) -> RemoteFile | None: ...

    def below(self, bucket: str, prefix: str, patience_seconds: float) -> Iterator[RemoteFile]:
        """Those whose names begin so."""

    def fetch(self, file: RemoteFile, start: int, end: int, into: io.BytesIO) -> None: ...


def list_remote(export: str, *, patience_seconds: float = LISTING_PATIENCE_SECONDS) -> list[RemoteFile]:
    """The object of that name; or all below the folder of that name; or what matches it as a pattern.

    Sorted by name. Markers of empty folders are left out. Costs a request for every 1,000 objects below the
    part of the name that holds no wildcard.

    Raises Refused, also where nothing is found, and TryAgain for what may pass.
    """
    bucket, name = parts_of(export)
    if not _BUCKET.fullmatch(bucket):
        like = f"{scheme_of(export)}BUCKET/FOLDER/"
        raise Refused(f"{export} names no bucket that there could be; one looks like {like}")
    try:
        found = list(_find(_files_of(export), bucket, name, patience_seconds))
    except StorageUnavailable as error:
        raise TryAgain(f"{error}; run the same command again") from error
    if not found:
        folder = literal_prefix(name).rpartition("/")[0]
        place = f"{scheme_of(export)}{bucket}/{folder}{'/' if folder else ''}"
        raise Refused(
            f"{export}: nothing in the bucket has or matches this name; "
            f"see what is there: {_LIST_COMMANDS[scheme_of(export)]} {place}"
        )
    return sorted(found, key=lambda file: file.url)


def open_remote(
    file: RemoteFile, start: int = 0, *, patience_seconds: float = READING_PATIENCE_SECONDS
) -> io.BufferedReader:
    """Reads this version of it. A request that fails is tried again from the byte where it broke off.

    Reading raises StorageUnavailable once nothing has come for `patience_seconds`, and Refused where the
    object has changed, is gone, or isn't ours to read.
    """
    ranged = Ranged(file.url, file.size, partial(_files_of(file.url).fetch, file), patience_seconds)
    ranged.seek(start)
    return io.BufferedReader(ranged, BUFFER_BYTES)


def close_clients() -> None:
    """For whoever changes the environment that they are made from."""
    from partitioner.inputs.gs import google_files  # noqa: PLC0415 (see _files_of)
    from partitioner.inputs.s3 import amazon_files  # noqa: PLC0415 (see _files_of)

    for made in (google_files, amazon_files):
        if made.cache_info().currsize:
            made().close()
        made.cache_clear()


def _find(files: _Files, bucket: str, name: str, patience_seconds: float) -> Iterator[RemoteFile]:
    """In the order in which a path is looked for on a disk: file, folder, pattern."""
    if name and not name.endswith("/"):
        found = files.find(bucket, name, patience_seconds)
        if found:
            yield found
            return
    folder = name if not name or name.endswith("/") else f"{name}/"
    below = [file for file in files.below(bucket, folder, patience_seconds) if not _is_marker(file)]
    yield from below
    prefix = literal_prefix(name)
    if not below and prefix != name:
        matches = matcher(name)
        for file in files.below(bucket, prefix, patience_seconds):
            if matches(parts_of(file.url)[1]) and not _is_marker(file):
                yield file


def _is_marker(file: RemoteFile) -> bool:
    return not file.size and file.url.endswith(_FOLDER_MARKERS)


def _files_of(url: str) -> _Files:
    # Imported here: either takes 0.3 s and more, which is much of a small run.
    if scheme_of(url) == GOOGLE:
        from partitioner.inputs.gs import google_files  # noqa: PLC0415 (see above)

        return google_files()
    from partitioner.inputs.s3 import amazon_files  # noqa: PLC0415 (see above)

    return amazon_files()
