"""gzip and lines: how a body arrives and how it is kept."""

from collections.abc import Sequence
from typing import cast

from isal import igzip_lib, isal_zlib

GZIP = 31  # window bits: 15, and a gzip header
NO_LIMIT = 1 << 62
ISAL_ERROR = cast("type[Exception]", igzip_lib.IsalError)  # its stub has an instance


class NotGzip(Exception):  # noqa: N818 (what it is not)
    """Damaged, cut off, or something else."""


def inflate(body: bytes, most_bytes: int = NO_LIMIT) -> bytes:
    """All gzip members, but no more bytes than asked for. Raises NotGzip."""
    parts: list[bytes] = []
    left = most_bytes
    while body and left > 0:
        member = isal_zlib.decompressobj(GZIP)
        try:
            part = member.decompress(body, left)
        except ISAL_ERROR as error:
            raise NotGzip(str(error)) from error
        if not member.eof and len(part) < left:
            raise NotGzip("cut off")
        parts.append(part)
        left -= len(part)
        body = member.unused_data if member.eof else b""
    return parts[0] if len(parts) == 1 else b"".join(parts)


def pack(lines: Sequence[bytes]) -> bytes:
    return isal_zlib.compress(b"\n".join(lines), 1, GZIP)


def split_lines(body: bytes) -> list[bytes]:
    """Lines without outer white space (JSON's), blank ones left out: a record's place is its place here."""
    return [stripped for line in body.split(b"\n") if (stripped := line.strip(b" \t\r"))]
