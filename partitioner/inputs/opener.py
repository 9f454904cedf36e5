"""Opens sources: from a file's bytes, by codecs and layout, to rows."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Protocol

from partitioner.formats import Csv, Format, JsonArray, Parquet
from partitioner.formats.rows import RowFile
from partitioner.gunzip import Gunzip
from partitioner.lines import read_file
from partitioner.sniff import BOM
from partitioner.sources import Source, Stdin, steps


class Stream(Protocol):
    """The bytes of a source, once, a few hundred KB at a time; `damage` says what ended them early."""

    @property
    def damage(self) -> str: ...

    @property
    def bytes_read(self) -> int:
        """Of the file, as it is stored."""

    def __iter__(self) -> Iterator[bytes]: ...


class Lines:
    """A text format's rows, each laid out as one line, from byte `start` of all lines on."""

    def __init__(self, stream: Stream, reads: Iterator[bytes], start: int) -> None:
        self._stream, self._reads, self.start = stream, reads, start

    @property
    def damage(self) -> str:
        return self._stream.damage

    @property
    def bytes_read(self) -> int:
        return self._stream.bytes_read

    def __iter__(self) -> Iterator[bytes]:
        return self._reads


class Opener:
    """`folder` is for what can't be read as it is stored, until the run ends."""

    def __init__(self, stdin: Stdin, folder: Path | None = None) -> None:
        self._stdin, self._folder = stdin, folder

    def lines(self, source: Source, start: int = 0) -> Lines:
        """From byte `start` on, where a line begins; a byte order mark is passed over.

        The bytes of a file that workers read themselves are numbered as they stand there, the mark counted.
        """
        if not source.is_streamed:
            start = start or _mark_bytes(source.file)
            stream = _Plain(read_file(source.file, start))
            return Lines(stream, iter(stream), start)
        inflated = self.stream(source)
        laid_out = _laid_out(_without_mark(iter(inflated)), source.format)
        return Lines(inflated, _behind(laid_out, start), start)

    def stream(self, source: Source) -> Stream:
        """The bytes of the format, inflated."""
        if source.codecs == ("gzip",):
            if source.is_stdin:
                return Gunzip(self._stdin.read())
            return Gunzip(steps(source.file), lambda start: steps(source.file, start))
        assert not source.codecs
        return _Plain(self._stdin.read() if source.is_stdin else read_file(source.file))

    def row_file(self, source: Source) -> tuple[RowFile, str]:
        """Of a format whose rows are found by number, with the path where a worker finds them."""
        assert not source.codecs
        # Imported here: pyarrow alone takes 0.3 s, which is much of a small run.
        from partitioner.formats.avro import AvroFile  # noqa: PLC0415 (see above)
        from partitioner.formats.parquet import ParquetFile  # noqa: PLC0415 (see above)

        index = ParquetFile if isinstance(source.format, Parquet) else AvroFile
        with Path(source.file).open("rb") as file:
            return index(file, source.file), source.file


class _Plain:
    damage = ""

    def __init__(self, reads: Iterable[bytes]) -> None:
        self._reads = reads
        self.bytes_read = 0

    def __iter__(self) -> Iterator[bytes]:
        for data in self._reads:
            self.bytes_read += len(data)
            yield data


def _laid_out(reads: Iterator[bytes], form: Format) -> Iterator[bytes]:
    match form:
        case Csv() | JsonArray():
            raise NotImplementedError(form)
    return reads


def _behind(reads: Iterator[bytes], start: int) -> Iterator[bytes]:
    for data in reads:
        yield data[start:]
        start = max(0, start - len(data))


def _mark_bytes(file: str) -> int:
    return len(BOM) if next(read_file(file, 0, len(BOM)), b"") == BOM else 0


def _without_mark(reads: Iterator[bytes]) -> Iterator[bytes]:
    begin = b""
    for data in reads:
        begin += data
        if len(begin) >= len(BOM):
            break
    return chain((begin.removeprefix(BOM),), reads)
