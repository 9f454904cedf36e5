"""An object whose bytes are at hand, and that remembers which were asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from function.errors import StorageUnavailable


class BytesSource:
    def __init__(self, data: bytes) -> None:
        self.data, self.size = data, len(data)
        self.reads: list[tuple[int, int]] = []
        self._is_down = False

    def read(self, start: int, end: int) -> bytes:
        if self._is_down:
            raise StorageUnavailable("the bucket is down")
        self.reads.append((start, end))
        return self.data[start:end]

    @contextmanager
    def down(self) -> Iterator[None]:
        self._is_down = True
        yield
        self._is_down = False


class FileSource:
    """The same of a file, which is not in memory."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("rb")  # noqa: SIM115 (as long as the process)
        self.size = Path(path).stat().st_size

    def read(self, start: int, end: int) -> bytes:
        self._file.seek(start)
        return self._file.read(end - start)
