"""Which chunks to deliver again, and how: an object copied onto itself is announced like an upload.

What is settled of it is not sent again; the ledger sees to that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from function.errors import ObjectGone, PreconditionFailed, UnreadableState
from function.state import Entry, Status, is_chunk_name, ledger_name
from partitioner.ledgers import Ledgers, read_entry
from partitioner.threads import each

if TYPE_CHECKING:
    from partitioner.storage import Bucket
    from partitioner.stored import StoredObject

AT_ONCE = 8


class Standing(StrEnum):
    """Of an object that is there: what may be done about it."""

    MISSING = "missing"
    REFUSED = "refused"
    QUARANTINED = "quarantined"
    DONE = "done"
    AT_WORK = "being imported now"
    UNREADABLE = "unreadable"


ENDED = {
    Status.DONE: Standing.DONE,
    Status.REFUSED: Standing.REFUSED,
    Status.QUARANTINED: Standing.QUARANTINED,
}
# What a name may ask for, whatever its age.
STUCK = frozenset({Standing.MISSING, Standing.REFUSED, Standing.QUARANTINED})


@dataclass(frozen=True, slots=True)
class Found:
    """`since` is when it came to stand so; `detail` says more."""

    stored: "StoredObject"
    standing: Standing
    since: datetime
    detail: str = ""


def find_all(
    objects: Iterable["StoredObject"],
    state: "Bucket",
    destination: str,
    *,
    now: datetime | None = None,
) -> list[Found]:
    """How each chunk among `objects` stands. Empty objects, folder markers and `_` names are no chunks."""
    chunks = {stored.name: stored for stored in objects if stored.size and is_chunk_name(stored.name)}
    now = now or datetime.now(UTC)
    found = {name: standing_of(stored, None, now) for name, stored in chunks.items()}
    for name, entry in Ledgers(state, destination, chunks).changes():
        found[name] = standing_of(chunks[name], entry, now)
    return list(found.values())


def standing_of(stored: "StoredObject", entry: Entry | UnreadableState | None, now: datetime) -> Found:
    """An entry of other, older content says nothing of this object, but that its owner may be at work."""
    if entry is None:
        return Found(stored, Standing.MISSING, stored.created, "no ledger entry")
    if isinstance(entry, UnreadableState):
        return Found(stored, Standing.UNREADABLE, now, str(entry))
    since = max(moment for moment in (stored.created, entry.updated, entry.lease_until) if moment)
    if entry.lease_until and entry.lease_until > now:
        return Found(stored, Standing.AT_WORK, now, f"its lease runs until {entry.lease_until:%H:%M:%S %Z}")
    if entry.crc32c != stored.crc32c and entry.generation < stored.generation:
        return Found(stored, Standing.MISSING, stored.created, "the ledger's entry is of older content")
    if entry.status in ENDED:
        return Found(stored, ENDED[entry.status], since, entry.message)
    detail = f"{entry.status}, {entry.records:,} records settled, nobody at work"
    return Found(stored, Standing.MISSING, since, detail)


def deliver_again(
    chunks: "Bucket", state: "Bucket", destination: str, wanted: Iterable[Found]
) -> Iterator[tuple[Found, str]]:
    """Copies each onto itself, unless it has changed, been done or got an owner meanwhile: says so then.

    The text is empty for a chunk that will be delivered. Raises what Bucket raises.
    """

    def deliver(found: Found) -> str:
        name = found.stored.name
        entry = read_entry(state, ledger_name(destination, name))
        standing = standing_of(found.stored, entry, datetime.now(UTC)).standing
        if standing != found.standing:
            return f"{standing} meanwhile"
        try:
            chunks.copy_onto_itself(name, found.stored.generation)
        except (PreconditionFailed, ObjectGone):
            live = chunks.stat(name)
            if live is None:
                return "deleted meanwhile"
            # Another generation, ours where an answer was lost, is on its way to the function by itself.
            return "" if live.crc32c == found.stored.crc32c else "replaced meanwhile"
        return ""

    yield from each(wanted, deliver, threads=AT_ONCE)
