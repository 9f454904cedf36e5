"""A file read by ranges of bytes: few requests where it is read in order, small ones where it isn't."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from function.errors import StorageUnavailable
from partitioner.exits import Refused
from partitioner.inputs.patience import Patience

FIRST_BYTES = 256 * 1024
"""Of a place where nothing was read before. Parquet's footer and all that it points to at the end fit in."""
MAX_BYTES = 8 << 20
CACHE_BYTES = 32 << 20
"""Parquet is read in as many places at once as it has columns: each needs a block of its own here."""
_MIN_BYTES = 64 * 1024

Fetch = Callable[[int, int, io.BytesIO], None]
"""Appends bytes [start, end) of a file as they come, in one try; what came before a failure stays.

Raises StorageUnavailable where another try may help.
"""


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    data: memoryview
    begun: int
    """Where the reading that it goes on with began: of Parquet, a column in a row group."""

    @property
    def end(self) -> int:
        return self.start + len(self.data)


class Ranged(io.RawIOBase):
    """A place's first block is 256 KB, the one that follows on it is twice as long, up to 8 MB."""

    def __init__(self, name: str, size: int, fetch: Fetch, patience_seconds: float) -> None:
        super().__init__()
        self.name, self._size = name, size
        self._fetch, self._patience_seconds = fetch, patience_seconds
        self._position = 0
        self._blocks: list[_Block] = []  # the one used last stands last

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"there is no place {base + offset} in a file")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Raises StorageUnavailable, and what `fetch` raises beside."""
        target = memoryview(buffer).cast("B")
        if self._position >= self._size or not target:
            return 0
        block = self._block_at(self._position, len(target))
        begin = self._position - block.start
        found = block.data[begin : begin + len(target)]
        target[: len(found)] = found
        self._position += len(found)
        return len(found)

    def close(self) -> None:
        self._blocks.clear()
        super().close()

    def _block_at(self, position: int, wanted_bytes: int) -> _Block:
        for index, block in enumerate(self._blocks):
            if block.start <= position < block.end:
                self._blocks.append(self._blocks.pop(index))
                return block
        start, end, begun = self._range_at(position, wanted_bytes)
        while self._blocks and sum(len(block.data) for block in self._blocks) + end - start > CACHE_BYTES:
            self._blocks.pop(0)
        self._blocks.append(_Block(start, self._load(start, end), begun))
        return self._blocks[-1]

    def _range_at(self, position: int, wanted_bytes: int) -> tuple[int, int, int]:
        """Takes out the block that ends at `position`: the new one takes its place.

        It ends at the latest where another reading began, which has that part (else a third more is read of
        a Parquet file of 12 columns).
        """
        before = next((block for block in self._blocks if block.end == position), None)
        if before:
            self._blocks.remove(before)
        elif position >= self._size - FIRST_BYTES:
            start = max(0, self._size - FIRST_BYTES)
            return start, self._size, start
        share = CACHE_BYTES // (len(self._blocks) + 1)
        step = min(2 * len(before.data) if before else FIRST_BYTES, max(share, _MIN_BYTES))
        next_begun = min((each.begun for each in self._blocks if each.begun > position), default=self._size)
        end = min(next_begun, position + min(MAX_BYTES, max(step, wanted_bytes)))
        return position, end, before.begun if before else position

    def _load(self, start: int, end: int) -> memoryview:
        data, patience = io.BytesIO(), Patience(self._patience_seconds)
        while (got := data.tell()) < end - start:
            try:
                self._fetch(start + got, end, data)
                if data.tell() == got:
                    raise StorageUnavailable(f"{self.name}: an answer without a byte")  # noqa: TRY301 (one way to try again)
            except StorageUnavailable as error:
                if data.tell() > got:
                    patience.renew()
                patience.wait(error)
        if data.tell() > end - start:
            raise Refused(f"{self.name}: its server answers with other bytes than it was asked for")
        return data.getbuffer()
