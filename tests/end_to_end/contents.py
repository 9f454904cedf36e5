"""The lines that a file holds, read as anybody with zlib would, one byte at a time where it is damaged.

As fates.py, it imports nothing of what it is held against.
"""

import struct
import zlib
from dataclasses import dataclass

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
# RFC 1952: FEXTRA alone, without a time; an extra field of 12 bytes, whose one subfield MB has 8.
_READY = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x0c\0MB\x08\0"
_FOLLOWING = (b"", GZIP, GZIP[:1], b"\0", *(bytes([0, each]) for each in range(256)))
_STEP_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts from 1. What is `ready` stands in a send-ready member, and is sent as it is."""

    number: int
    content: bytes
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """`lines` are those that are whole; `rest` is what damage has left of one.

    `whole_bytes`: how far the file consists of whole gzip members.
    """

    lines: list[Line]
    is_whole: bool = True
    rest: bytes = b""
    whole_bytes: int = 0


def content_of(data: bytes, *, members_are_lines: bool = True) -> Content:
    """`members_are_lines`: no line goes on from a send-ready member into the next, and zero bytes may stand
    between members, as the function has it; the partitioner has them at the end alone, and doesn't mind
    flags in a header that mean nothing.
    """
    if not data.startswith(GZIP):
        return _numbered([(data, False)], len(data), is_whole=True)
    runs: list[tuple[bytes, bool]] = []
    text, at, is_whole = b"", 0, True
    while is_whole and data[at:].strip(b"\0"):
        padding_bytes = len(data[at:]) - len(data[at:].lstrip(b"\0"))
        if padding_bytes and not members_are_lines:
            is_whole = False
            break
        at += padding_bytes
        length = _ready_bytes(data, at) if members_are_lines else 0
        if length:
            more, _, is_whole = _inflate(data[at : at + length])
            runs += [(text, False), (more, True)] if is_whole else []
            text, at = (b"", at + length) if is_whole else (text, at)
        else:
            flags = bytes(each & (255 if members_are_lines else 31) for each in data[at + 3 : at + 4])
            more, used, is_whole = _inflate(data[at : at + 3] + flags + data[at + 4 :])
            text, at = text + more, at + used
    return _numbered([*runs, (text, False)], at, is_whole=is_whole)


def _numbered(runs: list[tuple[bytes, bool]], whole_bytes: int, *, is_whole: bool) -> Content:
    lines: list[Line] = []
    rest = b""
    for index, (text, ready) in enumerate(runs, 1):
        *whole, rest = text.split(b"\n")
        if rest and (is_whole or index < len(runs)):
            whole.append(rest)
            rest = b""
        lines += [Line(number, line, ready) for number, line in enumerate(whole, len(lines) + 1)]
    if not lines:
        rest = rest.removeprefix(BOM)
    elif not lines[0].ready:
        lines[0] = Line(1, lines[0].content.removeprefix(BOM))
    return Content(lines, is_whole, rest, whole_bytes)


def _ready_bytes(data: bytes, at: int) -> int:
    """The length of the send-ready member there; 0 where there is none that is whole and possible."""
    if not data.startswith(_READY, at) or len(data) < at + 24:
        return 0
    length, records = struct.unpack_from("<II", data, at + 16)
    if not 34 <= length <= len(data) - at or data[at + length : at + length + 2] not in _FOLLOWING:
        return 0
    json_bytes: int = struct.unpack_from("<I", data, at + length - 4)[0]
    return int(length) if 0 < records < json_bytes <= 16_000_000 else 0


def _inflate(data: bytes) -> tuple[bytes, int, bool]:
    """The text of one gzip member, how many bytes it takes, and whether it is whole."""
    stream, texts = zlib.decompressobj(31), []
    for at in range(0, len(data), _STEP_BYTES):
        step = data[at : at + _STEP_BYTES]
        before = stream.copy()
        try:
            texts.append(stream.decompress(step))
        except zlib.error:
            return b"".join((*texts, _up_to_the_damage(before, step))), 0, False
        if stream.eof:
            return b"".join(texts), at + len(step) - len(stream.unused_data), True
    return b"".join(texts), 0, False


def _up_to_the_damage(stream: "zlib._Decompress", data: bytes) -> bytes:
    text = b""
    for at in range(len(data)):
        try:
            text += stream.decompress(data[at : at + 1])
        except zlib.error:
            break
    return text
