"""What an object is that isn't NDJSON: told from its first bytes, or from its first lines."""

from collections.abc import Iterator
from itertools import chain

from .blocks import Limits, Piece
from .errors import NotImportable
from .ndjson import Lines
from .records import MAX_RECORD_BYTES, is_json_object
from .state import Position

PROBED_LINES = 1_000
UTF8_BOM = b"\xef\xbb\xbf"
SPACE = b" \t\r\n"  # JSON's
_HEAD_BYTES = 512

# Some of these may hold readable lines, and yet are not NDJSON: refused by their first bytes alone.
_SIGNATURES = (
    (0, b"\x1f\x8b", "gzip within gzip"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (0, b"BZh", "compressed with bzip2"),
    (0, b"\xfd7zXZ\x00", "compressed with xz"),
    (0, b"\x04\x22\x4d\x18", "compressed with lz4"),
    (0, b"\xff\x06\x00\x00sNaPpY", "compressed with snappy"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"PAR1", "a Parquet file"),
    (0, b"Obj\x01", "an Avro file"),
    (0, b"ORC", "an ORC file"),
    (0, b"SQLite format 3\x00", "an SQLite database"),
    (0, b"\xff\xfe", "text in UTF-16 or UTF-32"),
    (0, b"\xfe\xff", "text in UTF-16"),
    (0, b"\x00\x00\xfe\xff", "text in UTF-32"),
)


def refuse_foreign(pieces: Iterator[Piece], size: int, limits: Limits) -> None:
    """Reads an object of `size` bytes from its beginning as far as it takes to know: mostly one line.

    What ends that early (damage, a send-ready member, too much text without an object) decides nothing, and
    an object of blank lines alone is NDJSON with no record in it.

    Raises:
        NotImportable: "not-records", with what it seems to be instead.
    """
    read: list[Piece] = []
    head = b""
    try:
        for piece in pieces:
            read.append(piece)
            head += piece.text[:_HEAD_BYTES]
            if len(head) >= _HEAD_BYTES:
                break
    except NotImportable:
        return
    for at, signature, what in _SIGNATURES:
        if head.startswith(signature, at):
            raise _not_records(what)
    if _is_foreign(Lines(chain(read, pieces), Position(), limits.line_bytes), head, size, limits):
        raise _not_records(_guess(head))


def _is_foreign(lines: Lines, head: bytes, size: int, limits: Limits) -> bool:
    probed = probed_bytes = 0
    while probed < PROBED_LINES and probed_bytes < limits.barren_bytes:
        lines.fill(1, 1)
        if not lines.waiting:
            break
        for line in lines.waiting:
            text = line.removeprefix(UTF8_BOM).strip(SPACE)
            if _seems_object(text):
                return False
            probed += bool(text)
            if probed == PROBED_LINES:
                return True
        probed_bytes += lines.take(len(lines.waiting))
    if lines.damage is None:
        return probed > 0 and lines.ended and lines.position.offset == size
    return lines.damage.reason == "line-too-long" and _first_byte(head) != b"{"


def _seems_object(text: bytes) -> bool:
    if len(text) > MAX_RECORD_BYTES:  # decoded, it might take several times its 16 MB
        return text[:1] == b"{" and text[-1:] == b"}"
    return bool(text) and is_json_object(text)


def _guess(head: bytes) -> str:
    if b"\0" in head:
        return "binary, or text in UTF-16"
    match _first_byte(head):
        case b"[":
            return "a JSON array"
        case b"{":
            return "JSON, but not one object a line"
        case b"<":
            return "XML or HTML"
        case _:
            return "CSV, or other text that is no JSON"


def _first_byte(head: bytes) -> bytes:
    return head.removeprefix(UTF8_BOM).lstrip(SPACE)[:1]


def _not_records(what: str) -> NotImportable:
    return NotImportable("not-records", f"not newline-delimited JSON: it seems to be {what}", 0)
