"""Reads a tracking plan strictly: what isn't understood is an error that names file, key and fix."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from partitioner.exits import Refused
from partitioner.tracking.near import meant
from partitioner.tracking.plan import (
    ALWAYS_KEPT,
    DROP,
    HASH,
    IDENTITY,
    KEEP,
    REFUSE,
    EventRules,
    Plan,
    Rules,
    characters_of,
    event_entry,
    is_action,
    property_entry,
)

_UNKNOWN_FIELD = re.compile(r"unknown field `(.*)`")

_T = TypeVar("_T", bound=msgspec.Struct)


def load_plan(path: Path) -> Plan:
    """Raises Refused for what is no plan, and OSError."""
    data = path.read_bytes()
    try:
        file = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{path} is no TOML: {error}") from error
    try:
        rules = _rules_of(file)
    except _Wrong as wrong:
        raise Refused(f"{path}: {wrong}") from wrong
    return Plan(rules, hashlib.sha256(data).hexdigest())


class _Wrong(ValueError):  # noqa: N818 (what the plan is)
    """The sentence names the key."""


def _rules_of(file: dict[str, Any]) -> Rules:
    named = file.pop("events", {})
    if not isinstance(named, dict):
        raise _Wrong('events must be tables, one an event: [events."Name"]')
    rules = _converted(file, Rules, "")
    events = {name: _converted(event, EventRules, event_entry(name)) for name, event in named.items()}
    for name, event in events.items():
        if event.action == DROP and event.properties:
            raise _Wrong(
                f"{event_entry(name)} is dropped whole, so its properties need no entries: take them out"
            )
        _look_at_actions(event.properties, name)
    _look_at_actions(rules.properties, None)
    rules = msgspec.structs.replace(rules, events=events)
    if not (events or rules.properties or {rules.unknown_events, rules.unknown_properties} - {KEEP}):
        raise _Wrong("says nothing: name events or properties, or say what becomes of unknown ones")
    return rules


def _converted(table: Any, kind: type[_T], entry: str) -> _T:
    """msgspec's own sentence, with the key that it doesn't know: a table's place among others is `[...]`."""
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        unknown = _UNKNOWN_FIELD.search(str(error))
        where = f"{entry}." if entry else ""
        if unknown:
            fields = [*kind.__struct_fields__]
            raise _Wrong(f"{where}{unknown[1]} is no key of a plan{meant(unknown[1], fields)}") from error
        raise _Wrong(_of_value(table, kind, where, error)) from error


def _of_value(table: Any, kind: type[msgspec.Struct], where: str, error: msgspec.ValidationError) -> str:
    if not isinstance(table, Mapping):
        return f"{where.rstrip('.')} must be a table"
    for key, allowed in (
        ("action", (KEEP, DROP)),
        ("unknown_events", (KEEP, DROP, REFUSE)),
        ("unknown_properties", (KEEP, DROP, REFUSE)),
    ):
        value = table.get(key, KEEP)
        if key in kind.__struct_fields__ and value not in allowed:
            return f"{where}{key} = {value!r} is no action{meant(str(value), allowed)}"
    return f'{where}properties must be a table of texts like email = "hash": {error}'


def _look_at_actions(properties: Mapping[str, str], event: str | None) -> None:
    for name, action in properties.items():
        entry = f'{property_entry(name, event)} = "{action}"'
        if not is_action(action):
            raise _Wrong(f"{entry} is no action{meant(action, (KEEP, DROP, HASH, 'truncate=100'))}")
        if name in ALWAYS_KEPT and action != KEEP:
            raise _Wrong(f"{entry} can't be: Mixpanel needs {name} as it is")
        if name in IDENTITY and characters_of(action):
            raise _Wrong(f"{entry} would make one user of several: hash it, or drop it")
