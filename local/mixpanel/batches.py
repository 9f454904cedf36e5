"""A request's records, judged together: one typed decode of all, the rules only where something is odd.

Mixpanel's own limit is what has to be outrun: a batch of 2,000 records of 380 bytes takes about a quarter of
the time that 50,000 records a second allow (python -m benchmarks simulator).
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import UNSET, Struct, UnsetType

from .flaws import Failure
from .ids import INSERT_ID, is_forbidden
from .rules import DAY_SECONDS, EARLIEST_SECONDS, FUTURE_SECONDS, IDENTITY_EVENTS, Seen, judge_record
from .switches import Switches
from .tally import MASK

SPACE = b" \t\r\n"
BRACE, END_BRACE = b"{}"
Id = str | UnsetType


class Properties(Struct, gc=False):
    time: int
    insert_id: str = msgspec.field(name="$insert_id")
    distinct_id: Id = UNSET
    user_id: Id = msgspec.field(name="$user_id", default=UNSET)
    device_id: Id = msgspec.field(name="$device_id", default=UNSET)
    ip: str | int | float | UnsetType | None = UNSET


class Record(Struct, gc=False):
    event: str
    properties: Properties


DECODER = msgspec.json.Decoder(Record)


@dataclass(slots=True)
class Judged:
    """`keys` and `shards` are 64-bit hashes of each kept record, in order: what makes two records copies of
    each other after compaction, and the distinct_id with its UTC day. `indexes` are those records' places in
    the request.
    """

    records: int
    keys: list[int] = field(default_factory=list)
    shards: list[int] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    events: set[str] = field(default_factory=set)
    without_ip: int = 0

    @property
    def accepted(self) -> int:
        return self.records - len(self.failures)

    def add(self, index: int, seen: Seen, unit_seconds: int) -> None:
        if seen.gone:
            self.gone.append(index)
            return
        self.indexes.append(index)
        self.keys.append(
            copy_key(seen.event, seen.distinct_id, seen.insert_id, seen.time_seconds // unit_seconds)
        )
        self.shards.append(hash((seen.distinct_id, seen.time_seconds // DAY_SECONDS)) & MASK)
        self.events.add(seen.event)
        self.without_ip += not seen.placed

    def refuse(self, failures: Iterable[Failure]) -> None:
        """Takes records back that the rules had accepted."""
        taken = {failure.index: failure for failure in failures}
        known = {failure.index for failure in self.failures}
        self.failures += [failure for index, failure in taken.items() if index not in known]
        kept = [place for place, index in enumerate(self.indexes) if index not in taken]
        self.keys = [self.keys[place] for place in kept]
        self.shards = [self.shards[place] for place in kept]
        self.indexes = [self.indexes[place] for place in kept]
        self.gone = [index for index in self.gone if index not in taken]


def copy_key(event: str, distinct_id: str, insert_id: str, when: int) -> int:
    """Equal for records that compaction makes one; a record without its own $insert_id is nobody's copy.

    Source: https://docs.mixpanel.com/reference/event-deduplication (2026-08).
    """
    if not insert_id:
        return random.getrandbits(64)  # a number nobody else has
    return hash((event, distinct_id, insert_id, when)) & MASK


class Judge:
    """The rules in force for one request. `judge_batch` is what there is to call."""

    def __init__(self, switches: Switches, now_seconds: float, peer: str, unit_seconds: int) -> None:
        self._unit_seconds = unit_seconds
        self._switches, self._now_seconds, self._peer = switches, now_seconds, peer
        days = [days for days in (switches.age_days, switches.retention_days) if days]
        self._earliest = max(
            [EARLIEST_SECONDS, *(int(now_seconds) - each * DAY_SECONDS + 1 for each in days)]
        )
        self._latest = int(now_seconds) + FUTURE_SECONDS
        self._simplified = switches.identity == "simplified"

    def judge_batch(self, lines: Sequence[bytes]) -> Judged:
        """The verdict on each line, none of them blank."""
        judged = Judged(len(lines))
        for index, record in enumerate(self._decode_usual(lines)):
            usual = self._usual(record) if record is not None else None
            if record is not None and usual is not None:
                event, distinct_id, _, when = usual
                judged.indexes.append(index)
                judged.keys.append(hash(usual) & MASK)
                judged.shards.append(hash((distinct_id, when * self._unit_seconds // DAY_SECONDS)) & MASK)
                judged.events.add(event)
                judged.without_ip += record.properties.ip is UNSET
                continue
            verdict = judge_record(lines[index], index, self._switches, self._now_seconds, self._peer)
            if isinstance(verdict, Failure):
                judged.failures.append(verdict)
            else:
                judged.add(index, verdict, self._unit_seconds)
        return judged

    def _usual(self, record: Record) -> tuple[str, str, str, int] | None:
        """What makes copies of a record that no rule can refuse; None where the rules have to be asked."""
        event, properties = record.event, record.properties
        insert_id, distinct_id, seconds = properties.insert_id, properties.distinct_id, properties.time
        if seconds >= self._switches.milliseconds_from:
            seconds //= 1_000
        if (
            not self._earliest <= seconds <= self._latest
            or distinct_id is UNSET
            or not INSERT_ID.fullmatch(insert_id)
            or is_forbidden(insert_id, self._switches)
            or is_forbidden(distinct_id, self._switches)
            or not event.strip()
            or (event in IDENTITY_EVENTS and self._switches.identity_records != "kept")
        ):
            return None
        if self._simplified and (properties.user_id or properties.device_id):
            distinct_id = properties.user_id or f"$device:{properties.device_id}"
        return event, distinct_id, insert_id, seconds // self._unit_seconds

    def _decode_usual(self, lines: Sequence[bytes]) -> list[Record | None]:
        """Each line's record where it is of the usual shape: nothing nested, not too long.

        A line that begins with { and ends with } is one record or none (two of them, or a half, would have to
        be parted between a } and a {), so that decoding all lines at once gives each its own.
        """
        switches = self._switches
        if switches.refuse_where:
            return [None] * len(lines)
        # Five bytes a property at least: '"":0,'.
        short = min(5 * switches.properties, switches.record_bytes)
        shaped = [
            line.count(b"{") == 2
            and line.count(b"}") == 2
            and line[0] == BRACE
            and line[-1] == END_BRACE
            and b"[" not in line
            and (
                len(line) < short
                or (line.count(b":") <= switches.properties and len(line) < switches.record_bytes)
            )
            for line in lines
        ]
        if all(shaped):
            try:
                body = b"\n".join(lines)
                body.decode()
                return list(DECODER.decode_lines(body))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass
        return [decode_one(line) if ok else None for line, ok in zip(lines, shaped, strict=True)]


def decode_one(line: bytes) -> Record | None:
    try:
        return DECODER.decode(line.decode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def judge_batch(
    lines: Sequence[bytes], switches: Switches, now_seconds: float, peer: str, unit_seconds: int = DAY_SECONDS
) -> Judged:
    """The verdict on each line, none of them blank, outer white space stripped.

    `unit_seconds`: how far apart times may be in copies: a UTC day (compaction), or a second (queries).
    """
    return Judge(switches, now_seconds, peer, unit_seconds).judge_batch(lines)
