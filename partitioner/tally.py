"""Counts rejections by reason, in bounded memory whatever the input."""

from collections.abc import Iterable

from function.records import Flaw
from partitioner.jobs import Reason, Sample

MAX_SAMPLES = 3
# A reason may name a property, so a strange export has as many as it has names.
MAX_REASONS = 100
OTHER = ("", "other reasons")


class Tally:
    """Reasons in the order of their first line, as long as they are added in the input's order."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._samples: dict[tuple[str, str], list[Sample]] = {}

    def add(self, flaw: Flaw, sample: Sample) -> None:
        self._add(flaw.field, flaw.message, 1, (sample,))

    def add_all(self, reasons: Iterable[Reason]) -> None:
        for reason in reasons:
            self._add(reason.field, reason.message, reason.count, reason.samples)

    def _add(self, field: str, message: str, count: int, samples: Iterable[Sample]) -> None:
        name = (field, message)
        if name not in self._counts and len(self._counts) >= MAX_REASONS:
            name = OTHER
        self._counts[name] = self._counts.get(name, 0) + count
        kept = self._samples.setdefault(name, [])
        kept.extend(samples)
        del kept[MAX_SAMPLES:]

    @property
    def total(self) -> int:
        return sum(self._counts.values())

    def reasons(self) -> tuple[Reason, ...]:
        return tuple(Reason(*name, count, tuple(self._samples[name])) for name, count in self._counts.items())

    def commonest(self) -> tuple[Reason, ...]:
        """The most frequent first; where equal, the one met first."""
        return tuple(sorted(self.reasons(), key=lambda reason: -reason.count))
