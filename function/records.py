"""What a record must be, and how one that isn't quite is mended.

`flaw_of` is the truth (the rules are in rules.py); `accepts` is a quick yes. `check` judges many lines at
once, mends by splicing what can be mended, and leaves all other bytes alone. It judges the bytes as sent,
additions included:
- no `$insert_id`, or one that Mixpanel doesn't take: identity.py says what it becomes;
- no `ip` (or null, or empty): 0, else Mixpanel may place the record where the request came from;
- neither `distinct_id` nor `$user_id` nor `$device_id`: an empty distinct_id, else one may be derived from
  the sender's address, and differ on a resend.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from .identity import content_id, identity_of, is_valid_id, new_insert_id, says_nothing, text_of
from .quick import UNSET, Usual, read_usual
from .rules import (
    ILLEGAL_ID,
    MAX_PROPERTIES,
    MAX_RECORD_BYTES,
    TOO_LONG,
    TOO_MANY,
    Flaw,
    flaw_beside_id,
    read_record,
    seconds_of,
)
from .splice import SPACE, content_of, spliced, without_surrogates

__all__ = [
    "MAX_BATCH_BYTES",
    "MAX_BATCH_RECORDS",
    "MAX_RECORD_BYTES",
    "Added",
    "Checked",
    "Flaw",
    "Head",
    "Mended",
    "accepts",
    "check",
    "flaw_of",
    "is_json_object",
    "mend",
    "with_insert_id",
]

MAX_BATCH_RECORDS = 2_000
"""https://docs.mixpanel.com/reference/import-events (2026-08)."""

MAX_BATCH_BYTES = 2_000_000
"""JSON with a newline a record. The same page says 10 MB, but its definition's 413 names 2,097,152 bytes."""


_BRACE = ord("}")


class Head(msgspec.Struct, frozen=True, gc=False):
    """What tells records apart, as sent. All text is fit for UTF-8."""

    event: str
    time: int
    """Unix seconds, whichever unit the record has."""
    distinct_id: str
    """As text; $user_id or $device_id where it says nothing."""
    insert_id: str


