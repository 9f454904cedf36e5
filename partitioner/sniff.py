"""Tells by a file's first bytes whether it holds records, and if not, what it looks like."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from function.records import is_json_object
from function.state import decode_dead_letter
from partitioner.formats import NDJSON, Avro, Format, JsonArray, Parquet
from partitioner.formats.csv_dialect import recognise
from partitioner.lines import Block, read_blocks, split_lines

BOM = b"\xef\xbb\xbf"
CUT_OFF = "JSON spread over lines, or cut off"

# As the function judges an object: the first lines decide, where no first bytes do.
_LINES = 1_000
_WHITE_SPACE = b" \t\r\n"
# Of objects, or of arrays of them; whatever else a line begins with is a flaw of that line alone.
_ARRAY = re.compile(rb"\[\s*(?:\[\s*)?(?:\{|$)")
_TEXT = "text without a JSON record in its first 1,000 lines"

# What no JSON line begins with. Sources: each format's own specification, as file(1) 5.45 has them.
_MAGIC = (
    (b"PK\x03\x04", "a zip archive", "unzip -p FILE"),
    (b"PK\x05\x06", "an empty zip archive", ""),
    (b"\x28\xb5\x2f\xfd", "Zstandard", "zstd -dc FILE"),
    (b"BZh", "bzip2", "bzip2 -dc FILE"),
    (b"\xfd7zXZ\x00", "xz", "xz -dc FILE"),
    (b"\x04\x22\x4d\x18", "LZ4", "lz4 -dc FILE"),
    (b"\xff\x06\x00\x00sNaPpY", "Snappy", ""),
    (b"\x1f\x8b", "gzip within more than five layers", "gzip -dc FILE"),
    (b"\x1f\x9d", "compress (.Z)", "gzip -dc FILE"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", ""),
    (b"ORC", "ORC", ""),
    (b"SQLite format 3\x00", "an SQLite database", ""),
    (b"\xff\xfe", "UTF-16 text", "iconv -f UTF-16 -t UTF-8 FILE"),
    (b"\xfe\xff", "UTF-16 text", "iconv -f UTF-16 -t UTF-8 FILE"),
)


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
    format: Format = NDJSON


_LOOKS = {
    b"PAR1": Look(format=Parquet()),
    b"Obj\x01": Look(format=Avro()),
    **{magic: Look(name, hint) for magic, name, hint in _MAGIC},
}


def look_at(reads: Iterable[bytes]) -> Look:
    """Reads no more of the (inflated) bytes than it takes, which for an export is the first read."""
    blocks = read_blocks(reads)
    first = next(blocks, None)
    if first is None:
        return Look(is_empty=True)
    for magic, look in _LOOKS.items():
        if first.data.startswith(magic):
            return look
    look = _look_at_lines(islice(_lines(first, blocks), _LINES))
    if look.unlike == _TEXT and (csv := recognise(first.data.removeprefix(BOM))):
        return Look(format=csv)
    return look


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
            if not first.endswith(b"]") and _ARRAY.match(first):
                return Look(format=JsonArray())
        if is_json_object(text):
            holds_letters = decode_dead_letter(first) is not None
            return Look(holds_letters=holds_letters)
    if not first:
        return Look(is_empty=True)
    return Look(format=JsonArray()) if _ARRAY.match(first) else _unlike_records(first)


def _unlike_records(first: bytes) -> Look:
    if first.startswith(b"{"):
        return Look(CUT_OFF, "jq -c . FILE")
    if first.startswith(b"<"):
        return Look("XML or HTML")
    if b"\0" in first:
        return Look("binary data")
    if first.startswith(b"["):
        return Look("JSON arrays without objects")
    return Look(_TEXT)
