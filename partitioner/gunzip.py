"""Inflates gzip of any number of members, and of a damaged one everything that can still be read."""

import zlib
from collections.abc import Callable, Generator, Iterator
from typing import cast

from isal import isal_zlib

MAGIC = b"\x1f\x8b"

# What one call inflates: at 64 KB a call's own cost is past noticing. Its output is bounded for gzip bombs.
STEP_BYTES = 64 * 1024
_MAX_OUTPUT_BYTES = 4 * 1024 * 1024
# zlib's steps inflate whole, at most 1,032 bytes for one.
_ZLIB_STEP_BYTES = 8 * 1024

_GZIP_WBITS = 31
_IsalError = cast("type[Exception]", isal_zlib.IsalError)  # isal's stub takes it for an instance

Steps = Iterator[bytes]


class _Damaged(Exception):  # noqa: N818 (never leaves this module)
    pass


class Gunzip:
    """Iterated once, yields the inflated bytes; `damage` then says what is wrong with the rest, if it is.

    `reopen` gives the same bytes again, from an offset on. With it isal does the work (three times as fast as
    zlib), and only the member that is damaged is inflated again by zlib, which can be copied before each step
    and so lets nothing readable go. Without it, on stdin, zlib does it all.
    """

    def __init__(self, steps: Steps, reopen: Callable[[int], Steps] | None = None) -> None:
        self._steps, self._reopen = steps, reopen
        self.bytes_read = 0
        self.damage = ""

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._members()
        except _Damaged as error:
            self.damage = str(error)

    def _members(self) -> Iterator[bytes]:
        left = self._next()
        while left:
            left = left if len(left) > 1 else left + self._next()
            start = self.bytes_read - len(left)
            if left.startswith(b"\0") and self._only_zeros(left):
                return
            if not left.startswith(MAGIC):
                raise _Damaged(f"at byte {start:,} a gzip member should begin and doesn't")
            left = yield from self._by_isal(left) if self._reopen else self._by_zlib(self._from(left), start)
            left = left or self._next()

    def _by_isal(self, data: bytes) -> Generator[bytes, None, bytes]:
        """Returns what follows the member, as far as it was read."""
        start, given = self.bytes_read - len(data), 0
        inflater = isal_zlib.decompressobj(wbits=_GZIP_WBITS)
        while True:
            try:
                text = inflater.decompress(data, _MAX_OUTPUT_BYTES)
            except _IsalError as error:
                yield from self._rest_of_member(start, given)
                raise _Damaged(f"the gzip member at byte {start:,} is damaged: {error}") from error
            given += len(text)
            if text:
                yield text
            if inflater.eof:
                return bytes(inflater.unused_data)
            data = inflater.unconsumed_tail or self._next()
            if not data and not text:
                yield from self._rest_of_member(start, given)  # isal holds its last bits back
                raise _cut_off(start)

    def _rest_of_member(self, start: int, given: int) -> Iterator[bytes]:
        assert self._reopen
        for text in self._by_zlib(self._reopen(start), start):
            yield text[given:]
            given = max(0, given - len(text))

    def _by_zlib(self, steps: Steps, start: int) -> Generator[bytes, None, bytes]:
        """Returns what follows the member, as far as it was read."""
        inflater, at = zlib.decompressobj(_GZIP_WBITS), start
        for step in steps:
            for begin in range(0, len(step), _ZLIB_STEP_BYTES):
                data = step[begin : begin + _ZLIB_STEP_BYTES]
                before = inflater.copy()
                try:
                    text = inflater.decompress(data)
                except zlib.error as error:
                    good = yield from _up_to_the_damage(before, data)
                    raise _Damaged(f"the gzip data is damaged at byte {at + good:,}: {error}") from error
                at += len(data)
                if text:
                    yield text
                if inflater.eof:
                    return inflater.unused_data + step[begin + _ZLIB_STEP_BYTES :]
        raise _cut_off(start)

    def _from(self, left: bytes) -> Steps:
        while left:
            yield left
            left = self._next()

    def _next(self) -> bytes:
        step = next(self._steps, b"")
        self.bytes_read += len(step)
        return step

    def _only_zeros(self, left: bytes) -> bool:
        """Whether the rest is the padding that gzip tools pass over.

        Source: https://www.gnu.org/software/gzip/manual/gzip.html#Tapes (1.14, 2025-04)
        """
        while left and not left.strip(b"\0"):
            left = self._next()
        return not left


def _cut_off(start: int) -> _Damaged:
    return _Damaged(f"the file is cut off: it ends within the gzip member at byte {start:,}")


def _up_to_the_damage(inflater: "zlib._Decompress", data: bytes) -> Generator[bytes, None, int]:
    """Returns how many bytes of the data were good."""
    for at in range(len(data)):
        try:
            text = inflater.decompress(data[at : at + 1])
        except zlib.error:
            return at
        if text:
            yield text
    return len(data)
