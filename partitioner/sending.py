"""One file into the bucket, byte for byte what the manifest says."""

import base64
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import google_crc32c

from function.errors import PreconditionFailed
from partitioner.exits import Refused
from partitioner.manifest import ManifestChunk
from partitioner.stored import StoredObject
from partitioner.threads import each

if TYPE_CHECKING:
    from partitioner.storage import Bucket

CONTENT_TYPE = "application/gzip"
extend: Callable[[int, bytes], int] = google_crc32c.extend

CHECKERS = 2  # the disk is the limit: one core does 5 GB/s
BLOCK_BYTES = 1 << 20


def differs(stored: StoredObject, chunk: ManifestChunk) -> bool:
    return (stored.size, stored.crc32c) != (chunk.bytes, chunk.crc32c)


def check_files(folder: Path, chunks: Sequence[ManifestChunk], report: Callable[[int], None]) -> None:
    """All sizes first, then all contents. Raises Refused for the first file that isn't the manifest's."""
    for chunk in chunks:
        path = folder / chunk.name
        if not path.is_file():
            raise Refused(f"{path} is missing; {_AGAIN}")
        if path.stat().st_size != chunk.bytes:
            raise Refused(
                f"{path} has {path.stat().st_size:,} bytes, not the manifest's {chunk.bytes:,}; {_AGAIN}"
            )

    def check(chunk: ManifestChunk) -> None:
        if _checksum(folder / chunk.name, report) != chunk.crc32c:
            raise Refused(f"{folder / chunk.name} has another checksum than in the manifest; {_AGAIN}")

    for _ in each(chunks, check, threads=CHECKERS):
        pass


_AGAIN = "put the file back as it was, or split again into an empty folder, which makes the same chunks"


def create_equal(
    bucket: "Bucket", name: str, path: Path, chunk: ManifestChunk, report: Callable[[int], None]
) -> StoredObject:
    """Uploads `path` unless the object is there. Either way it is the chunk's content then, or Refused."""
    with path.open("rb") as file:
        source = _Counted(file, report)
        stored = _create(bucket, name, source, size=chunk.bytes, content_type=CONTENT_TYPE)
        source.finish(chunk.bytes)
    if differs(stored, chunk):
        raise Refused(
            f"gs://{bucket.name}/{name} has other content than the manifest's chunk: the file changed while "
            f"it was uploaded, or somebody else uploads here. Delete that object, and check {path}"
        )
    return stored


def create_object(bucket: "Bucket", name: str, data: bytes, *, content_type: str) -> StoredObject:
    """The name must tell the content: an object that is there is taken to be equal."""
    return _create(bucket, name, io.BytesIO(data), size=len(data), content_type=content_type)


def _create(
    bucket: "Bucket", name: str, source: io.BufferedIOBase, *, size: int, content_type: str
) -> StoredObject:
    try:
        return bucket.create(name, source, size=size, content_type=content_type)
    except PreconditionFailed:
        # Our own try whose answer got lost, or another upload of the same: the content decides.
        stored = bucket.stat(name)
        if stored is None:
            raise
        return stored


def _checksum(path: Path, report: Callable[[int], None]) -> str:
    crc32c = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            crc32c = extend(crc32c, block)
            report(len(block))
    return base64.b64encode(crc32c.to_bytes(4, "big")).decode()


class _Counted(io.BufferedIOBase):
    """A file that reports how much further its reading has got; less than nothing after a step back."""

    def __init__(self, file: BinaryIO, report: Callable[[int], None]) -> None:
        self._file, self._report = file, report
        self._reported = 0

    def read(self, size: int | None = -1, /) -> bytes:
        block = self._file.read(-1 if size is None else size)
        self.finish(self._file.tell())
        return block

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def finish(self, position: int) -> None:
        self._report(position - self._reported)
        self._reported = position
