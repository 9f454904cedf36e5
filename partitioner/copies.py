"""Finds copies: records of equal event, distinct_id, `$insert_id` and UTC day, anywhere in a run, exactly.

In three steps, each in parts that fit into memory whatever the run's size:
1. `find_equal`: the keys (keys.py) that more than one chunk has, part by part of all possible keys.
2. `locate`: of each chunk the records with such a key, or with one that the chunk has twice. These alone are
   read again, and what they are told apart by is noted as 128 bits of BLAKE2.
3. `group`: of those, part by part, all but the first in the input's order are later copies.

Memory: a step holds one part, as copy_search.py bounds them: about 100 MB a worker. Disk, until the run
ends: 16 bytes a record, and 20 for each located one.
"""

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from function.members import inflate_body, read_header
from function.records import Head, check
from partitioner.jobs import Equal, FindEqual, Group, Grouped, Locate, Located
from partitioner.keys import DAY_SECONDS, are_repeated, bounds, mapped, read_keys
from partitioner.lines import split_lines
from partitioner.work import Work

_IDENTITY_BYTES = 16
_ENTRY_BYTES = _IDENTITY_BYTES + 4
_PREFIX_BYTES = 8
_INDEX_BITS = 32


def find_equal(job: FindEqual, work: Work) -> Equal:
    borders = [bounds(part, job.parts)[0] for part in range(job.first, job.last)]
    borders.append(bounds(job.last - 1, job.parts)[1])
    ends = {number: _ends(work.keys(number), borders) for number in job.numbers}
    later, found = 0, []
    for at, part in enumerate(range(job.first, job.last)):
        shares = [read_keys(work.keys(number), *ends[number][at : at + 2]) for number in job.numbers]
        keys = np.sort(np.concatenate(shares))
        repeated = keys[are_repeated(keys)]
        if len(repeated):
            repeated[~are_repeated(repeated)].tofile(work.equal_keys(part))
            later += len(repeated)
            found.append(part)
    return Equal(later, tuple(found))


def _ends(path: Path, borders: Sequence[int]) -> list[int]:
    """Where in a file of keys each border falls. Open files are few (and a mapping holds one)."""
    with mapped(path, "q") as keys:
        return [bisect_left(keys, border) for border in borders]


def locate(job: Locate, as_of: float, work: Work) -> Located:
    ordered = read_keys(work.ordered_keys(job.number))
    in_order = np.sort(ordered)
    wanted = [in_order[are_repeated(in_order)]]
    for part in job.equal_parts:
        low, high = bounds(part, job.parts)
        own = in_order[bisect_left(in_order, low) : bisect_left(in_order, high)]
        wanted.append(own[np.isin(own, read_keys(work.equal_keys(part)))])
    indexes = np.flatnonzero(np.isin(ordered, np.concatenate(wanted))).tolist()
    if indexes:
        lines = list(read_records(work.chunk(job.number, job.chunk_name), indexes))
        entries = (
            _identity(head) + index.to_bytes(4, "big")
            for index, head in zip(indexes, check(lines, as_of).heads, strict=True)
        )
        work.located(job.number).write_bytes(b"".join(sorted(entries)))
    return Located(job.number, len(indexes))


def group(job: Group, work: Work) -> Grouped:
    low, high = (2**64 * part // job.parts for part in (job.part, job.part + 1))
    seen: set[bytes] = set()
    later: list[int] = []
    for number in job.numbers:
        for entry in _entries(work.located(number), low, high):
            identity = entry[:_IDENTITY_BYTES]
            if identity in seen:
                later.append(number << _INDEX_BITS | int.from_bytes(entry[_IDENTITY_BYTES:], "big"))
            else:
                seen.add(identity)
    work.later(job.part).write_bytes(array("Q", sorted(later)).tobytes())
    return Grouped(job.part, len(later))


def later_copies(number: int, parts: int, work: Work) -> list[int]:
    """Which records of a chunk are later copies: their numbers, from 0, in ascending order."""
    found: list[int] = []
    for part in range(parts):
        path = work.later(part)
        if not path.stat().st_size:
            continue
        with mapped(path, "Q") as later:
            start = bisect_left(later, number << _INDEX_BITS)
            end = bisect_left(later, (number + 1) << _INDEX_BITS, start)
            found += [entry & (2**_INDEX_BITS - 1) for entry in later[start:end].tolist()]
    return sorted(found)


def read_members(chunk: Path) -> Iterator[tuple[int, int, memoryview]]:
    """The first record's number, the count, and the bytes of each batch of a chunk of ours."""
    with mapped(chunk, "B") as block:
        at = first = 0
        while header := read_header(block, at):
            with block[at : at + header.member_bytes] as member:
                yield first, header.records, member
            at, first = at + header.member_bytes, first + header.records


def read_records(chunk: Path, indexes: Sequence[int]) -> Iterator[bytes]:
    """The records with these ascending numbers; batches without any of them stay compressed."""
    at = 0
    for first, count, member in read_members(chunk):
        end = bisect_left(indexes, first + count, at)
        if at < end:
            lines = split_lines(inflate_body(bytes(member)))
            yield from (lines[index - first] for index in indexes[at:end])
        at = end


def _identity(head: Head) -> bytes:
    told_by = (head.event, head.distinct_id, head.insert_id, head.time // DAY_SECONDS)
    return hashlib.blake2b(msgspec.json.encode(told_by), digest_size=_IDENTITY_BYTES).digest()


def _entries(located: Path, low: int, high: int) -> Iterator[bytes]:
    """Those whose identity begins with 8 bytes in [low, high)."""
    data = located.read_bytes()
    entries = range(len(data) // _ENTRY_BYTES)

    def prefix(entry: int) -> int:
        start = entry * _ENTRY_BYTES
        return int.from_bytes(data[start : start + _PREFIX_BYTES], "big")

    start = bisect_left(entries, low, key=prefix)
    for entry in range(start, bisect_left(entries, high, start, key=prefix)):
        yield data[entry * _ENTRY_BYTES : (entry + 1) * _ENTRY_BYTES]
