"""Files within a tar archive, read where they stand: nothing is unpacked."""

import tarfile
from collections.abc import Iterable, Iterator
from typing import IO, cast

TAR_ERRORS = (tarfile.TarError, EOFError)
_READ_BYTES = 256 * 1024


class Tar:
    """Read once, from first to last: files that are passed over are inflated all the same."""

    def __init__(self, reads: Iterable[bytes]) -> None:
        file = cast("IO[bytes]", _AsFile(iter(reads)))
        self._archive = tarfile.open(fileobj=file, mode="r|")  # noqa: SIM115 (as long as self)
        self._place = -1

    def files(self) -> Iterator[tuple[int, str, Iterator[bytes]]]:
        """The place, the name and the bytes of each; those can be read until the next is asked for.

        Raises one of TAR_ERRORS where the archive is damaged.
        """
        for info in self._archive:
            self._place += 1
            self._archive.members = []  # type: ignore[attr-defined] # else it keeps each that it has passed
            if info.isfile():
                member = self._archive.extractfile(info)
                assert member
                yield self._place, info.name, _reads(member)

    def reads(self, place: int) -> Iterator[bytes] | None:
        """Of the file at a place that isn't passed yet; None where it is."""
        if place <= self._place:
            return None
        return next((reads for at, _, reads in self.files() if at == place), iter(()))


def _reads(member: IO[bytes]) -> Iterator[bytes]:
    while data := member.read(_READ_BYTES):
        yield data


class _AsFile:
    """What tarfile reads of a stream."""

    def __init__(self, reads: Iterator[bytes]) -> None:
        self._reads = reads
        self._left = b""

    def read(self, count: int) -> bytes:
        parts, missing = [self._left], count - len(self._left)
        while missing > 0 and (data := next(self._reads, b"")):
            parts.append(data)
            missing -= len(data)
        data = b"".join(parts)
        self._left = data[count:]
        return data[:count]
