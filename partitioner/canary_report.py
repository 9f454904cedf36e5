"""What became of the canary, in words."""

from collections.abc import Iterator, Mapping

from function.state import Entry
from partitioner.manifest import Manifest, ManifestChunk
from partitioner.project import events_page
from partitioner.refusals import Kind, refusal_lines


def unforeseen(kinds: Mapping[Kind, int], manifest: Manifest) -> dict[Kind, int]:
    """The rejections of a kind that `split` didn't meet in the export."""
    foreseen = {(reason.field, reason.message) for reason in manifest.reasons}
    return {kind: count for kind, count in kinds.items() if kind not in foreseen}


def canary_lines(
    chunk: ManifestChunk,
    entry: Entry | None,
    kinds: Mapping[Kind, int],
    new: Mapping[Kind, int],
    destination: str,
    state: str,
) -> Iterator[str]:
    """`state` is the bucket's name."""
    yield f"canary       {chunk.name}"
    yield f"destination  {destination}"
    if entry is None:
        yield "Its ledger entry has gone: somebody deleted it"
        return
    yield f"accepted     {entry.accepted:,} of {chunk.records:,} records"
    yield f"rejected     {entry.rejected:,}"
    yield from refusal_lines(kinds, entry.dead_letters, f"gs://{state}")
    if entry.message:
        yield f"The canary was {entry.status}: {entry.message}"
    if new:
        yield f"{sum(new.values()):,} were rejected for what `split` had not found in the export"
    if entry.accepted:
        yield f"Look at them: {events_page(destination)}"
