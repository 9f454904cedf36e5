"""Inflates bzip2 of any number of streams, and of a damaged one every block before the damage.

The library is fed to the end of one block, as far as that can be told, and then on: of a call that fails all
is lost that it had inflated. A block whose checksum is wrong is lost, as bzip2recover has it.
"""

import bz2
import re
from collections.abc import Iterator

from partitioner.inputs.feed import Feed

# A block and a stream's end each begin with 48 bits of their own, at any bit. Where the 40 of them that are
# whole bytes stand within a block by chance, it is only fed in two parts.
_MAGIC_BITS = (0x314159265359, 0x177245385090)
_MAGIC_BYTES = 7
_STREAM = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_STREAM_BYTES = 10

_MAX_OUTPUT_BYTES = 1024 * 1024


def _whole_bytes(magic: int, shift: int) -> bytes:
    """Of the 48 bits `shift` bits behind a byte's beginning, those bytes that are theirs alone."""
    all_bytes = (magic << (8 - shift)).to_bytes(7, "big")
    return all_bytes[1:6] if shift else all_bytes[:6]


_BORDER = re.compile(
    b"|".join(re.escape(_whole_bytes(magic, shift)) for magic in _MAGIC_BITS for shift in range(8)), re.DOTALL
)


def is_bzip2(begin: bytes) -> bool:
    return _STREAM.match(begin) is not None


class Bunzip:
    """Iterated once, yields the inflated bytes; `damage` then says what is wrong with the rest, if it is."""

    def __init__(self, reads: Iterator[bytes]) -> None:
        self._feed = Feed(reads)
        self._left = b""
        """What the library hasn't got yet."""
        self.damage = ""

    @property
    def bytes_read(self) -> int:
        return self._feed.taken_bytes

    def __iter__(self) -> Iterator[bytes]:
        while not self.damage and self._fill():
            start = self._place
            if self._left.startswith(b"BZh"):
                yield from self._stream(start)
            else:
                self.damage = f"at byte {start:,} a bzip2 stream should begin and doesn't"

    @property
    def _place(self) -> int:
        return self._feed.taken_bytes - len(self._left)

    def _stream(self, start: int) -> Iterator[bytes]:
        inflater, block = bz2.BZ2Decompressor(), start
        while not inflater.eof and self._fill():
            part = self._part()
            try:
                yield from _inflated(inflater, part)
            except OSError as error:
                self.damage = f"the bzip2 data is damaged behind byte {block:,}: {error}"
                return
            if _BORDER.match(self._left):
                block = self._place
        self._left = inflater.unused_data + self._left
        if not inflater.eof:
            self.damage = f"the file is cut off: it ends within the bzip2 stream at byte {start:,}"

    def _fill(self) -> bool:
        """Whether anything is left; then a magic's bytes and more of it, if the file has them."""
        if len(self._left) <= _MAGIC_BYTES:
            self._left += self._feed.take_read(_MAGIC_BYTES + 1)
        return bool(self._left)

    def _part(self) -> bytes:
        """What is left up to where a block seems to end: in the byte before a magic's whole bytes."""
        border = _BORDER.search(self._left, 1)
        if border:
            cut = border.start()
        else:  # a magic may have begun
            cut = len(self._left) - _MAGIC_BYTES if len(self._left) > _MAGIC_BYTES else len(self._left)
        part, self._left = self._left[:cut], self._left[cut:]
        return part


def _inflated(inflater: bz2.BZ2Decompressor, part: bytes) -> Iterator[bytes]:
    while True:
        text = inflater.decompress(part, _MAX_OUTPUT_BYTES)
        if text:
            yield text
        if inflater.needs_input or inflater.eof:
            return
        part = b""
