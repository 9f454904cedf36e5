"""Inflates zstd and bzip2 of any number of frames, and of a damaged one everything before the damage."""

import bz2
import sys
from collections.abc import Callable, Iterator
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BZIP2_MAGIC = b"BZh"

# What one call reads and gives at most: a byte may stand for a million.
_STEP_BYTES = 64 * 1024
_MAX_OUTPUT_BYTES = 1024 * 1024
# `zstd --long=27`, what its own program takes at most unless it is told otherwise:
# https://github.com/facebook/zstd/blob/v1.5.7/programs/zstd.1.md (2025-02)
_WINDOW_LOG_MAX = 27


class _Inflater(Protocol):
    """Of one frame."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Inflate:
    """Iterated once, yields the inflated bytes; `damage` then says what is wrong with the rest, if it is."""

    def __init__(self, codec: str, reads: Iterator[bytes]) -> None:
        self._codec, self._reads = codec, reads
        self._make = _MAKERS[codec]
        self.bytes_read = 0
        self.damage = ""

    def __iter__(self) -> Iterator[bytes]:
        inflater: _Inflater | None = None
        for step in self._steps():
            data = step
            while data or not (inflater is None or inflater.needs_input):
                inflater = inflater or self._make()
                try:
                    text = inflater.decompress(data, _MAX_OUTPUT_BYTES)
                except (OSError, zstd.ZstdError) as error:
                    at = self.bytes_read - len(step)
                    self.damage = f"the {self._codec} data is damaged behind byte {at:,}: {error}"
                    return
                if text:
                    yield text
                data = b""
                if inflater.eof:
                    data, inflater = inflater.unused_data, None
        if inflater:
            self.damage = f"the file is cut off: it ends at byte {self.bytes_read:,}, within {self._codec}"

    def _steps(self) -> Iterator[bytes]:
        for data in self._reads:
            for at in range(0, len(data), _STEP_BYTES):
                step = data[at : at + _STEP_BYTES]
                self.bytes_read += len(step)
                yield step


def _zstd() -> _Inflater:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG_MAX})


_MAKERS: dict[str, Callable[[], _Inflater]] = {"zstd": _zstd, "bzip2": bz2.BZ2Decompressor}
