"""Applies a plan to records.

The `$insert_id`, where the record has no legal one of its own (that is kept): what check() would give the
record as it was before anything was taken out or changed (identity.new_insert_id), and of that, with a key,
again a keyed BLAKE2b. So

- it depends on nothing that the plan says, and a second split with another plan and the same key is
  deduplicated against the first;
- without the key nobody can try which value it was made from, which a plain hash of the content allows. That
  holds for dropped and truncated values as for hashed ones;
- every record gets such an id, touched or not, since what one plan touches another may not. Only a plan that
  changes no property can do without a key, and leaves ids to check().
"""

import os
from collections.abc import Callable
from typing import Any

from function.identity import is_valid_id, new_insert_id
from function.splice import without_surrogates
from partitioner.shape.rows import Aside, Record, Result, Row, Unusable
from partitioner.tracking.hashes import Hashes
from partitioner.tracking.key import read_key
from partitioner.tracking.plan import (
    ALWAYS_KEPT,
    DROP,
    HASH,
    IDENTITY,
    KEEP,
    REFUSE,
    Plan,
    characters_of,
    event_entry,
    property_entry,
)
from partitioner.tracking.tracked import MAX_STRANGERS, RuleCount, Tracked, bits_of

_LOOKED_FOR_STRANGERS = 1_000  # records of one applier: enough to find a typing error by
_MAX_NAME_CHARACTERS = 255

_GONE: Any = object()

Action = Callable[[Any], Any]
Transform = Callable[[Row], Result]


class _Entry:
    """An entry of the plan. `action` gives what a value becomes, itself where it stays."""

    __slots__ = ("action", "count", "is_met", "label", "says")

    def __init__(self, label: str, says: str, action: Action | None = None) -> None:
        self.label, self.says, self.action = label, says, action
        self.is_met, self.count = False, 0


class _Event:
    """What becomes of one event's records. `unmet` are properties whose entries change nothing."""

    __slots__ = ("changed", "changes", "entry", "known", "named", "unmet")

    def __init__(self, entry: _Entry, properties: dict[str, _Entry]) -> None:
        self.entry = entry
        self.named = frozenset((*properties, *ALWAYS_KEPT))
        self.known = self.named.union(IDENTITY)
        self.changes = {name: each for name, each in properties.items() if each.action}
        self.changed = frozenset(self.changes)
        self.unmet = {name: each for name, each in properties.items() if not each.action}


def applier_of(plan: Plan) -> "Applier":
    """With the key of this process's environment, which workers inherit."""
    return Applier(plan, read_key(os.environ) if plan.key_mark else None)


