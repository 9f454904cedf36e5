"""Files within zip and tar archives, read where they stand: nothing is unpacked."""

import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, BinaryIO, cast

ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError)
TAR_ERRORS = (tarfile.TarError, EOFError)
_READ_BYTES = 256 * 1024
_IS_ENCRYPTED = 0x1  # https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.4.4 (6.3.10, 2022-11)


def zip_names(file: BinaryIO) -> list[tuple[int, str, str]]:
    """Of each file in it: its place, its name, and why it can't be read, which is mostly empty.

    Raises one of ZIP_ERRORS.
    """
    with zipfile.ZipFile(file) as archive:
        return [
            (place, info.filename, "encrypted" if info.flag_bits & _IS_ENCRYPTED else "")
            for place, info in enumerate(archive.infolist())
            if not info.is_dir()
        ]


def stored_share(file: BinaryIO, place: int) -> float:
    """How many bytes of a zip stand for one of its file's at a place."""
    with zipfile.ZipFile(file) as archive:
        info = archive.infolist()[place]
        return info.compress_size / max(1, info.file_size)


def zip_reads(file: BinaryIO, place: int) -> Iterator[bytes]:
    """Raises one of ZIP_ERRORS where it is damaged, when all before was given."""
    with zipfile.ZipFile(file) as archive, archive.open(archive.infolist()[place]) as member:
        yield from _reads(member)


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
