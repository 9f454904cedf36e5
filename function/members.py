"""The gzip member that is one batch: how the partitioner writes it and the function posts it, unopened.

A member is RFC 1952 gzip whose header carries one FEXTRA subfield, `MB`: the length of the whole member in
bytes and its record count, both little-endian uint32. Any gzip tool reads over it.
Source: https://www.rfc-editor.org/rfc/rfc1952 section 2.3 (1996-05)
"""

import struct
from dataclasses import dataclass

from isal import igzip_lib

# Everything in here but the two numbers of `MB` is the same in each member, so a header is told by its bytes:
# magic, deflate, FEXTRA alone, no mtime, no XFL, OS unknown; 12 bytes of extra field, of which 8 are `MB`'s.
_FIXED_HEADER = b"\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\xff\x0c\x00MB\x08\x00"
_NUMBERS = struct.Struct("<II")
_TRAILER = struct.Struct("<II")  # CRC32 and ISIZE
PLAIN_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

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
    """What is posted: the member with the header that every HTTP stack has seen, its deflate stream untouched."""
    return PLAIN_HEADER + bytes(member[HEADER_BYTES:])


def inflate_body(body: bytes) -> bytes:
    """The JSON lines of a posted body or of a whole member.

    Raises:
        isal.igzip_lib.error: the stream or its checksum is damaged.
    """
    return igzip_lib.decompress(body, flag=igzip_lib.DECOMP_GZIP)
