"""Files within a tar archive, read where they stand: nothing is unpacked."""

import tarfile
from collections.abc import Iterable, Iterator
from typing import IO, cast

TAR_ERRORS = (tarfile.TarError, EOFError)
_READ_BYTES = 256 * 1024
_BLOCK_BYTES = 512


class Tar:
    """Read once, from first to last: files that are passed over are inflated all the same."""

    def __init__(self, reads: Iterable[bytes]) -> None:
        self._file = _AsFile(iter(reads))
        self._archive = tarfile.open(fileobj=cast("IO[bytes]", self._file), mode="r|")  # noqa: SIM115 (as long as self)
        self._place = -1

    def files(self) -> Iterator[tuple[int, str, Iterator[bytes]]]:
        """The place, the name and the bytes of each; those can be read until the next is asked for.

        Raises one of TAR_ERRORS where the archive is damaged; what can be read before was given.
        """
        for info in self._archive:
            self._place += 1
            self._archive.members = []  # type: ignore[attr-defined] # else it keeps each that it has passed
            if info.isreg():
                yield self._place, info.name, self._reads(info.size)
        if not self._file.ends_in_zeros:
            raise tarfile.ReadError("it is cut off between two of its files")

    def reads(self, place: int) -> Iterator[bytes] | None:
        """Of the file at a place that isn't passed yet; None where it is."""
        if place <= self._place:
            return None
        return next((reads for at, _, reads in self.files() if at == place), iter(()))

    def _reads(self, size: int) -> Iterator[bytes]:
        """Past tarfile's own file, which lets bytes go that stand before the end of one that is cut off."""
        assert self._archive.fileobj
        left = size
        while left:
            wanted = min(left, _READ_BYTES)
            data = self._archive.fileobj.read(wanted)
            if data:
                yield data
            if len(data) < wanted:
                raise tarfile.ReadError("it is cut off within one of its files")
            left -= len(data)


class _AsFile:
    """What tarfile reads of a stream."""

    def __init__(self, reads: Iterator[bytes]) -> None:
        self._reads = reads
        self._left = self._last = b""

    @property
    def ends_in_zeros(self) -> bool:
        """Whether the last block is one of those that end a tar, without which it isn't all there."""
        while self.read(_READ_BYTES):
            pass
        return not self._last.strip(b"\0")

    def read(self, count: int) -> bytes:
        parts, missing = [self._left], count - len(self._left)
        while missing > 0 and (data := next(self._reads, b"")):
            parts.append(data)
            missing -= len(data)
        data = b"".join(parts)
        self._left = data[count:]
        if data:
            self._last = data[-_BLOCK_BYTES:]
        return data[:count]
