"""The search for copies as the parent process leads it: which jobs, over which chunks, in which parts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from partitioner.jobs import Equal, FindEqual, Finished, Group, Grouped, Locate, Located
from partitioner.manifest import ManifestChunk
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


def chunks_of(finished: Mapping[int, Finished]) -> dict[int, ManifestChunk]:
    """By number, in the input's order."""
    return {number: each.chunk for number, each in sorted(finished.items()) if each.chunk}


def find_copies(finished: Mapping[int, Finished], pool: Pool, *, exactly: bool) -> Copies:
    """Counts later copies; not exactly: by keys alone, two of which are equal by chance once in 2**64."""
    chunks = chunks_of(finished)
    repeats = sum(each.repeats for each in finished.values())
    later, parts, equal_parts = _find_equal(chunks, pool)
    if not exactly or not later + repeats:
        return Copies(later + repeats)
    jobs = (
        Locate(number, chunk.name, equal_parts, parts)
        for number, chunk in chunks.items()
        if equal_parts or finished[number].repeats
    )
    located = {
        each.number: each.records for each in pool.run(jobs) if isinstance(each, Located) and each.records
    }
    groups = -(-sum(located.values()) // PART_LOCATED)
    numbers = tuple(sorted(located))
    grouped = pool.run(Group(part, groups, numbers) for part in range(groups))
    return Copies(sum(each.copies for each in grouped if isinstance(each, Grouped)), groups)


def _find_equal(chunks: Mapping[int, ManifestChunk], pool: Pool) -> tuple[int, int, tuple[int, ...]]:
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
