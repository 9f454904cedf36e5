"""Profiles one segment, in a worker."""

from collections import Counter, defaultdict
from itertools import chain
from typing import Any

import msgspec

from function.records import Checked, Flaw, check
from function.splice import without_surrogates
from partitioner.check.busy import DAY_SECONDS, Counts
from partitioner.check.column import Column
from partitioner.check.named import is_version
from partitioner.check.personal import IP
from partitioner.check.profile import (
    MAX_EVENTS,
    MAX_NAME_CHARACTERS,
    MAX_PAIRS,
    MAX_PROPERTIES,
    EventProfile,
    Profile,
)
from partitioner.formats.rows import Rows
from partitioner.jobs import Damage, Sample
from partitioner.read import Reader
from partitioner.segments import Piece, Segment
from partitioner.shape.rows import Record, Result, Row
from partitioner.shape.shaping import Transform, shape
from partitioner.tally import Tally

RETENTION_DAYS = (730, 1_826)
"""Two years; five in projects made before 2025-09-01: https://docs.mixpanel.com/docs/privacy/data-retention
(2026-08)."""


def profile_of(segment: Segment, transform: Transform, as_of: float) -> Profile:
    looking = _Looking(transform, as_of)
    for piece in segment.pieces:
        looking.read(piece)
    return looking.profile()


class _Looking:
    def __init__(self, transform: Transform, as_of: float) -> None:
        self._as_of = as_of
        self._records = _Records(transform)
        self._profile = Profile(older=dict.fromkeys(RETENTION_DAYS, 0))
        self._tally = Tally()
        self._damages: list[Damage] = []
        self._busy = Counts(of_a_piece=True)

    def read(self, piece: Piece) -> None:
        reader = Reader(piece)
        for rows in reader.rows():
            self._take(piece, rows)
        if piece.damage:
            self._damages.append(Damage(piece.file, reader.line, piece.damage))
            self._tally.add(Flaw("", piece.damage), Sample(piece.file, reader.line))

    def profile(self) -> Profile:
        profile = self._profile
        grouped = self._records.take_groups()
        _count_events(profile, grouped)
        columns = _columns(profile, grouped)
        profile.properties = {name: column.profile() for name, column in columns.items()}
        profile.rejected, profile.reasons = self._tally.total, self._tally.reasons()
        profile.damages, profile.busy = tuple(self._damages), self._busy.serialized()
        return profile

    def _take(self, piece: Piece, rows: Rows) -> None:
        profile = self._profile
        profile.rows += sum(1 for row in rows.rows if row is not None)
        shaped = shape(rows.rows, self._records)
        profile.json_bytes += sum(map(len, shaped.lines)) + len(shaped.lines)
        for kind, count in Counter(kind for _, kind in shaped.asides).items():
            profile.asides[kind] = profile.asides.get(kind, 0) + count
        checked = check(shaped.lines, self._as_of)
        for index, flaw in shaped.flaws:
            self._tally.add(flaw, Sample(piece.file, rows.first + index))
        for index, flaw in checked.flaws:
            self._tally.add(flaw, Sample(piece.file, rows.first + shaped.indexes[index]))
        self._note(checked)

    def _note(self, checked: Checked) -> None:
        profile, times = self._profile, checked.heads.times
        if not times:
            return
        profile.records += len(times)
        first, last = min(times), max(times)
        profile.first_time = first if profile.first_time is None else min(first, profile.first_time)
        profile.last_time = max(profile.last_time, last)
        for days in RETENTION_DAYS:
            latest = self._as_of - days * DAY_SECONDS
            if first < latest:
                profile.older[days] += sum(1 for time in times if time < latest)
        self._busy.add(checked.heads.distinct_ids, times)


class _Records:
    """A transform that keeps what it gives, by event and names: records of one kind mostly have the same."""

    def __init__(self, transform: Transform) -> None:
        self._transform = transform
        self._groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)

    def __call__(self, row: Row) -> Result:
        result = self._transform(row)
        for each in result if isinstance(result, list) else (result,):
            if isinstance(each, dict):
                self._keep(each)
        return result

    def _keep(self, record: Record) -> None:
        event, properties = record.get("event"), record.get("properties")
        if isinstance(event, str) and isinstance(properties, dict):
            self._groups[event, *properties].append(properties)

    def take_groups(self) -> dict[tuple[str, ...], list[dict[str, Any]]]:
        """Properties, by event and their names in their order."""
        return self._groups


_Groups = dict[tuple[str, ...], list[dict[str, Any]]]


def _count_events(profile: Profile, groups: _Groups) -> None:
    pairs = 0
    for (event, *names), records in groups.items():
        if any(len(name) > MAX_NAME_CHARACTERS for name in (event, *names)):
            profile.over_long_names += len(records)
        kept = _kept_name(event)
        if kept not in profile.events and len(profile.events) >= MAX_EVENTS:
            profile.other_records += len(records)
            continue
        found = profile.events.setdefault(kept, EventProfile())
        found.records += len(records)
        for name in map(_kept_name, names):
            if name not in found.properties:
                if pairs >= MAX_PAIRS:
                    continue
                pairs += 1
            found.properties[name] = found.properties.get(name, 0) + len(records)


def _columns(profile: Profile, groups: _Groups) -> dict[str, Column]:
    values: dict[str, list[tuple[Any, ...]]] = {}
    for (_, *names), records in groups.items():
        for name, column in zip(names, zip(*map(dict.values, records), strict=True), strict=True):
            kept = _kept_name(name)
            if kept not in values and len(values) >= MAX_PROPERTIES:
                profile.other_values += len(records)
            else:
                values.setdefault(kept, []).append(column)
    columns = {}
    for name, parts in values.items():
        columns[name] = Column()
        columns[name].add(list(chain.from_iterable(parts)), never_holds=(IP,) if is_version(name) else ())
    return columns


def _kept_name(name: str) -> str:
    return without_surrogates(name[:MAX_NAME_CHARACTERS])


encode_profile = msgspec.msgpack.Encoder().encode
decode_profile = msgspec.msgpack.Decoder(Profile).decode