class Applier:
    """For one worker, or one part of its work."""

    def __init__(self, plan: Plan, key: bytes | None) -> None:
        rules = plan.rules
        self._hashes = Hashes(key) if key else None
        shared = {
            name: self._entry(property_entry(name), name, says) for name, says in rules.properties.items()
        }
        self._events: dict[str, _Event] = {}
        self._entries: list[_Entry] = []
        for name, event in rules.events.items():
            own = {
                each: self._entry(property_entry(each, name), each, says)
                for each, says in event.properties.items()
            }
            found = _Event(_Entry(event_entry(name), event.action), {**shared, **own})
            self._events[name] = found
            self._entries += [found.entry, *own.values()]
        self._entries += shared.values()
        self._unknown = _Event(_Entry("unknown_events", rules.unknown_events), shared)
        self._unknown_properties = _Entry("unknown_properties", rules.unknown_properties)
        self._insert_ids = self._looked = 0
        self._minds_unknown = rules.unknown_properties != KEEP
        self._strange_events: dict[str, None] = {}
        self._strange_properties: dict[str, None] = {}

    def apply(self, record: Record) -> Record | None:
        """The record itself where nothing changes, else another; None where the plan drops it.

        What isn't shaped like a record comes back as it is: check() refuses it. Raises Unusable where the
        plan refuses unknown names.
        """
        event, properties = record.get("event"), record.get("properties")
        if not isinstance(event, str) or not isinstance(properties, dict):
            return record
        rules = self._events.get(event)
        if rules is None:
            rules = self._unknown
            self._refuse_or_note_event(event)
        entry = rules.entry
        entry.is_met = True
        if entry.says == DROP:
            entry.count += 1
            return None
        if rules.unmet and not rules.unmet.keys().isdisjoint(properties):
            self._meet(rules, properties)
        if self._looked < _LOOKED_FOR_STRANGERS:
            self._look_for_strangers(rules, properties)
        changed: Record | None = None
        if self._minds_unknown and not rules.known.issuperset(properties):
            changed = self._without_unknown(rules, properties)
        if not rules.changed.isdisjoint(properties):
            changed = self._changed(rules, properties if changed is None else changed)
        insert_id = self._new_id(record, properties) if self._hashes else None
        if insert_id is not None:
            changed = {**(properties if changed is None else changed), "$insert_id": insert_id}
        return record if changed is None else {**record, "properties": changed}

    def after(self, transform: Transform) -> Transform:
        """A transform whose records are as the plan wants them."""

        def transformed(row: Row) -> Result:
            result = transform(row)
            results = result if isinstance(result, list) else [result]
            applied = [each if isinstance(each, Aside) else self.apply(each) for each in results]
            return [each for each in applied if each is not None]

        return transformed

    def counts(self) -> tuple[RuleCount, ...]:
        """Of rules that have changed or left out anything."""
        entries = (*self._entries, self._unknown.entry, self._unknown_properties)
        return tuple(
            RuleCount(f'{entry.label} = "{entry.says}"', entry.count) for entry in entries if entry.count
        )

    def tracked(self) -> Tracked:
        return Tracked(
            self.counts(),
            bits_of(entry.is_met for entry in self._entries),
            self._insert_ids,
            tuple(self._strange_events),
            tuple(self._strange_properties),
        )

    def _entry(self, label: str, name: str, says: str) -> _Entry:
        length = characters_of(says)
        if length:
            return _Entry(label, says, lambda value: _truncated(value, length))
        if says == HASH:
            assert self._hashes, "a plan with a hash needs a key: key.with_key"
            return _Entry(label, says, self._hashes.of_id if name in IDENTITY else self._hashes.of)
        return _Entry(label, says, None if says == KEEP else lambda _: _GONE)

    def _refuse_or_note_event(self, event: str) -> None:
        if len(self._strange_events) < MAX_STRANGERS:
            self._strange_events[event] = None
        entry = self._unknown.entry
        if entry.says == REFUSE:
            entry.count += 1
            raise Unusable("event", 'is not in the tracking plan (unknown_events = "refuse")')

    def _look_for_strangers(self, rules: _Event, properties: Record) -> None:
        self._looked += 1
        if len(self._strange_properties) < MAX_STRANGERS:
            self._strange_properties.update(
                dict.fromkeys(name for name in properties if name not in rules.named)
            )

    def _without_unknown(self, rules: _Event, properties: Record) -> Record:
        entry = self._unknown_properties
        kept = {name: value for name, value in properties.items() if name in rules.known}
        if entry.says == REFUSE:
            entry.count += 1
            unknown = next(name for name in properties if name not in kept)
            field = f"properties.{without_surrogates(unknown[:_MAX_NAME_CHARACTERS])}"
            raise Unusable(field, 'is not in the tracking plan (unknown_properties = "refuse")')
        entry.count += len(properties) - len(kept)
        return kept

    @staticmethod
    def _meet(rules: _Event, properties: Record) -> None:
        for name in rules.unmet.keys() & properties.keys():
            rules.unmet.pop(name).is_met = True

    @staticmethod
    def _changed(rules: _Event, properties: Record) -> Record:
        """A copy of the properties, changed, in their order."""
        changed = properties.copy()
        for name in rules.changes.keys() & properties.keys():
            entry, before = rules.changes[name], properties[name]
            assert entry.action
            after = entry.action(before)
            entry.is_met = True
            if after is before:
                continue
            entry.count += 1
            if after is _GONE:
                del changed[name]
            else:
                changed[name] = after
        return changed

    def _new_id(self, record: Record, properties: Record) -> str | None:
        """None where the record keeps its own, or can't be a record at all."""
        found = properties.get("$insert_id")
        if "time" not in properties or is_valid_id(found):
            return None
        insert_id = new_insert_id(record)
        if insert_id is None or insert_id == str(found):
            return None  # an integer, which check() makes its text
        assert self._hashes
        self._insert_ids += 1
        return self._hashes.of_insert_id(insert_id)


def _truncated(value: Any, characters: int) -> Any:
    return value[:characters] if isinstance(value, str) and len(value) > characters else value
