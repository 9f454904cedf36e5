"""Inflates zstd of any number of frames, and of a damaged one every block before the damage.

Frames are fed to the library block by block, since of a call that fails all is lost that it had inflated.
Source: RFC 8878, 3.1 (https://datatracker.ietf.org/doc/html/rfc8878, 2021-02).
"""

import sys
from collections.abc import Iterator

from partitioner.inputs.feed import Feed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_FRAME = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"  # behind a byte from 0x50 to 0x5f

# A block gives at most 128 KB, whatever it says of itself.
_MAX_OUTPUT_BYTES = 1024 * 1024
_MAX_BLOCK_BYTES = 128 * 1024
_STEP_BYTES = 64 * 1024
# `zstd --long=27`, what its own program takes at most unless it is told otherwise:
# https://github.com/facebook/zstd/blob/v1.5.7/programs/zstd.1.md (2025-02)
_WINDOW_LOG_MAX = 27

_RLE, _RESERVED = 1, 3


def is_zstd(begin: bytes) -> bool:
    return begin.startswith(_FRAME) or _is_skippable(begin)


class Unzstd:
    """Iterated once, yields the inflated bytes; `damage` then says what is wrong with the rest, if it is."""

    def __init__(self, reads: Iterator[bytes]) -> None:
        self._feed = Feed(reads)
        self.damage = ""

    @property
    def bytes_read(self) -> int:
        return self._feed.taken_bytes

    def __iter__(self) -> Iterator[bytes]:
        while not self.damage and (begin := self._feed.peek(4)):
            start = self._feed.taken_bytes
            if begin == _FRAME:
                yield from self._frame()
            elif _is_skippable(begin):
                self._skip()
            else:
                self.damage = f"at byte {start:,} a zstd frame should begin and doesn't"

    def _frame(self) -> Iterator[bytes]:
        start = at = self._feed.taken_bytes
        inflater = zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG_MAX}
        )
        for piece in self._pieces():
            try:
                text = inflater.decompress(piece, _MAX_OUTPUT_BYTES)
            except zstd.ZstdError as error:
                self.damage = f"the zstd data is damaged at byte {at:,}: {error}"
                return
            at = self._feed.taken_bytes
            if text:
                yield text
        if not inflater.eof:
            self.damage = f"the file is cut off: it ends within the zstd frame at byte {start:,}"

    def _pieces(self) -> Iterator[bytes]:
        """The frame's header, each block, and the checksum."""
        descriptor = self._feed.peek(5)[4:]
        if not descriptor:
            yield self._feed.take(5)
            return
        yield self._feed.take(4 + _header_bytes(descriptor[0]))
        is_last = False
        while not is_last:
            header = int.from_bytes(self._feed.peek(3), "little")
            is_last, kind, size = bool(header & 1), header >> 1 & 3, header >> 3
            if kind == _RLE:
                size = 1
            elif kind == _RESERVED or size > _MAX_BLOCK_BYTES:
                size, is_last = 0, True  # for the library to say so
            yield self._feed.take(3 + size)
            if not self._feed.peek(1):
                return
        if descriptor[0] & 0x04:
            yield self._feed.take(4)

    def _skip(self) -> None:
        start = self._feed.taken_bytes
        left = int.from_bytes(self._feed.take(8)[4:], "little")
        while left and (data := self._feed.take(min(left, _STEP_BYTES))):
            left -= len(data)
        if left:
            self.damage = f"the file is cut off: it ends within the zstd frame at byte {start:,}"


def _is_skippable(begin: bytes) -> bool:
    return begin[1:4] == _SKIPPABLE and 0x50 <= begin[0] <= 0x5F


def _header_bytes(descriptor: int) -> int:
    is_single_segment = bool(descriptor & 0x20)
    content_size = (1 if is_single_segment else 0, 2, 4, 8)[descriptor >> 6]
    dictionary_id = (0, 1, 2, 4)[descriptor & 3]
    return 1 + (not is_single_segment) + dictionary_id + content_size
