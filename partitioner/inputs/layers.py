"""What a file's bytes went through, told by first bytes, and undone layer by layer."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from partitioner.gunzip import MAGIC as GZIP_MAGIC
from partitioner.gunzip import Gunzip
from partitioner.inputs.archives import TAR_ERRORS
from partitioner.inputs.bunzip import Bunzip, is_bzip2
from partitioner.inputs.unzstd import Unzstd, is_zstd
from partitioner.inputs.zips import Zip

BEGINNING_BYTES = 512
"""Enough to tell each codec and format: tar's mark is the last, at 257."""

_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257
_MAX_LAYERS = 5  # there are files that inflate to themselves


class Stream(Protocol):
    """Bytes, once, at most a few MB at a time; `damage` then says what ended them early, if anything did."""

    @property
    def damage(self) -> str: ...

    @property
    def bytes_read(self) -> int:
        """Of the file, as it is stored."""

    def __iter__(self) -> Iterator[bytes]: ...


class Plain:
    """Bytes as they are stored; `damage` is what is known of the rest beforehand."""

    def __init__(self, reads: Iterable[bytes], damage: str = "") -> None:
        self._reads = reads
        self.bytes_read = 0
        self.damage = damage

    def __iter__(self) -> Iterator[bytes]:
        for data in self._reads:
            self.bytes_read += len(data)
            yield data


class OfTar:
    """A file in a tar, which is a part of the bytes that the tar has read meanwhile."""

    def __init__(self, reads: Iterable[bytes], tar: Stream) -> None:
        self._reads = reads
        self._tar, self._before_bytes = tar, tar.bytes_read
        self._damage = ""

    @property
    def damage(self) -> str:
        return self._tar.damage or self._damage

    @property
    def bytes_read(self) -> int:
        return self._tar.bytes_read - self._before_bytes

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._reads
        except TAR_ERRORS as error:
            self._damage = f"the archive is damaged: {error}"


class _Layers:
    def __init__(self, layers: Sequence[Stream]) -> None:
        self._layers = layers

    @property
    def damage(self) -> str:
        return next((layer.damage for layer in self._layers if layer.damage), "")

    @property
    def bytes_read(self) -> int:
        return self._layers[0].bytes_read

    def __iter__(self) -> Iterator[bytes]:
        return filter(None, self._layers[-1])


def unwrapped(
    stored: Stream, codecs: Sequence[str], reopen: Callable[[int], Iterator[bytes]] | None = None
) -> Stream:
    """The bytes below these codecs, the first of which is the outermost.

    `reopen` gives what is stored again, from an offset on; with it gzip takes a third of the time.
    """
    layers = [stored]
    for codec in codecs:
        reads = filter(None, layers[-1])  # an empty read would be taken for the end
        if codec == "gzip":
            layers.append(Gunzip(reads, reopen if len(layers) == 1 else None))
        else:
            layers.append(Unzstd(reads) if codec == "zstd" else Bunzip(reads))
    return _Layers(layers)


def of_zip(archive: Zip, place: int, codecs: Sequence[str]) -> Stream:
    """A file in a zip, below its own codecs."""
    return unwrapped(archive.open(place), codecs, lambda start: behind(iter(archive.open(place)), start))


def behind(reads: Iterator[bytes], start: int) -> Iterator[bytes]:
    for data in reads:
        yield data[start:]
        start = max(0, start - len(data))


def peel(open_stream: Callable[[tuple[str, ...]], Stream]) -> tuple[tuple[str, ...], bytes]:
    """The codecs of what `open_stream` gives below those that it is told, and the first bytes below them."""
    codecs: tuple[str, ...] = ()
    while True:
        begin = beginning(open_stream(codecs))
        codec = _codec_of(begin)
        if not codec or len(codecs) >= _MAX_LAYERS:
            return codecs, begin
        codecs = (*codecs, codec)


def _codec_of(begin: bytes) -> str:
    if begin.startswith(GZIP_MAGIC):
        return "gzip"
    if is_zstd(begin):
        return "zstd"
    return "bzip2" if is_bzip2(begin) else ""


def archive_of(begin: bytes) -> str:
    """`zip`, `tar` or nothing."""
    if begin.startswith(_ZIP_MAGIC):
        return "zip"
    return "tar" if begin.startswith(_TAR_MAGIC, _TAR_MAGIC_AT) else ""


def beginning(reads: Iterable[bytes], count: int = BEGINNING_BYTES) -> bytes:
    begin = b""
    for data in reads:
        begin += data
        if len(begin) >= count:
            break
    return begin
