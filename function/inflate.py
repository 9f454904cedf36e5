"""Foreign gzip, member by member, in pieces of bounded size whatever a member inflates to."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import google_crc32c
from isal import igzip_lib

from .blocks import Blocks, Piece
from .errors import NotImportable, UnreadableState
from .members import MAGIC, GzipError, read_ready_member
from .state import Position

# What a feed holds behind a member's end is copied: the first is small, so that tiny members are cheap.
_FIRST_FEED_BYTES = 2 * 1024
_FEED_BYTES = 64 * 1024
# A header's name and comment have no limit of their own.
_MAX_HEADER_BYTES = 1024 * 1024
_USUAL_HEADER_BYTES = 512
_FIXED_HEADER_BYTES = 10
_DEFLATE = 8
_FHCRC, _FEXTRA, _FNAME, _FCOMMENT, _RESERVED = 2, 4, 8, 16, 0xE0


@dataclass(frozen=True, slots=True)
class _Member:
    """`offset` is where its header begins, `crc32c` the checksum of the object's bytes before."""

    offset: int
    body_offset: int
    crc32c: int


def read_members(blocks: Blocks, start: Position) -> Iterator[Piece]:
    """Text from `start` to the object's end, or to a send-ready member; an empty piece says where that is.

    Zero bytes between or behind members are padding, as gzip(1) has it.

    Raises:
        NotImportable: the gzip is damaged or cut off; all that could be inflated before has been yielded.
    """
    offset, crc32c, skip_bytes = start.offset, start.crc32c, start.inflated
    while True:
        offset, crc32c = _skip_padding(blocks, offset, crc32c)
        if offset >= blocks.size or read_ready_member(blocks, offset):
            yield Piece(b"", offset, 0, crc32c, plain=False)
            return
        member = _Member(offset, offset + _header_bytes(blocks, offset), crc32c)
        offset, crc32c = yield from _inflate(blocks, member, skip_bytes, careful_from=blocks.size)
        skip_bytes = 0


def _skip_padding(blocks: Blocks, offset: int, crc32c: int) -> tuple[int, int]:
    while (data := blocks.take(offset, _FIRST_FEED_BYTES)) and not data[0]:
        padding = data[: len(data) - len(data.lstrip(b"\0"))]
        offset, crc32c = offset + len(padding), google_crc32c.extend(crc32c, padding)
    return offset, crc32c


def _inflate(
    blocks: Blocks, member: _Member, skip_bytes: int, *, careful_from: int
) -> Generator[Piece, None, tuple[int, int]]:
    """The member's text behind its first `skip_bytes`; returns where the member ends and the checksum there.

    A call that fails keeps the text it had made. So the member is then inflated once more, with single bytes
    from `careful_from` on, and everything before the damage is saved.
    """
    # Headers are read here, not by isal: 1.9.1 loses its way in one whose optional fields come in two feeds.
    stream = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP_NO_HDR_VER)
    at, made = member.body_offset, 0
    feed = blocks.exactly(member.offset, at)
    crc32c = member.crc32c
    while not stream.eof:
        fresh = b""
        if stream.needs_input:
            crc32c = google_crc32c.extend(crc32c, feed)
            feed_bytes = _FEED_BYTES if made else _FIRST_FEED_BYTES
            fresh = feed = blocks.take(at, min(feed_bytes, max(1, careful_from - at)))
            if not feed:
                raise _damaged(at, "is cut off")
            at += len(feed)
        try:
            text = stream.decompress(fresh, blocks.limits.piece_bytes)
        except GzipError as error:
            at -= len(feed)
            if at >= careful_from:
                raise _damaged(at, "is damaged") from error
            return (yield from _inflate(blocks, member, max(made, skip_bytes), careful_from=at))
        made += len(text)
        if made > skip_bytes:
            text = text[max(0, len(text) - (made - skip_bytes)) :]
            yield Piece(text, member.offset, made - len(text), member.crc32c, plain=False)
    if made < skip_bytes:
        raise UnreadableState(f"the checkpoint lies {skip_bytes} bytes into a gzip member of {made}")
    unused = len(stream.unused_data)
    return at - unused, google_crc32c.extend(crc32c, feed[: len(feed) - unused])


def _header_bytes(blocks: Blocks, offset: int) -> int:
    for most_bytes in (_USUAL_HEADER_BYTES, _MAX_HEADER_BYTES):
        header = blocks.exactly(offset, offset + most_bytes)
        length = _header_length(header)
        if length:
            return length
        if length == 0:
            raise _damaged(offset, "is followed by something else" if offset else "is damaged")
        if len(header) < most_bytes:
            raise _damaged(blocks.size, "is cut off")
    raise _damaged(offset, "is damaged")


def _header_length(header: bytes) -> int | None:
    """0 where it is no gzip header, None where it is cut off."""
    if len(header) < _FIXED_HEADER_BYTES:
        return None if MAGIC.startswith(header[:2]) else 0
    flags = header[3]
    if header[:2] != MAGIC or header[2] != _DEFLATE or flags & _RESERVED:
        return 0
    at = _FIXED_HEADER_BYTES
    if flags & _FEXTRA:
        at += 2 + int.from_bytes(header[at : at + 2], "little")
    for field in (_FNAME, _FCOMMENT):
        if flags & field:
            end = header.find(b"\0", at)
            if end < 0:
                return None
            at = end + 1
    if flags & _FHCRC:
        at += 2
    return at if at <= len(header) else None


def _damaged(offset: int, what: str) -> NotImportable:
    return NotImportable("damaged-gzip", f"the gzip {what} at byte {offset:,}", offset)
