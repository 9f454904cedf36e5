"""Who has so many records on one day that Mixpanel sets them apart, in bounded memory.

Source: https://docs.mixpanel.com/docs/data-structure/advanced/hot-shard-limits (2026-08): more than 200,000
records of one distinct_id and date.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import datasketches

MAX_RECORDS_A_DAY = 200_000
DAY_SECONDS = 86_400

_LG_ITEMS = 16  # 49,000 counters, 5 MB: off by at most 1 in 18,000 of all records
_LG_ITEMS_OF_A_PIECE = 14  # more than a piece has records, so nothing is estimated


@dataclass(frozen=True, slots=True)
class Busy:
    day: int
    distinct_id: str
    records: int


def date_of(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_SECONDS, UTC).date().isoformat()


class Counts:
    """Records by (day, distinct_id)."""

    def __init__(self, *, of_a_piece: bool = False) -> None:
        self._sketch = datasketches.frequent_strings_sketch(_LG_ITEMS_OF_A_PIECE if of_a_piece else _LG_ITEMS)

    def add(self, distinct_ids: Iterable[str], times: Iterable[int]) -> None:
        pairs = Counter(zip(distinct_ids, (time // DAY_SECONDS for time in times), strict=True))
        for (distinct_id, day), count in pairs.items():
            if distinct_id:  # without one no user has them
                self._sketch.update(f"{day} {distinct_id}", count)

    def merge(self, other: bytes) -> None:
        self._sketch.merge(datasketches.frequent_strings_sketch.deserialize(other))

    def serialized(self) -> bytes:
        return bytes(self._sketch.serialize())

    def over(self, records: int) -> list[Busy]:
        """Those that have more, as far as is known; the busiest first."""
        kind = datasketches.frequent_items_error_type.NO_FALSE_POSITIVES
        found = []
        for item, estimate, *_ in self._sketch.get_frequent_items(kind, max(1, records)):
            day, _, distinct_id = item.partition(" ")
            found.append(Busy(int(day), distinct_id, estimate))
        return found
