"""With --keep-copies: gives later copies ids of their own, and chunks their final names."""

import hashlib
import os
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec

from function.members import inflate_body
from function.records import check, with_insert_id
from partitioner.batch_file import BatchFile
from partitioner.copies import later_copies, read_members
from partitioner.jobs import Recipe, Sample, Settle, Settled
from partitioner.lines import split_lines
from partitioner.manifest import ManifestChunk
from partitioner.origins import Origins
from partitioner.work import Work
from partitioner.write import chunk_name


def settle(job: Settle, recipe: Recipe, work: Work) -> Settled:
    """Done again, it makes the same files, since a draft stays until the run ends."""
    assert work.output
    draft, begun = work.draft(job.number), work.begun(f"{job.number:05}.settled")
    copies = later_copies(job.number, job.parts, work)
    chunk = job.chunk
    if copies:
        places = dict(zip(copies, Origins.load(work.origins(job.number)).places(copies), strict=True))
        chunk = _rewrite(job, recipe, places, draft, begun)
    else:
        _link(draft, begun)
    begun.replace(work.output / chunk.name)
    return Settled(job.number, chunk)


def own_id(insert_id: str, place: Sample, before: int = 0) -> str:
    """32 hex digits of a hash of the copy's id, file and line; `before` counts copies of one line."""
    content = msgspec.json.encode((insert_id, place.file, place.line, *([before] if before else [])))
    return hashlib.sha256(content).hexdigest()[:32]


def _rewrite(
    job: Settle, recipe: Recipe, places: dict[int, Sample], draft: Path, begun: Path
) -> ManifestChunk:
    """Cuts batches anew, since an id may have grown. (So may a record, at most by 35 bytes.)"""
    before: Counter[tuple[str, Sample]] = Counter()
    out = BatchFile(begun, recipe.batch_records, recipe.batch_bytes)
    for first, count, member in read_members(draft):
        lines = split_lines(inflate_body(bytes(member)))
        for index in range(first, first + count):
            if index in places:
                line = lines[index - first]
                insert_id = check([line], recipe.as_of).heads[0].insert_id
                own = own_id(insert_id, places[index], before[insert_id, places[index]])
                before[insert_id, places[index]] += 1
                lines[index - first] = with_insert_id(line, own)
        out.add(lines)
    out.close()
    return replace(
        job.chunk,
        name=chunk_name(recipe.name, job.number, out.json_hash),
        bytes=out.bytes,
        json_bytes=out.json_bytes,
        crc32c=out.crc32c,
    )


def _link(draft: Path, begun: Path) -> None:
    begun.unlink(missing_ok=True)
    try:
        os.link(draft, begun)
    except OSError:  # a file system without hard links
        shutil.copyfile(draft, begun)
