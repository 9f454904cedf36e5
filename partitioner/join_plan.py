"""Which records of which fragments a chunk is made of: as many as its limits allow, in the input's order."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from partitioner.jobs import Fragment, Share
from partitioner.segments import Limits


def plan(
    fragments: Sequence[Fragment],
    limits: Limits,
    canary: Mapping[int, Sequence[int]],
    growth_bytes: int = 0,
) -> Iterator[tuple[Share, ...]]:
    """The chunks of one window, without the records that are in its canary.

    A record may grow by so many bytes. Where it is bytes that fill a chunk, it is cut between two batches of
    a fragment, since what is in them isn't known here; where it is records, anywhere.
    """
    chunk = _Chunk(limits)
    for fragment in fragments:
        picked, start = canary.get(fragment.number, ()), 0
        for records, json_bytes in _batches(fragment):
            at, start = start, start + records
            while at < start:
                if chunk.is_full_with(json_bytes + growth_bytes * (start - at)):
                    yield chunk.close()
                    chunk = _Chunk(limits)
                end = chunk.take(fragment.number, at, start, picked, json_bytes + growth_bytes * (start - at))
                if chunk.records == limits.lines:
                    yield chunk.close()
                    chunk = _Chunk(limits)
                at = end
    if chunk.records:
        yield chunk.close()


class _Chunk:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._shares: list[Share] = []
        self._bytes = self.records = 0

    def is_full_with(self, more_bytes: int) -> bool:
        return bool(self.records) and self._bytes + more_bytes > self._limits.bytes

    def take(self, fragment: int, first: int, end: int, picked: Sequence[int], at_most_bytes: int) -> int:
        """As many of the records as there is room for; returns where it stopped."""
        end = min(end, _end_of(first, self._limits.lines - self.records, picked, end))
        inside = tuple(picked[bisect_left(picked, first) : bisect_left(picked, end)])
        self.records += end - first - len(inside)
        self._bytes += at_most_bytes
        last = self._shares[-1] if self._shares else None
        if last and (last.fragment, last.end) == (fragment, first):
            self._shares[-1] = Share(fragment, last.first, end, last.canary + inside)
        else:
            self._shares.append(Share(fragment, first, end, inside))
        return end

    def close(self) -> tuple[Share, ...]:
        return tuple(each for each in self._shares if each.end - each.first > len(each.canary))


def _end_of(first: int, room: int, picked: Sequence[int], most: int) -> int:
    """Where so many records end that aren't picked, `most` where all are fewer."""
    end = first
    for at in picked[bisect_left(picked, first) : bisect_left(picked, most)]:
        if at - end >= room:
            break
        room -= at - end
        end = at + 1
    return end + room


def _batches(fragment: Fragment) -> Iterator[tuple[int, int]]:
    numbers = array("I", fragment.batches)
    yield from zip(numbers[::2], numbers[1::2], strict=True)
