"""The search for copies as the parent process leads it: which jobs, over which chunks, in which parts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from partitioner.jobs import Equal, FindEqual, Finished, Group, Grouped, Locate, Located
from partitioner.pool import Pool

PART_KEYS = 1_000_000
PART_LOCATED = 500_000

# A job opens every chunk's keys once, whatever it does with them.
_PARTS_PER_JOB = 16


@dataclass(frozen=True, slots=True)
class Copies:
    """`parts` is how many parts the later copies stand in."""

    count: int
    parts: int = 0


@dataclass(frozen=True, slots=True)
class Keyed:
    """A chunk, or a fragment of one, whose records have keys. `repeats` is as in jobs.Finished."""

    name: str
    records: int
    repeats: int


def keyed_of(finished: Mapping[int, Finished]) -> dict[int, Keyed]:
    """By number, in the input's order."""
    found = {}
    for number, each in sorted(finished.items()):
        if each.chunk:
            found[number] = Keyed(each.chunk.name, each.chunk.records, each.repeats)
        for fragment in each.fragments:
            found[fragment.number] = Keyed("", fragment.records, fragment.repeats)
    return found


def find_copies(keyed: Mapping[int, Keyed], pool: Pool, *, exactly: bool) -> Copies:
    """Counts later copies; not exactly: by keys alone, two of which are equal by chance once in 2**64."""
    repeats = sum(each.repeats for each in keyed.values())
    later, parts, equal_parts = _find_equal(keyed, pool)
    if not exactly or not later + repeats:
        return Copies(later + repeats)
    jobs = (
        Locate(number, each.name, equal_parts, parts)
        for number, each in keyed.items()
        if equal_parts or each.repeats
    )
    located = {
        each.number: each.records for each in pool.run(jobs) if isinstance(each, Located) and each.records
    }
    groups = -(-sum(located.values()) // PART_LOCATED)
    numbers = tuple(sorted(located))
    grouped = pool.run(Group(part, groups, numbers) for part in range(groups))
    return Copies(sum(each.copies for each in grouped if isinstance(each, Grouped)), groups)


def _find_equal(chunks: Mapping[int, Keyed], pool: Pool) -> tuple[int, int, tuple[int, ...]]:
    """How many records have a key that an earlier chunk has, and which of how many parts have such keys."""
    parts = -(-sum(chunk.records for chunk in chunks.values()) // PART_KEYS)
    if len(chunks) < 2:
        return 0, parts, ()

    def jobs() -> Iterator[FindEqual]:
        for first in range(0, parts, _PARTS_PER_JOB):
            yield FindEqual(first, min(parts, first + _PARTS_PER_JOB), parts, tuple(chunks))

    found = [each for each in pool.run(jobs()) if isinstance(each, Equal)]
    equal_parts = sorted(part for each in found for part in each.parts)
    return sum(each.later for each in found), parts, tuple(equal_parts)
