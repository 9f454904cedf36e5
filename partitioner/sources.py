"""The files that an export consists of."""

import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from partitioner.formats import NDJSON, Format, Ndjson
from partitioner.gunzip import STEP_BYTES
from partitioner.paths import STDIN, Skipped
from partitioner.shape.decide import First


@dataclass(frozen=True, slots=True)
class Source:
    """One file, which may stand within an archive.

    `file` is its path as the user gave it, with `!` before its name in an archive; manifest and rejected
    records call it so. Size and version or time of change are its fingerprint: by them a killed run sees
    that the input is still the same.
    """

    file: str
    format: Format = NDJSON
    codecs: tuple[str, ...] = ()
    """What its bytes went through, the outermost first: `("gzip",)`; in an archive `("gzip", "tar:2")`."""
    holds_letters: bool = False
    size: int = 0
    changed_ns: int = 0
    location: str = ""
    """Where the bytes are stored, if not at `file`: of an object in a bucket also which generation."""
    damage: str = ""
    """What is wrong with an archive behind this file, the last that can be read."""

    @property
    def place(self) -> str:
        return self.location or self.file

    @property
    def is_stdin(self) -> bool:
        return self.place == STDIN

    @property
    def is_local(self) -> bool:
        """Whether it is a file on this disk."""
        return not self.is_stdin and not self.location.startswith(("gs://", "s3://"))

    @property
    def is_streamed(self) -> bool:
        """Whether a line can only be reached by reading all before it."""
        return bool(self.codecs) or not self.is_local or not isinstance(self.format, Ndjson)


@dataclass(frozen=True, slots=True)
class Found:
    sources: tuple[Source, ...]
    skipped: tuple[Skipped, ...]
    firsts: tuple[First, ...] = ()

    def without(self, left_out: Mapping[str, str]) -> "Found":
        """With these files among the skipped, and why."""
        return Found(
            tuple(source for source in self.sources if source.file not in left_out),
            (*self.skipped, *(Skipped(file, why) for file, why in left_out.items())),
            tuple(first for first in self.firsts if first.file not in left_out),
        )


def stored_bytes(sources: Sequence[Source]) -> int:
    """Of all files together, each archive once."""
    return sum({source.place: source.size for source in sources}.values())


class Stdin:
    """Standard input, whose beginning can be read twice: once to see what it is."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._begun: list[bytes] = []
        self._kept: Path | None = None

    def peek(self) -> Iterator[bytes]:
        """What comes here comes again from `read`."""
        if self._kept:
            yield from self.read()
            return
        yield from self._begun
        while data := self._stream.read(STEP_BYTES):
            self._begun.append(data)
            yield data

    def read(self) -> Iterator[bytes]:
        if self._kept:
            with self.on_disk() as file:
                while data := file.read(STEP_BYTES):
                    yield data
            return
        while self._begun:
            yield self._begun.pop(0)
        while data := self._stream.read(STEP_BYTES):
            yield data

    def on_disk(self) -> BinaryIO:
        """All of it, as a file that is gone when this process is."""
        if not self._kept:
            with tempfile.NamedTemporaryFile(prefix="stdin-", delete=False) as file:
                weakref.finalize(self, Path(file.name).unlink, missing_ok=True)
                for data in self.read():
                    file.write(data)
            self._kept = Path(file.name)
        return self._kept.open("rb")
