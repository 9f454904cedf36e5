"""Tells by a file's first bytes whether it holds records, and if not, what it looks like."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from function.records import is_json_object
from function.state import decode_dead_letter
from partitioner.lines import Block, read_blocks, split_lines
from partitioner.shape.rows import Row, decode_row

BOM = b"\xef\xbb\xbf"
CUT_OFF = "JSON spread over lines, or cut off"

# As the function judges an object: the first lines decide, where no first bytes do.
_LINES = 1_000
FIRST_ROWS = 100
_WHITE_SPACE = b" \t\r\n"

# What no JSON line begins with. Sources: each format's own specification, as file(1) 5.45 has them.
_MAGIC = (
    (b"PK\x03\x04", "a zip archive", "unzip -p FILE"),
    (b"PK\x05\x06", "an empty zip archive", ""),
    (b"\x28\xb5\x2f\xfd", "Zstandard", "zstd -dc FILE"),
    (b"BZh", "bzip2", "bzip2 -dc FILE"),
    (b"\xfd7zXZ\x00", "xz", "xz -dc FILE"),
    (b"\x04\x22\x4d\x18", "LZ4", "lz4 -dc FILE"),
    (b"\xff\x06\x00\x00sNaPpY", "Snappy", ""),
    (b"\x1f\x8b", "gzip within gzip", "gzip -dc FILE"),
    (b"\x1f\x9d", "compress (.Z)", "gzip -dc FILE"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", ""),
    (b"PAR1", "Parquet", ""),
    (b"Obj\x01", "Avro", ""),
    (b"ORC", "ORC", ""),
    (b"SQLite format 3\x00", "an SQLite database", ""),
    (b"\xff\xfe", "UTF-16 text", "iconv -f UTF-16 -t UTF-8 FILE"),
    (b"\xfe\xff", "UTF-16 text", "iconv -f UTF-16 -t UTF-8 FILE"),
)
_TAR_MAGIC_AT = 257


@dataclass(frozen=True, slots=True)
class Look:
    """What a file looks like; `unlike` is empty where it holds records, else says what it holds instead;
    `hint` is then a command that makes it readable, where there is one.

    `holds_letters`: its lines are rejected records, each wrapped with its reason, to be taken out again.
    """

    unlike: str = ""
    hint: str = ""
    holds_letters: bool = False
    is_empty: bool = False
    first_rows: tuple[Row, ...] = ()


def look_at(reads: Iterable[bytes]) -> Look:
    """Reads no more of the (inflated) bytes than it takes, which for an export is the first read."""
    blocks = read_blocks(reads)
    first = next(blocks, None)
    if first is None:
        return Look(is_empty=True)
    for magic, name, hint in _MAGIC:
        if first.data.startswith(magic):
            return Look(name, hint)
    if first.data.startswith(b"ustar", _TAR_MAGIC_AT):
        return Look("a tar archive", "tar -xOf FILE")
    look = _look_at_lines(islice(_lines(first, blocks), _LINES))
    if look.unlike:
        return look
    return replace(look, first_rows=_first_rows(first, holds_letters=look.holds_letters))


def _lines(first: Block, blocks: Iterator[Block]) -> Iterator[bytes]:
    yield from split_lines(first.data.removeprefix(BOM))
    for block in blocks:
        yield from split_lines(block.data)


def _look_at_lines(lines: Iterator[bytes]) -> Look:
    text = first = b""
    for line in lines:
        text = line.strip(_WHITE_SPACE)
        if not text:
            continue
        if not first:
            first = text
            if first.startswith(b"[") and not first.endswith(b"]"):
                return Look("a JSON array spread over lines", "jq -c '.[]' FILE")
        if is_json_object(text):
            holds_letters = decode_dead_letter(first) is not None
            return Look(holds_letters=holds_letters)
    if not first:
        return Look(is_empty=True)
    return _unlike_records(first)


def _first_rows(first: Block, *, holds_letters: bool) -> tuple[Row, ...]:
    rows = []
    for line in islice(_lines(first, iter(())), FIRST_ROWS):
        content = decode_dead_letter(line) if holds_letters else line
        with contextlib.suppress(ValueError, RecursionError):
            rows.append(decode_row(content or line))
    return tuple(rows)


def _unlike_records(first: bytes) -> Look:
    if first.startswith(b"["):
        return Look("JSON arrays", "jq -c '.[]' FILE")
    if first.startswith(b"{"):
        return Look(CUT_OFF, "jq -c . FILE")
    if first.startswith(b"<"):
        return Look("XML or HTML")
    if b"\0" in first:
        return Look("binary data")
    for separator, name in ((b",", "CSV"), (b"\t", "tab-separated values"), (b";", "CSV")):
        if separator in first:
            return Look(name)
    return Look("text without a JSON record in its first 1,000 lines")
