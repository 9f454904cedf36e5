"""The user's columns as Mixpanel's records: which column is what, and the rest under its own name."""

from collections.abc import Callable
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from partitioner.shape.column_types import ColumnType, converter_of
from partitioner.shape.columns import ABSENT, find, replaced, without
from partitioner.shape.rows import Record, Result, Row, Unusable, number
from partitioner.shape.times import seconds_of


class Target(msgspec.Struct, frozen=True):
    """What a record's event or one of its properties comes from: a column, or else a constant."""

    name: str
    column: str = ""
    constant: str = ""
    """As JSON."""


class TypedColumn(msgspec.Struct, frozen=True):
    column: str
    column_type: ColumnType


class RenamedEvent(msgspec.Struct, frozen=True):
    old: str
    new: str


class Mapping(msgspec.Struct, frozen=True):
    """How a row becomes a record: the columns' types first, then what is dropped, then targets and the rest.

    The event is the column `event` and the time the column `time` where no target says otherwise.
    """

    targets: tuple[Target, ...] = ()
    types: tuple[TypedColumn, ...] = ()
    drop: tuple[str, ...] = ()
    events: tuple[RenamedEvent, ...] = ()
    timezone: str = ""
    """A name of the tz database, for local times; empty where there are none."""

    def columns(self) -> list[str]:
        """All that are named, each once."""
        named = [
            *(target.column for target in self.targets if target.column),
            *(typed.column for typed in self.types),
            *self.drop,
        ]
        return list(dict.fromkeys(named))


@cache
def zone_of(timezone: str) -> ZoneInfo | None:
    return ZoneInfo(timezone) if timezone else None


def transform_of(mapping: Mapping) -> Callable[[Row], Result]:
    """What makes a row into a record: event, then properties, the targets' first, then the other columns.

    A target's source isn't repeated under its own name; of a path, only what it leads to is left out. A
    target takes the place of another column of its name. The keys of an object `properties` count as columns,
    since a row that has one is a record, or nearly. A row that lacks a target's column makes a record that
    lacks the target.

    The function returned raises Unusable, and NoZone.
    """
    return _Transform(mapping)


class _Transform:
    def __init__(self, mapping: Mapping) -> None:
        names = {target.name for target in mapping.targets}
        sources = [*(target.column for target in mapping.targets if target.column), *mapping.drop]
        self._zone = zone_of(mapping.timezone)
        self._retyped = retyping_of(mapping)
        self._targets = [_compiled(target) for target in mapping.targets]
        self._events = {renamed.old: renamed.new for renamed in mapping.events}
        self._property_names = frozenset(names - {"event"})
        self._taken = list(dict.fromkeys([*self._property_names, *sources]))
        self._paths = [source for source in sources if "." in source]
        if "event" not in names:
            self._targets.insert(0, ("event", "event", None))
            self._taken.append("event")

    def __call__(self, row: Row) -> Record:
        if self._retyped is not None:
            row = self._retyped(row)
        record: Record = {}
        properties: dict[str, Any] = {}
        for name, column, constant in self._targets:
            value = constant if column is None else row[column] if column in row else find(row, column)
            if value is ABSENT:
                continue
            if name == "time":
                properties[name] = seconds_of(value, self._zone)
            elif name == "event":
                record[name] = self._events.get(value, value) if isinstance(value, str) else value
            else:
                properties[name] = value
        properties.update(self._rest(row))
        record["properties"] = properties
        return record

    def _rest(self, row: Row) -> Row:
        """The columns that stand for themselves."""
        rest = row.copy()
        for name in self._taken:  # half the time of picking the others
            rest.pop(name, None)
        for path in self._paths:
            if path not in row:
                rest = without(rest, path)
        if isinstance(rest.get("properties"), dict):
            rest = _opened(rest, self._property_names)
        if "time" in rest:
            rest["time"] = seconds_of(rest["time"], self._zone)
        return rest


def _compiled(target: Target) -> tuple[str, str | None, Any]:
    """Name, column if it has one, constant."""
    if target.column:
        return target.name, target.column, None
    return target.name, None, msgspec.json.Decoder(float_hook=number).decode(target.constant)


def retyping_of(mapping: Mapping) -> Callable[[Row], Row] | None:
    """What gives a row's columns their types, in a copy; None where none is told."""
    if not mapping.types:
        return None
    zone = zone_of(mapping.timezone)
    converters = [
        (typed.column, converter_of(typed.column, typed.column_type, zone)) for typed in mapping.types
    ]

    def retyped(row: Row) -> Row:
        row = row.copy()
        for column, converted in converters:
            value = row[column] if column in row else find(row, column)
            if value is None or value is ABSENT:
                continue
            if column in row:
                row[column] = converted(value)
            else:
                row = replaced(row, column, converted(value))
        return row

    return retyped


def _opened(rest: Row, property_names: frozenset[str]) -> Row:
    """The keys of `properties` in its place. Raises Unusable where one stands beside it as well."""
    opened: Row = {}
    for name, value in rest.items():
        if name != "properties":
            opened[name] = value
            continue
        for inner, nested in value.items():
            if inner in property_names:
                continue
            if inner in rest and inner != "properties":
                raise Unusable(f"properties.{inner}", f"{inner!r} stands both in 'properties' and beside it")
            opened[inner] = nested
    return opened
