"""Files as they are stored: on this disk, on standard input, in a bucket."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from partitioner.gunzip import STEP_BYTES
from partitioner.inputs.remote import file_at, is_remote, open_remote
from partitioner.paths import STDIN
from partitioner.sources import Stdin


class Peeked:
    """What is stored, to be iterated again and again: what was read is kept, so nothing is read twice."""

    def __init__(self, reads: Iterator[bytes]) -> None:
        self._reads = reads
        self._begun: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        at = 0
        while True:
            if at == len(self._begun):
                read = next(self._reads, b"")
                if not read:
                    return
                self._begun.append(read)
            yield self._begun[at]
            at += 1


def stored_reads(location: str, stdin: Stdin, start: int = 0, *, peek: bool = False) -> Iterator[bytes]:
    """From byte `start` on, STEP_BYTES at a time. Standard input from its beginning, and once unless `peek`.

    Raises OSError, and for what lies in a bucket what inputs.remote says.
    """
    if location == STDIN:
        assert not start
        yield from stdin.peek() if peek else stdin.read()
        return
    with stored_file(location, stdin, start) as file:
        while data := file.read(STEP_BYTES):
            yield data


def stored_file(location: str, stdin: Stdin, start: int = 0) -> BinaryIO:
    """Open for reading, anywhere in it; what comes on standard input is kept on the disk for that."""
    if location == STDIN:
        return stdin.on_disk()
    if is_remote(location):
        return open_remote(file_at(location), start)
    file = Path(location).open("rb")  # noqa: SIM115 (the caller's)
    file.seek(start)
    return file
