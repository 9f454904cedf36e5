"""Opens sources: from a file's bytes, by layers and layout, to rows."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from partitioner.exits import Refused
from partitioner.formats import Csv, Format, JsonArray, Ndjson, Parquet
from partitioner.formats.csv import lay_out_csv
from partitioner.formats.json_array import JsonArrayLines
from partitioner.formats.rows import RowFile
from partitioner.inputs.archives import Tar
from partitioner.inputs.layers import OfTar, Plain, Stream, beginning, of_zip, unwrapped
from partitioner.inputs.remote import file_at, is_remote, open_remote
from partitioner.inputs.stored import stored_file, stored_reads
from partitioner.inputs.zips import Zip
from partitioner.lines import read_file
from partitioner.sniff import BOM
from partitioner.sources import Source, Stdin


class Lines:
    """A text format's rows, each laid out as one line, from byte `start` of all lines on."""

    def __init__(self, stream: Stream, reads: Iterable[bytes], start: int, damage_behind: str = "") -> None:
        self._stream, self._reads, self.start = stream, reads, start
        self._damage_behind = damage_behind

    @property
    def damage(self) -> str:
        return self._stream.damage or getattr(self._reads, "damage", "") or self._damage_behind

    @property
    def bytes_read(self) -> int:
        return self._stream.bytes_read

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._reads)


class Opener:
    """Sources are best opened in their order: the files of a tar are then read in one pass.

    `folder` is for what can't be read as it is stored, until the run ends.
    """

    def __init__(self, stdin: Stdin, folder: Path | None = None) -> None:
        self._stdin, self._folder = stdin, folder
        self._inflated_files = 0
        self._zip: tuple[str, Zip] | None = None
        self._tar: tuple[tuple[str, Sequence[str]], Tar, Stream] | None = None

    def lines(self, source: Source, start: int = 0) -> Lines:
        """From byte `start` on, where a line begins; a byte order mark is passed over.

        The bytes of a file that workers read themselves are numbered as they stand there, the mark counted.
        """
        if not source.is_streamed:
            start = start or _mark_bytes(source.place)
            stream = Plain(read_file(source.place, start))
            return Lines(stream, stream, start)
        if start and not source.codecs and not source.is_stdin and isinstance(source.format, Ndjson):
            mark_bytes = len(BOM) if beginning(stored_reads(source.place, self._stdin)).startswith(BOM) else 0
            stored = Plain(stored_reads(source.place, self._stdin, mark_bytes + start))
            return Lines(stored, stored, start)
        inflated = self.stream(source)
        laid_out = laid_out_reads(inflated, source.format)
        return Lines(inflated, _From(laid_out, start), start, source.damage)

    def stream(self, source: Source) -> Stream:
        """The bytes of the format, inflated."""
        at = next((at for at, codec in enumerate(source.codecs) if ":" in codec), None)
        if at is None:
            return self._unwrapped(source.place, source.codecs)
        archive, place = source.codecs[at].split(":")
        inner = source.codecs[at + 1 :]
        if archive == "zip":
            return of_zip(self._zip_at(source.place), int(place), inner)
        return unwrapped(self._of_tar(source, at, int(place)), inner)

    def row_file(self, source: Source) -> tuple[RowFile, str]:
        """Of a format whose rows are found by number, with the path where a worker finds them."""
        # Imported here: pyarrow alone takes 0.3 s, which is much of a small run.
        from partitioner.formats.avro import AvroFile  # noqa: PLC0415 (see above)
        from partitioner.formats.parquet import ParquetFile  # noqa: PLC0415 (see above)

        path, damage = source.place, ""
        if source.codecs or source.is_stdin:
            path, damage = self._inflated(source)
        index = ParquetFile if isinstance(source.format, Parquet) else AvroFile
        try:
            with open_rows(path) as file:
                rows = index(file, source.file)
        except Refused as error:
            raise Refused(f"{error.message} {source.file}: {damage}" if damage else error.message) from error
        return (_Damaged(rows, damage) if damage else rows), path

    def _unwrapped(self, place: str, codecs: Sequence[str]) -> Stream:
        stored = Plain(stored_reads(place, self._stdin))
        reopen = None if place == "-" else lambda start: stored_reads(place, self._stdin, start)
        return unwrapped(stored, codecs, reopen)

    def _zip_at(self, place: str) -> Zip:
        if self._zip is None or self._zip[0] != place:
            self._zip = (place, Zip(lambda: stored_file(place, self._stdin)))
        return self._zip[1]

    def _of_tar(self, source: Source, at: int, place: int) -> OfTar:
        key = (source.place, source.codecs[:at])
        for _ in range(2):
            if self._tar is None or self._tar[0] != key:
                stream = self._unwrapped(*key)
                self._tar = (key, Tar(stream), stream)
            reads = self._tar[1].reads(place)
            if reads is not None:
                return OfTar(reads, self._tar[2])
            self._tar = None  # passed already: from its beginning
        raise AssertionError

    def _inflated(self, source: Source) -> tuple[str, str]:
        """The path, and what is wrong behind what stands there.

        The folder is cleared of it with the run; a run that goes on makes it anew.
        """
        assert self._folder
        self._inflated_files += 1
        path = self._folder / "spool" / f"inflated-{self._inflated_files}"
        stream = self.stream(source)
        with path.open("wb") as file:
            for data in stream:
                file.write(data)
        return str(path), stream.damage or source.damage


class _Damaged:
    """A RowFile of which something is wrong behind all that it has."""

    def __init__(self, rows: RowFile, damage: str) -> None:
        self.rows, self.damage = rows.rows, damage
        self.bytes_before, self.json_bytes, self.piece = rows.bytes_before, rows.json_bytes, rows.piece


def open_rows(path: str) -> BinaryIO:
    """A file as Opener.row_file names it, on this disk or in a bucket."""
    return open_remote(file_at(path)) if is_remote(path) else Path(path).open("rb")


def laid_out_reads(stream: Iterable[bytes], form: Format) -> Iterable[bytes]:
    """Each row as one line, without a byte order mark; has `damage` where the format itself may have."""
    reads = _without_mark(iter(stream))
    match form:
        case Csv():
            return lay_out_csv(reads, form)
        case JsonArray():
            return JsonArrayLines(reads)
    return reads


class _From:
    def __init__(self, reads: Iterable[bytes], start: int) -> None:
        self._reads, self._start = reads, start

    @property
    def damage(self) -> str:
        return getattr(self._reads, "damage", "")

    def __iter__(self) -> Iterator[bytes]:
        start = self._start
        for data in self._reads:
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
