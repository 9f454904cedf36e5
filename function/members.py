"""The gzip member that is one batch: how the partitioner writes it and the function posts it, unopened.

A member is RFC 1952 gzip whose header carries one FEXTRA subfield, `MB`: the length of the whole member in
bytes and its record count, both little-endian uint32. Any gzip tool reads over it.
Source: https://www.rfc-editor.org/rfc/rfc1952 section 2.3 (1996-05)
"""

import struct
from dataclasses import dataclass

from isal import igzip_lib

from .blocks import Blocks

# Everything in here but the two numbers of `MB` is the same in each member, so a header is told by its bytes:
# magic, deflate, FEXTRA alone, no mtime, no XFL, OS unknown; 12 bytes of extra field, of which 8 are `MB`'s.
_FIXED_HEADER = b"\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\xff\x0c\x00MB\x08\x00"
_NUMBERS = struct.Struct("<II")
_TRAILER = struct.Struct("<II")  # CRC32 and ISIZE
# isal's own stub takes the class for an instance of it.
GzipError: type[Exception] = igzip_lib.error  # type: ignore[assignment]

MAGIC = b"\x1f\x8b"
_PLAIN_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

HEADER_BYTES = len(_FIXED_HEADER) + _NUMBERS.size
TRAILER_BYTES = _TRAILER.size

# More than any batch compresses to, and little enough to hold: a member that claims more is read as foreign.
MAX_MEMBER_BYTES = 16_000_000
_SMALLEST_DEFLATE_BYTES = 2  # an empty block


@dataclass(frozen=True, slots=True)
class Header:
    """What an `MB` subfield says: `member_bytes` is the whole member, header and trailer included."""

    header_bytes: int
    member_bytes: int
    records: int


def read_header(block: bytes | memoryview, at: int) -> Header | None:
    """None where no gzip member with a well-formed `MB` begins, or where fewer than HEADER_BYTES are left."""
    if bytes(block[at : at + len(_FIXED_HEADER)]) != _FIXED_HEADER or len(block) < at + HEADER_BYTES:
        return None
    member_bytes, records = _NUMBERS.unpack_from(block, at + len(_FIXED_HEADER))
    smallest = HEADER_BYTES + _SMALLEST_DEFLATE_BYTES + TRAILER_BYTES
    if records == 0 or not smallest <= member_bytes <= MAX_MEMBER_BYTES:
        return None
    return Header(HEADER_BYTES, member_bytes, records)


def read_ready_member(blocks: Blocks, offset: int) -> tuple[Header, bytes] | None:
    """The send-ready member at `offset`, whole; None where what stands there has to be read as foreign gzip.

    Its length is believed only where the next member, or padding, or the object's end follows: so that of one
    that is cut off, or whose header is damaged, all lines that can be inflated are saved.
    """
    header = read_header(blocks.exactly(offset, offset + HEADER_BYTES), 0)
    if header is None or offset + header.member_bytes > blocks.size:
        return None
    data = blocks.exactly(offset, offset + header.member_bytes + len(MAGIC))
    member, following = data[: header.member_bytes], data[header.member_bytes :]
    if not MAGIC.startswith(following) and following[:1] != b"\0":
        return None
    if not header.records < json_bytes_of(member) <= MAX_MEMBER_BYTES:
        return None
    return header, member


def build_member(deflated: bytes, crc32: int, json_bytes: int, records: int) -> bytes:
    """One member from a raw deflate stream; the same input gives the same bytes, whenever and wherever."""
    member_bytes = HEADER_BYTES + len(deflated) + TRAILER_BYTES
    if records < 1 or member_bytes > MAX_MEMBER_BYTES:
        raise ValueError(f"{records} records in {member_bytes} bytes are not a batch")
    numbers = _NUMBERS.pack(member_bytes, records)
    return b"".join((_FIXED_HEADER, numbers, deflated, _TRAILER.pack(crc32, json_bytes & 0xFFFFFFFF)))


def json_bytes_of(member: bytes | memoryview) -> int:
    """The bytes that a whole member (or posted body) inflates to, as its trailer says (ISIZE)."""
    return int(_TRAILER.unpack_from(member, len(member) - TRAILER_BYTES)[1])


def plain_body(member: bytes | memoryview) -> bytes:
    """What is posted: the plainest header that there is, and the member's deflate stream untouched."""
    return _PLAIN_HEADER + bytes(member[HEADER_BYTES:])


def inflate_body(body: bytes) -> bytes:
    """The JSON lines of a posted body or of a whole member.

    Raises:
        GzipError: the stream or its checksum is damaged, or something follows it.
    """
    stream = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    text: bytes = stream.decompress(body, json_bytes_of(body) + 1)
    if not stream.eof or stream.unused_data:
        raise GzipError(f"{len(body)} bytes of gzip don't end there, or inflate to more than they say")
    return text
