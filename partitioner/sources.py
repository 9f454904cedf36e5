"""The files that an export consists of, and how each is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from partitioner.exits import Refused
from partitioner.formats import NDJSON, Avro, Format, Ndjson, Parquet
from partitioner.gunzip import MAGIC, STEP_BYTES, Gunzip
from partitioner.lines import read_file
from partitioner.paths import STDIN, Skipped, expand
from partitioner.shape.decide import First
from partitioner.sniff import CUT_OFF, Look, look_at

SUPPORTED = "What can be split is one JSON record a line (NDJSON), plain or gzip."

_BEGIN_BYTES = 4
_BY_BEGIN: dict[bytes, Format] = {b"PAR1": Parquet(), b"Obj\x01": Avro()}


@dataclass(frozen=True, slots=True)
class Source:
    """One file. `file` is its path as the user gave it, and what manifest and rejected records call it.

    Size and time of change are its fingerprint: by them a killed run sees that the input is still the same.
    """

    file: str
    format: Format = NDJSON
    codecs: tuple[str, ...] = ()
    """What the file's bytes went through, the last first: `("gzip",)`."""
    holds_letters: bool = False
    size: int = 0
    changed_ns: int = 0

    @property
    def is_stdin(self) -> bool:
        return self.file == STDIN

    @property
    def is_streamed(self) -> bool:
        """Whether a line can only be reached by reading all before it."""
        return bool(self.codecs) or self.is_stdin or not isinstance(self.format, Ndjson)


@dataclass(frozen=True, slots=True)
class Found:
    sources: tuple[Source, ...]
    skipped: tuple[Skipped, ...]
    firsts: tuple[First, ...] = ()


class Stdin:
    """Standard input, whose beginning can be read twice: once to see what it is."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._begun: list[bytes] = []

    def peek(self) -> Iterator[bytes]:
        """What comes here comes again from `read`."""
        yield from self._begun
        while data := self._stream.read(STEP_BYTES):
            self._begun.append(data)
            yield data

    def read(self) -> Iterator[bytes]:
        while self._begun:
            yield self._begun.pop(0)
        while data := self._stream.read(STEP_BYTES):
            yield data


def find_sources(exports: Sequence[str], stdin: Stdin, own_output: Path) -> Found:
    """What a folder or glob holds beside records is skipped and named; a file named by itself must hold them.

    Raises Refused for what isn't there, what can't be read and what holds no records.
    """
    sources: list[Source] = []
    skipped: list[Skipped] = []
    firsts: list[First] = []
    for named in expand(exports, own_output):
        if isinstance(named, Skipped):
            skipped.append(named)
            continue
        try:
            source, look = _look_into(named.file, stdin)
        except OSError as error:
            raise Refused(f"{named.file} can't be read: {error.strerror}") from error
        if look.is_empty:
            skipped.append(Skipped(named.file, "empty"))
        elif not look.unlike:
            sources.append(source)
            firsts.append(First(source.file, source.format, look.first_rows))
        elif named.by_itself:
            raise _not_records(named.file, look)
        else:
            skipped.append(Skipped(named.file, f"looks like {look.unlike}"))
    if not sources:
        reasons = "".join(f"\n  {each.file}: {each.why}" for each in skipped)
        raise Refused(f"there is nothing to split. {SUPPORTED}{reasons}")
    return Found(tuple(sources), tuple(skipped), tuple(firsts))


def _look_into(file: str, stdin: Stdin) -> tuple[Source, Look]:
    if file == STDIN:
        is_gzip = next(stdin.peek(), b"").startswith(MAGIC)
        source, gunzip, plain = Source(file), Gunzip(stdin.peek()), stdin.peek()
    else:
        about, begin = Path(file).stat(), next(read_file(file, 0, _BEGIN_BYTES), b"")
        is_gzip = begin.startswith(MAGIC)
        source = Source(file, size=about.st_size, changed_ns=about.st_mtime_ns)
        if begin in _BY_BEGIN:
            return replace(source, format=_BY_BEGIN[begin]), Look()
        gunzip, plain = Gunzip(steps(file), lambda start: steps(file, start)), read_file(file)
    look = look_at(gunzip if is_gzip else plain)
    if gunzip.damage and (look.is_empty or look.unlike == CUT_OFF):
        look = Look()  # the damage is all there is to say of it, and will be named
    codecs = ("gzip",) if is_gzip else ()
    return replace(source, codecs=codecs, holds_letters=look.holds_letters), look


def steps(file: str, start: int = 0) -> Iterator[bytes]:
    for block in read_file(file, start):
        for at in range(0, len(block), STEP_BYTES):
            yield block[at : at + STEP_BYTES]


def _not_records(file: str, look: Look) -> Refused:
    how = f" Try: {look.hint.replace('FILE', file)} | python -m partitioner split - --name NAME --output DIR"
    return Refused(f"{file} looks like {look.unlike}. {SUPPORTED}{how if look.hint else ''}")
