"""Of checked records some: those of an interval of time, or those of certain places."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

from function.records import Added, Checked, Heads, check


@dataclass(frozen=True, slots=True)
class Interval:
    """[since, until) by the whole second of a record's `time`; None has no end on that side."""

    since: float | None = None
    until: float | None = None

    def inside(self, checked: Checked, lines: Sequence[bytes], now_seconds: float) -> Checked:
        """The records inside, with what was added to them alone, and all flaws. `lines` were checked."""
        times = checked.heads.times
        if not times or (self._holds(min(times)) and self._holds(max(times))):
            return checked
        kept = [place for place, time in enumerate(times) if self._holds(time)]
        some = chosen(checked, kept)
        added = check([lines[index] for index in some.indexes], now_seconds).added if kept else Added()
        return Checked(some.lines, some.heads, some.indexes, checked.flaws, added)

    def _holds(self, time: int) -> bool:
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)


def chosen(checked: Checked, places: Sequence[int]) -> Checked:
    """The records at these ascending places among the good ones; no flaws, and nothing counted as added."""
    if len(places) == len(checked.lines):
        return Checked(checked.lines, checked.heads, checked.indexes, [], Added())
    mask = bytearray(len(checked.lines))
    for place in places:
        mask[place] = 1
    heads = checked.heads
    return Checked(
        list(compress(checked.lines, mask)),
        Heads(
            list(compress(heads.events, mask)),
            list(compress(heads.times, mask)),
            list(compress(heads.distinct_ids, mask)),
            list(compress(heads.insert_ids, mask)),
        ),
        list(compress(checked.indexes, mask)),
        [],
        Added(),
    )
