"""What the state bucket holds: the shape of a ledger entry, and the names of all that stands there.

A ledger entry is indented JSON, so that `cat` reads well; people edit them, so reading one trusts nothing.
"""

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec

from .errors import UnreadableState

T = TypeVar("T")

VERSION = 1

# A state object's name is the chunk's with up to 120 bytes around it, and an object's name has at most 1,024
# bytes (https://docs.cloud.google.com/storage/docs/objects, 2026-08).
MAX_CHUNK_NAME_BYTES = 900

# msgspec gives up at Python's recursion limit; whoever reads a dead letter may have less of it left.
_SPARE_DEPTH = 100

_JSON_WHITE_SPACE = b" \t\n\r"

_Count = Annotated[int, msgspec.Meta(ge=0)]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Status(StrEnum):
    IMPORTING = "importing"
    DEFERRED = "deferred"
    DONE = "done"
    REFUSED = "refused"
    QUARANTINED = "quarantined"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two batches of a chunk.

    `offset` is a byte of the object: in foreign gzip the start of the current member, with `inflated` bytes
    inflated since. `line` counts the lines before, `crc32c` runs over the object's bytes [0, offset).
    """

    offset: _Count = 0
    inflated: _Count = 0
    line: _Count = 0
    crc32c: _Count = 0


@dataclass(frozen=True, slots=True)
class Control:
    """A record that the destination has accepted: number `index` of the batch that begins at `position`.

    `digest` is the first 16 hex digits of the SHA-256 of its bytes as sent.
    """

    position: Position
    index: _Count
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What became of one chunk at one destination. Counts are the chunk's, settled up to `checkpoint`.

    `attempts` counts claims, `vanished` the owners that ended without a word since the checkpoint last moved.
    `owner` and `sequence` name the write that made the entry. `generation`, `size` and `crc32c` (base64, as
    the bucket gives it) are the object's. `message` says why a chunk is refused, quarantined or lost.
    """

    status: Status
    attempts: _Count = 0
    vanished: _Count = 0
    alone: bool = False
    owner: str = ""
    sequence: _Count = 0
    lease_until: _Moment | None = None
    checkpoint: Position = Position()
    control: Control | None = None
    records: _Count = 0
    accepted: _Count = 0
    rejected: _Count = 0
    dead_letters: tuple[str, ...] = ()
    crc32c: str
    size: _Count
    generation: _Count
    started: _Moment | None = None
    updated: _Moment | None = None
    finished: _Moment | None = None
    custom_time: _Moment | None = None
    message: str = ""
    previous: "Entry | None" = None
    version: int = VERSION


class _Versioned(msgspec.Struct):
    version: int


def encode_entry(entry: Entry) -> bytes:
    """`previous` is kept one level deep."""
    if entry.previous is not None:
        entry = replace(entry, previous=replace(entry.previous, previous=None))
    return msgspec.json.format(msgspec.json.encode(entry)) + b"\n"


def decode_entry(data: bytes) -> Entry:
    """Raises UnreadableState for another version, damage, and a value of the wrong kind."""
    return decode_versioned(data, Entry, VERSION, "the entry", "a ledger entry")


def decode_versioned(data: bytes, kind: type[T], version: int, name: str, noun: str, remedy: str = "") -> T:
    """JSON of that kind with a `version`. Raises UnreadableState, in a sentence made of the three texts."""
    advice = remedy and f": {remedy}"
    try:
        found = msgspec.json.decode(data, type=_Versioned).version
        if found != version:
            raise UnreadableState(
                f"{name} is of version {found}, this program reads version {version}{advice}"
            )
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableState(f"{name} can't be read as {noun} ({error}){advice}") from error


def destination_of(region: str, project_id: str, token: str, url: str) -> str:
    """A token names its project; the token itself and the URL stay out of every name."""
    place = "custom" if url else region
    project = hashlib.sha256(token.encode()).hexdigest()[:12] if token else project_id
    return f"{place}-{project}"


def is_chunk_name(name: str) -> bool:
    """No folder marker, no path segment that begins with `_`, no name too long for the state bucket."""
    if not name or name.endswith("/") or len(name.encode()) > MAX_CHUNK_NAME_BYTES:
        return False
    return not any(segment.startswith("_") for segment in name.split("/"))


def ledger_name(destination: str, chunk_name: str) -> str:
    return f"ledger/{destination}/{chunk_name}.json"


def dead_letters_folder(destination: str, chunk_name: str, generation: int) -> str:
    """Ends in a slash. A chunk `a/5` has folders inside that of generation 5 of chunk `a`."""
    return f"dead-letters/{destination}/{chunk_name}/{generation}/"


def dead_letters_name(
    destination: str,
    chunk_name: str,
    generation: int,
    first_offset: int,
    owner: str,
    sequence: int,
) -> str:
    folder = dead_letters_folder(destination, chunk_name, generation)
    return f"{folder}{first_offset}-{owner}-{sequence}.ndjson.gz"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A rejected line with its place (1-based, in the chunk or in `file`) and the reason."""

    content: bytes
    line: int
    field: str
    message: str
    file: str = ""


class _DeadLetterLine(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    record: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    raw: str | msgspec.UnsetType = msgspec.UNSET
    raw_base64: str | msgspec.UnsetType = msgspec.UNSET
    line: int
    field: str
    message: str
    file: str = ""


def encode_dead_letter(letter: DeadLetter) -> bytes:
    """One line of JSON with its newline: the content as `record`, verbatim but for white space around it.

    What is no JSON object in one line goes in as text (`raw`), what is not UTF-8 as `raw_base64`.
    """
    fields = _DeadLetterLine(line=letter.line, field=letter.field, message=letter.message, file=letter.file)
    trimmed = letter.content.strip(_JSON_WHITE_SPACE)
    if _is_embeddable(trimmed):
        fields.record = msgspec.Raw(trimmed)
        return msgspec.json.encode(fields) + b"\n"
    try:
        fields.raw = letter.content.decode()
    except UnicodeDecodeError:
        fields.raw_base64 = base64.b64encode(letter.content).decode()
    return msgspec.json.encode(fields) + b"\n"


def decode_dead_letter(line: bytes) -> bytes | None:
    """The rejected content; None for any line that is not of exactly the shape written here."""
    try:
        fields = msgspec.json.decode(line, type=_DeadLetterLine)
        forms = [form for form in (fields.record, fields.raw, fields.raw_base64) if form is not msgspec.UNSET]
        if len(forms) != 1:
            return None
        if isinstance(fields.raw, str):
            return fields.raw.encode()
        if isinstance(fields.raw_base64, str):
            return base64.b64decode(fields.raw_base64, validate=True)
        record = bytes(forms[0]) if isinstance(forms[0], msgspec.Raw) else b""
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return record if record.startswith(b"{") else None


def _is_embeddable(content: bytes) -> bool:
    if not content.startswith(b"{") or b"\n" in content:
        return False
    try:
        msgspec.json.decode(b"[" * _SPARE_DEPTH + content + b"]" * _SPARE_DEPTH)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
