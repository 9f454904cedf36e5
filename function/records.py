"""What a record must be, and how one that isn't quite is mended.

`flaw_of` is the truth (the rules are in rules.py); `accepts` is a quick yes. `check` judges many lines at
once, mends by splicing what can be mended, and leaves all other bytes alone. It judges the bytes as sent,
additions included:
- no `$insert_id`, or one that Mixpanel doesn't take: identity.py says what it becomes;
- no `ip` (or null, or empty): 0, else Mixpanel may place the record where the request came from;
- neither `distinct_id` nor `$user_id` nor `$device_id`: an empty distinct_id, else one may be derived from
  the sender's address, and differ on a resend.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import msgspec

from .heads import Head, Heads
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
    "Heads",
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


_SPACES = frozenset(SPACE)
_END = b"}}"  # properties, then the record
_IP = b',"ip":0'


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
    heads: Heads
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
    bare = lines if _are_bare(lines) else [line.strip(SPACE) for line in lines]
    usual = read_usual(bare, now_seconds)
    quick = _mend_usual(usual)
    if len(quick.lines) == len(bare):
        return quick
    return _with_others(quick, bare, now_seconds)


def _are_bare(lines: Sequence[bytes]) -> bool:
    """Whether no line is empty, and there is no white space around any: what isn't space lies above it."""
    return min(lines, default=b"") > b" \xff" and _SPACES.isdisjoint([line[-1] for line in lines])


def _with_others(quick: Checked, lines: Sequence[bytes], now_seconds: float) -> Checked:
    """Adds the lines that aren't usual: mostly a few among many."""
    indexes, good, heads, added = list(quick.indexes), list(quick.lines), quick.heads, quick.added
    flaws: list[tuple[int, Flaw]] = []
    for index in sorted(set(range(len(lines))).difference(quick.indexes)):
        if not lines[index]:
            continue
        mended = mend(lines[index], now_seconds)
        if isinstance(mended, Flaw):
            flaws.append((index, mended))
            continue
        at = bisect_left(indexes, index)
        indexes.insert(at, index)
        good.insert(at, mended.line)
        heads.insert(at, mended.head)
        added += mended.added
    return Checked(good, heads, indexes, flaws, added)


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
    lines, insert_ids = _with_ip(usual.lines, usual.lack_ip), usual.insert_ids
    without_id = [place for place, insert_id in enumerate(insert_ids) if insert_id is UNSET]
    if without_id:
        insert_ids = insert_ids.copy()
    for place in without_id:
        line = usual.lines[place]
        insert_ids[place] = insert_id = content_id(content_of(line))
        added = b',"$insert_id":"%b"' % insert_id.encode()
        lines[place] = _with(added + _IP if usual.lack_ip[place] else added, line)
    heads = Heads(usual.events, usual.seconds(), usual.identities, insert_ids)  # type: ignore[arg-type] # none is unset now
    return Checked(lines, heads, usual.indexes, [], Added(len(without_id), sum(usual.lack_ip)))


def _with_ip(lines: Sequence[bytes], lack_ip: list[bool]) -> list[bytes]:
    if True not in lack_ip:
        return list(lines)
    pairs = zip(lines, lack_ip, strict=True)
    if all(map(bytes.endswith, lines, repeat(_END))):
        return [line[:-2] + b',"ip":0}}' if lacks_ip else line for line, lacks_ip in pairs]
    return [_with(_IP, line) if lacks_ip else line for line, lacks_ip in pairs]


def _with(added: bytes, line: bytes) -> bytes:
    """The line of a usual record with something behind its last property."""
    if line.endswith(_END):
        return line[: -len(_END)] + added + _END
    return spliced(line, added=added[1:].decode())


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
