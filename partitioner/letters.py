"""Files of what doesn't become a record: rejected records, each with its reason and its place, and others."""

import os
from pathlib import Path
from typing import BinaryIO

import deflate

from function.state import DeadLetter, encode_dead_letter

# What one gzip member holds; bounds memory where a whole segment is rejected.
_MEMBER_BYTES = 1_000_000
_LEVEL = 5


class LinesFile:
    """Made with the first line: without any there is no file. The same lines give the same bytes."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0

    def add(self, line: bytes) -> None:
        """The line with its newline."""
        if not self._path:
            return
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        if self._waiting_bytes >= _MEMBER_BYTES:
            self._write(self._path)

    def close(self) -> bool:
        """Returns, when all is on the disk, whether there is a file."""
        if self._waiting and self._path:
            self._write(self._path)
        if self._file is None:
            return False
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return True

    def _write(self, path: Path) -> None:
        self._file = self._file or path.open("wb")
        self._file.write(deflate.gzip_compress(b"".join(self._waiting), _LEVEL))
        self._waiting.clear()
        self._waiting_bytes = 0


class LettersFile:
    """Rejected records, each as a letter."""

    def __init__(self, path: Path | None) -> None:
        self._file = LinesFile(path)

    def add(self, letter: DeadLetter) -> None:
        self._file.add(encode_dead_letter(letter))

    def close(self) -> bool:
        """Returns, when all is on the disk, whether there is a file."""
        return self._file.close()
