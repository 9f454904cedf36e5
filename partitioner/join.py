"""The second step of two: makes a chunk of fragments, and gives later copies ids of their own."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

import msgspec
import numpy as np

from function.members import inflate_body
from function.records import check, with_insert_id
from partitioner.batch_file import BatchFile
from partitioner.copies import later_copies, read_members
from partitioner.jobs import Join, Joined, Recipe, Sample, Share
from partitioner.lines import split_lines
from partitioner.manifest import ManifestChunk
from partitioner.origins import Origins
from partitioner.settle import own_id
from partitioner.work import Work, write_whole
from partitioner.write import chunk_name


def join(job: Join, recipe: Recipe, work: Work) -> Joined:
    """Returns when all is on the disk. Done again, it makes the same file: fragments stay until the end."""
    assert work.output
    begun = work.begun(f"{job.number:05}.joined")
    file = BatchFile(begun, recipe.batch_records, recipe.batch_bytes)
    first_times, last_times = [], []
    for share in job.shares:
        wanted = list(share.canary) if job.is_canary else _all_but(share)
        times = np.fromfile(work.times(share.fragment), np.int64)[wanted]
        first_times.append(int(times.min()))
        last_times.append(int(times.max()))
        copies = _Copies(share.fragment, job.parts, recipe, work)
        for lines, indexes in _lines_of(work, share, wanted):
            file.add(copies.told_apart(lines, indexes))
    file.close()
    chunk = ManifestChunk(
        name=job.folder + _name_of(job, recipe.name, file.json_hash),
        records=file.records,
        bytes=file.bytes,
        json_bytes=file.json_bytes,
        crc32c=file.crc32c,
        first_time=min(first_times),
        last_time=max(last_times),
        sources=job.sources,
    )
    path = work.output / chunk.name
    path.parent.mkdir(exist_ok=True)
    begun.replace(path)
    joined = Joined(job.number, chunk)
    data = msgspec.json.encode(joined)
    write_whole(work.begun(f"{job.number:05}.joined.json"), work.joined(job.number), data)
    return joined


def _name_of(job: Join, name: str, json_hash: str) -> str:
    """The canary's comes before all others', and says what it is."""
    if job.is_canary:
        return f"{name}-{job.number:05}-canary-{json_hash[:8]}.ndjson.gz"
    return chunk_name(name, job.number, json_hash)


def _all_but(share: Share) -> list[int]:
    picked = frozenset(share.canary)
    return [index for index in range(share.first, share.end) if index not in picked]


def _lines_of(work: Work, share: Share, wanted: list[int]) -> Iterator[tuple[list[bytes], list[int]]]:
    """Some of the wanted records at a time, with their numbers in the fragment."""
    for first, count, member in read_members(work.draft(share.fragment)):
        indexes = wanted[bisect_left(wanted, first) : bisect_left(wanted, first + count)]
        if indexes:
            lines = split_lines(inflate_body(bytes(member)))
            yield [lines[index - first] for index in indexes], indexes


class _Copies:
    """The later copies of a fragment, where copies are kept."""

    def __init__(self, fragment: int, parts: int, recipe: Recipe, work: Work) -> None:
        self._as_of = recipe.as_of
        self._places: dict[int, tuple[Sample, int]] = {}
        copies = later_copies(fragment, parts, work) if recipe.keep_copies else []
        if copies:
            before: Counter[Sample] = Counter()
            for index, place in zip(copies, Origins.load(work.origins(fragment)).places(copies), strict=True):
                self._places[index] = place, before[place]
                before[place] += 1

    def told_apart(self, lines: list[bytes], indexes: list[int]) -> list[bytes]:
        if not self._places:
            return lines
        return [
            self._with_own_id(line, *self._places[index]) if index in self._places else line
            for line, index in zip(lines, indexes, strict=True)
        ]

    def _with_own_id(self, line: bytes, place: Sample, before: int) -> bytes:
        insert_id = check([line], self._as_of).heads[0].insert_id
        return with_insert_id(line, own_id(insert_id, place, before))
