"""Chunks made of known lines, whichever way such files come to be."""

import zlib
from collections.abc import Iterable, Sequence

from function.members import build_member


def deflate(text: bytes, level: int = 6) -> bytes:
    stream = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(text) + stream.flush()


def ready_member(records: Sequence[bytes]) -> bytes:
    """As the partitioner writes a batch."""
    text = b"".join(record + b"\n" for record in records)
    return build_member(deflate(text), zlib.crc32(text), len(text), len(records))


def foreign_member(text: bytes, *, name: bytes = b"", extra: bytes = b"", header_crc: bool = False) -> bytes:
    """As any gzip writes it, with the optional fields asked for."""
    flags = (8 if name else 0) | (4 if extra else 0) | (2 if header_crc else 0)
    header = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\x03"
    if extra:
        header += len(extra).to_bytes(2, "little") + extra
    if name:
        header += name + b"\0"
    if header_crc:
        header += (zlib.crc32(header) & 0xFFFF).to_bytes(2, "little")
    sizes = zlib.crc32(text).to_bytes(4, "little") + len(text).to_bytes(4, "little")
    return header + deflate(text) + sizes


def ndjson(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def record(number: int, padding: int = 0) -> bytes:
    """A record that nothing need be added to."""
    return (
        b'{"event":"seen","properties":{"time":%d,"distinct_id":"user-%d","$insert_id":"id-%d","ip":0,"note":"%s"}}'
        % (1_700_000_000 + number, number % 7, number, b"x" * padding)
    )
