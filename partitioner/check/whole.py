"""Sums up the profiles of an export's pieces."""

from partitioner.check.busy import Busy, Counts
from partitioner.check.column import Column
from partitioner.check.profile import MAX_EVENTS, MAX_PAIRS, MAX_PROPERTIES, EventProfile, Profile
from partitioner.tally import Tally


class Whole:
    """Pieces are added in the export's order, so that the same export gives the same."""

    def __init__(self) -> None:
        self._sum = Profile()
        self._columns: dict[str, Column] = {}
        self._tally = Tally()
        self._busy = Counts()
        self._pairs = 0

    @property
    def records(self) -> int:
        return self._sum.records

    def add(self, part: Profile) -> None:
        whole = self._sum
        for name in ("rows", "json_bytes", "records", "other_records", "other_values", "over_long_names"):
            setattr(whole, name, getattr(whole, name) + getattr(part, name))
        whole.damages += part.damages
        self._tally.add_all(part.reasons)
        for days, count in part.older.items():
            whole.older[days] = whole.older.get(days, 0) + count
        for kind, count in part.asides.items():
            whole.asides[kind] = whole.asides.get(kind, 0) + count
        self._busy.merge(part.busy)
        if part.first_time is not None:
            before = whole.first_time
            whole.first_time = part.first_time if before is None else min(before, part.first_time)
            whole.last_time = max(whole.last_time, part.last_time)
        for name, event in part.events.items():
            self._add_event(name, event)
        for name, values in part.properties.items():
            if name not in self._columns and len(self._columns) >= MAX_PROPERTIES:
                whole.other_values += values.values
            else:
                self._columns.setdefault(name, Column()).merge(values)

    def profile(self) -> Profile:
        whole = self._sum
        whole.properties = {name: column.profile() for name, column in self._columns.items()}
        whole.rejected, whole.reasons = self._tally.total, self._tally.commonest()
        return whole

    def distinct(self) -> dict[str, int]:
        """About how many different values each property has."""
        return {name: column.distinct() for name, column in self._columns.items()}

    def busy(self, records_a_day: int) -> list[Busy]:
        return self._busy.over(records_a_day)

    def _add_event(self, name: str, event: EventProfile) -> None:
        events = self._sum.events
        if name not in events and len(events) >= MAX_EVENTS:
            self._sum.other_records += event.records
            return
        found = events.setdefault(name, EventProfile())
        found.records += event.records
        for each, count in event.properties.items():
            if each not in found.properties:
                if self._pairs >= MAX_PAIRS:
                    continue
                self._pairs += 1
            found.properties[each] = found.properties.get(each, 0) + count