@dataclass(frozen=True, slots=True)
class Added:
    """How many records were given what."""

    insert_ids: int = 0
    ips: int = 0
    distinct_ids: int = 0

    def __add__(self, other: "Added") -> "Added":
        return Added(
            self.insert_ids + other.insert_ids,
            self.ips + other.ips,
            self.distinct_ids + other.distinct_ids,
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """`lines` as sent, mended, without newlines; for each its head and its index in the input."""

    lines: list[bytes]
    heads: list[Head]
    indexes: Sequence[int]
    flaws: list[tuple[int, Flaw]]
    added: Added


def flaw_of(line: bytes, now_seconds: float) -> Flaw | None:
    """The first rule that the record breaks as it stands. Missing ids and ips are no flaw."""
    record = read_record(line.strip(SPACE))
    flaw = record if isinstance(record, Flaw) else flaw_beside_id(record, now_seconds)
    if isinstance(record, Flaw) or flaw:
        return flaw
    properties = record["properties"]
    insert_id = properties.get("$insert_id")
    if not says_nothing(insert_id) and not is_valid_id(insert_id):
        return ILLEGAL_ID
    return TOO_MANY if len(properties) > MAX_PROPERTIES else None


def accepts(batch: bytes, now_seconds: float) -> bool:
    """True only if every line is a record without a flaw. False may be wrong: it is a quick answer."""
    lines = batch.removesuffix(b"\n").split(b"\n")
    return len(read_usual(lines, now_seconds).lines) == len(lines)


def check(lines: Sequence[bytes], now_seconds: float) -> Checked:
    """Judges and mends lines without their newlines; indexes ascend in all that it returns.

    Blank lines (JSON's white space alone) are neither records nor flaws.
    """
    stripped = [line.strip(SPACE) for line in lines]
    usual = read_usual(stripped, now_seconds)
    quick = _mend_usual(usual)
    if len(quick.lines) == len(stripped):
        return quick
    done = set(usual.indexes)
    found = list(zip(quick.indexes, quick.lines, quick.heads, strict=True))
    flaws: list[tuple[int, Flaw]] = []
    added = quick.added
    for index, line in enumerate(stripped):
        if index in done or not line:
            continue
        mended = mend(line, now_seconds)
        if isinstance(mended, Flaw):
            flaws.append((index, mended))
        else:
            found.append((index, mended.line, mended.head))
            added += mended.added
    found.sort(key=lambda each: each[0])
    return Checked(
        [line for _, line, _ in found],
        [head for _, _, head in found],
        [index for index, _, _ in found],
        flaws,
        added,
    )


@dataclass(frozen=True, slots=True)
class Mended:
    line: bytes
    head: Head
    added: Added


def mend(line: bytes, now_seconds: float) -> Mended | Flaw:
    """One record without outer white space, the careful way."""
    record = read_record(line)
    if isinstance(record, Flaw):
        return record
    flaw = flaw_beside_id(record, now_seconds)
    if flaw:
        return flaw
    properties = record["properties"]
    insert_id = new_insert_id(record)
    additions = _additions(insert_id, properties)
    if len(properties.keys() | additions.keys()) > MAX_PROPERTIES:
        return TOO_MANY
    if additions:
        replaced = {key: value for key, value in additions.items() if key in properties}
        added = ",".join(f'"{key}":{value}' for key, value in additions.items() if key not in properties)
        line = spliced(line, added=added, replaced=replaced)
    if len(line) > MAX_RECORD_BYTES:
        return TOO_LONG
    head = Head(
        without_surrogates(record["event"]),
        seconds_of(properties["time"]),
        without_surrogates(text_of(identity_of(properties))),
        properties["$insert_id"] if insert_id is None else insert_id,
    )
    return Mended(line, head, Added("$insert_id" in additions, "ip" in additions, "distinct_id" in additions))


def _additions(insert_id: str | None, properties: dict[str, Any]) -> dict[str, str]:
    """What is put into properties, as JSON, in the order it is written."""
    additions = {}
    if insert_id is not None:
        additions["$insert_id"] = f'"{insert_id}"'
    if says_nothing(properties.get("ip")):
        additions["ip"] = "0"
    if properties.get("distinct_id") is None and identity_of(properties) == "":
        additions["distinct_id"] = '""'
    return additions


def _mend_usual(usual: Usual) -> Checked:
    """What `mend` does, for usual records: the same bytes, heads and counts."""
    ids = usual.insert_ids
    tails = [b',"ip":0}}' if properties.ip is UNSET else b"" for properties in usual.properties]
    ips = len(tails) - tails.count(b"")
    without_id: list[int] = []
    if UNSET in set(ids):
        without_id = [place for place, insert_id in enumerate(ids) if insert_id is UNSET]
        ids = ids.copy()
    for place in without_id:
        ids[place] = insert_id = content_id(content_of(usual.lines[place]))
        tails[place] = b',"$insert_id":"%b"%b' % (insert_id.encode(), tails[place] or b"}}")
    lines = [
        line
        if not tail
        else line[:-2] + tail
        if line[-2] == _BRACE
        else spliced(line, added=tail[1:-2].decode())
        for line, tail in zip(usual.lines, tails, strict=True)
    ]
    events = [record.event for record in usual.records]
    heads = list(map(Head, events, usual.seconds(), usual.identities(), ids))  # type: ignore[arg-type] # none is unset now
    return Checked(lines, heads, usual.indexes, [], Added(len(without_id), ips))


def with_insert_id(line: bytes, insert_id: str) -> bytes:
    """A valid record with another id in the place of its own."""
    return spliced(line, replaced={"$insert_id": f'"{insert_id}"'})


def is_json_object(line: bytes) -> bool:
    """Whether every JSON reader takes the line for an object: one line of UTF-8, and no lone surrogate."""
    try:
        line.decode()
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        return False
    return b"\n" not in line
