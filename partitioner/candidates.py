"""Which records become the canary: as many of each event as the others leave room for, whoever is at work.

Of each event those with the least checksums are taken. A set of candidates keeps one more of each than could
be taken of it alone, so that what is taken of several sets together depends on the records alone.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import msgspec
from isal import isal_zlib

from partitioner.work import Work

MOST_RECORDS = 2_000

# How many more are held before those are dropped that can't be taken.
_SPARE = 4


class Candidate(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """Record `index`, from 0, of a fragment."""

    checksum: int
    fragment: int
    index: int
    bytes: int


class Candidates(msgspec.Struct):
    """Of one window, by event. `most` is how many are taken in the end."""

    most: int
    window: int = -1
    events: dict[str, list[Candidate]] = {}
    greatest: dict[str, int] = {}
    """The greatest checksum that may still be taken, of events of which all places are."""
    held: int = 0

    def add(
        self, window: int, fragment: int, first: int, lines: Sequence[bytes], events: Sequence[str]
    ) -> None:
        """Lines of a fragment, from record `first` on. A newer window's take the place of all others."""
        if self.window >= 0 and window > self.window:
            return
        if window != self.window:
            self.window, self.events, self.greatest, self.held = window, {}, {}, 0
        greatest = self.greatest
        for index, (line, event) in enumerate(zip(lines, events, strict=True), first):
            checksum = isal_zlib.crc32(line)
            if checksum <= greatest.get(event, checksum):
                self.events.setdefault(event, []).append(Candidate(checksum, fragment, index, len(line)))
                self.held += 1
        if self.held > _SPARE * self.most:
            self._drop()

    def merge(self, other: "Candidates") -> None:
        """Of the same window."""
        for event, candidates in other.events.items():
            self.events.setdefault(event, []).extend(candidates)
        self._drop()

    def save(self, path: Path) -> None:
        self._drop()
        path.write_bytes(msgspec.json.encode(self))

    def chosen(self, most_bytes: int) -> dict[int, tuple[int, ...]]:
        """The records' indexes, ascending, by fragment; so many that they have at most so many bytes."""
        each = _fair_share([len(found) for found in self.events.values()], self.most)
        found: dict[int, list[int]] = {}
        taken_bytes = 0
        for candidate in islice(self._in_turns(each + 1), self.most):
            taken_bytes += candidate.bytes + 1
            if found and taken_bytes > most_bytes:
                break
            found.setdefault(candidate.fragment, []).append(candidate.index)
        return {fragment: tuple(sorted(indexes)) for fragment, indexes in sorted(found.items())}

    def _in_turns(self, each: int) -> Iterator[Candidate]:
        """One of each event, then the second of each, and so on; the last turn is not for all of them."""
        in_order = [sorted(self.events[event])[:each] for event in _in_order(self.events)[: self.most]]
        for turn in range(each):
            yield from (found[turn] for found in in_order if turn < len(found))

    def _drop(self) -> None:
        """What can't be taken, whatever else may come."""
        for event in _in_order(self.events)[self.most + 1 :]:
            del self.events[event]
            self.greatest[event] = -1
        kept = _fair_share([len(found) for found in self.events.values()], self.most) + 1
        for event, found in self.events.items():
            if len(found) > kept:
                found.sort()
                del found[kept:]
                self.greatest[event] = found[-1].checksum
        self.held = sum(map(len, self.events.values()))


def _in_order(events: Mapping[str, object]) -> list[str]:
    """An order that says nothing: those that come first are any."""
    return sorted(events, key=lambda event: (zlib.crc32(event.encode()), event))


def _fair_share(counts: Sequence[int], most: int) -> int:
    """The greatest number of which so many, or all where there are fewer, can be taken of each."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(count, middle) for count in counts) <= most:
            low = middle
        else:
            high = middle - 1
    return low


def choose(work: Work, segments: Sequence[int], most: int, most_bytes: int) -> dict[int, tuple[int, ...]]:
    """From what was saved for these segments, of the newest window that any of them has."""
    all_of_them = Candidates(most)
    for segment in segments:
        some = msgspec.json.decode(work.candidates(segment).read_bytes(), type=Candidates)
        if all_of_them.window < 0 or some.window < all_of_them.window:
            all_of_them = some
        elif some.window == all_of_them.window:
            all_of_them.merge(some)
    return all_of_them.chosen(most_bytes)
