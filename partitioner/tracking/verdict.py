"""Whether a plan was about what the export held, and how what it did is said."""

from collections.abc import Iterator

import msgspec

from partitioner.exits import Refused
from partitioner.tracking.near import near
from partitioner.tracking.plan import IDENTITY, KEEP, Plan, event_entry, property_entry
from partitioner.tracking.tracked import RuleCount, Tracked

_MAX_SHOWN = 10


class TrackingReport(msgspec.Struct, frozen=True):
    """`sha256` is the plan file's. `unmet` are sentences about entries that met nothing."""

    sha256: str
    counts: tuple[RuleCount, ...]
    insert_ids: int
    unmet: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"tracking plan (SHA-256 {self.sha256[:12]}…):"
        yield from _few([f"  {each.count:>9,}  {each.rule}" for each in self.counts])
        if self.insert_ids:
            yield f"  {self.insert_ids:>9,}  keyed $insert_id, where there was no legal one"
        yield from self.unmet


def verdict(plan: Plan, tracked: Tracked) -> TrackingReport:
    """What the plan did.

    Raises Refused where none met anything, and where an entry was meant for a name that was there, is like
    its own, and was treated otherwise, as unknown: what `emial = "hash"` leaves as it is.
    """
    met = {entry for place, entry in enumerate(plan.rules.entries()) if tracked.has_met(place)}
    unmet = [each for each in _named(plan) if each.entry not in met]
    wrong = [each for each in unmet if each.is_missed_by(tracked)]
    if wrong:
        raise Refused(
            "the tracking plan names what the export doesn't have, but it has what is like it:\n"
            + "\n".join(_few([f'  {each.entry}: did you mean "{each.near(tracked)}"?' for each in wrong]))
            + '\nMend the plan (or, where both are meant, give the other an entry too: "keep" will do)'
        )
    if not met and not tracked.counts:
        raise Refused(f"the tracking plan matches nothing. It names {_listed(unmet)}; {_seen(tracked)}")
    shown = _few([f"{each.entry} of the tracking plan met nothing" for each in unmet])
    return TrackingReport(plan.sha256, tracked.counts, tracked.insert_ids, tuple(shown))


class _Named:
    """An entry of the plan, and what became of what isn't named."""

    def __init__(self, entry: str, name: str, says: str, otherwise: str, *, is_event: bool) -> None:
        self.entry, self.name, self.says, self.otherwise = entry, name, says, otherwise
        self._is_event = is_event

    def near(self, tracked: Tracked) -> str:
        return near(self.name, tracked.strange_events if self._is_event else tracked.strange_properties)

    def is_missed_by(self, tracked: Tracked) -> bool:
        """Whether something like it was there, and was treated otherwise."""
        found = self.near(tracked)
        return bool(found) and self.says != (KEEP if found in IDENTITY else self.otherwise)


def _named(plan: Plan) -> Iterator[_Named]:
    rules = plan.rules
    for name, event in rules.events.items():
        # An event with entries of its own is treated otherwise than an unknown one, whatever becomes of both.
        says = "its own entries" if event.properties else event.action
        yield _Named(event_entry(name), name, says, rules.unknown_events, is_event=True)
        for each, action in event.properties.items():
            yield _Named(property_entry(each, name), each, action, rules.unknown_properties, is_event=False)
    for each, action in rules.properties.items():
        yield _Named(property_entry(each), each, action, rules.unknown_properties, is_event=False)


def _few(lines: list[str]) -> list[str]:
    rest = len(lines) - _MAX_SHOWN
    return lines if rest <= 0 else [*lines[:_MAX_SHOWN], f"  … and {rest:,} more"]


def _listed(unmet: list[_Named]) -> str:
    return ", ".join(each.entry for each in unmet[:_MAX_SHOWN]) or "no event and no property"


def _seen(tracked: Tracked) -> str:
    events = ", ".join(tracked.strange_events[:_MAX_SHOWN])
    return f"the export has {events}" if events else "the export has no event"
