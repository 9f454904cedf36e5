"""Files within a zip archive, read where they stand: nothing is unpacked.

Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (6.3.10, 2022-11).
"""

import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from isal import isal_zlib

from partitioner.gunzip import STEP_BYTES, Gunzip
from partitioner.inputs.bunzip import Bunzip
from partitioner.inputs.unzstd import Unzstd

ERRORS = (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError)
"""What a damaged table of contents raises."""

_STORED, _DEFLATED, _BZIP2, _ZSTD = 0, 8, 12, 93  # 4.4.5
_IS_ENCRYPTED = 0x1  # 4.4.4

_LOCAL_HEADER = struct.Struct("<26xHH")  # 4.3.7: the lengths of name and extra field
# With these around it, deflated data is a gzip member, checksum and all (RFC 1952).
_GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_GZIP_TRAILER = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive. `trouble` says what it is that can't be read, and is mostly empty."""

    place: int
    name: str
    trouble: str


class Zip:
    """Its table of contents is read once. Raises one of ERRORS where that is damaged."""

    def __init__(self, open_file: Callable[[], BinaryIO]) -> None:
        self._open_file = open_file
        with open_file() as file, zipfile.ZipFile(file) as archive:
            self._infos = archive.infolist()

    def members(self) -> Iterator[Member]:
        """In the archive's own order."""
        for place, info in enumerate(self._infos):
            if not info.is_dir():
                yield Member(place, info.filename, _trouble(info))

    def open(self, place: int) -> "ZipStream":
        return ZipStream(self._open_file, self._infos[place])


class ZipStream:
    """The bytes of a file, inflated, once; `damage` then says what is wrong with them, if anything is."""

    def __init__(self, open_file: Callable[[], BinaryIO], info: zipfile.ZipInfo) -> None:
        self._open_file, self._info = open_file, info
        self._stored_bytes = 0
        self._damage = ""
        self._inflater: Gunzip | Bunzip | Unzstd | None = None

    @property
    def damage(self) -> str:
        damage = (self._inflater.damage if self._inflater else "") or self._damage
        return f"in the zip archive, {damage}" if damage else ""

    @property
    def bytes_read(self) -> int:
        return self._stored_bytes

    def __iter__(self) -> Iterator[bytes]:
        match self._info.compress_type:
            case zipfile.ZIP_DEFLATED:
                self._inflater = Gunzip(self._as_gzip(), lambda start: _behind(self._as_gzip(), start))
                return iter(self._inflater)
            case zipfile.ZIP_BZIP2:
                self._inflater = Bunzip(self._reads())
            case 93:
                self._inflater = Unzstd(self._reads())
        return self._checked(self._inflater or self._reads())

    def _checked(self, reads: Iterable[bytes]) -> Iterator[bytes]:
        checksum = given_bytes = 0
        for data in reads:
            checksum = isal_zlib.crc32(data, checksum)
            given_bytes += len(data)
            yield data
        if given_bytes < self._info.file_size:
            self._damage = f"it is cut off at its byte {given_bytes:,}"
        elif checksum != self._info.CRC:
            self._damage = "its checksum is wrong"

    def _as_gzip(self) -> Iterator[bytes]:
        self._stored_bytes = 0
        yield _GZIP_HEADER
        yield from self._reads()
        yield _GZIP_TRAILER.pack(self._info.CRC, self._info.file_size & 0xFFFFFFFF)

    def _reads(self) -> Iterator[bytes]:
        """As they are stored."""
        with self._open_file() as file:
            file.seek(self._info.header_offset)
            header = file.read(_LOCAL_HEADER.size)
            if not header.startswith(b"PK\x03\x04") or len(header) < _LOCAL_HEADER.size:
                self._damage = "its header is damaged"
                return
            file.seek(sum(_LOCAL_HEADER.unpack(header)), 1)
            left = self._info.compress_size
            while left and (data := file.read(min(left, STEP_BYTES))):
                left -= len(data)
                self._stored_bytes += len(data)
                yield data


def _trouble(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _IS_ENCRYPTED:
        return "an encrypted file: unpack it first"
    if info.compress_type not in (_STORED, _DEFLATED, _BZIP2, _ZSTD):
        return f"a file that is compressed in a rare way (method {info.compress_type}): unpack it first"
    return ""


def _behind(reads: Iterator[bytes], start: int) -> Iterator[bytes]:
    for data in reads:
        yield data[start:]
        start = max(0, start - len(data))
