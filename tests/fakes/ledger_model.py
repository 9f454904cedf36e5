"""The ledger's rules once more, in some twenty lines: what the real one is held against."""

from dataclasses import dataclass, replace
from typing import Literal

from function.cloud_event import ChunkRef
from function.ledger import Finished, Held, Lease, NeedsAlone
from function.logs import Reason
from function.state import Status
from tests.fakes.ledger_world import LEASE_SECONDS

MAX_ATTEMPTS = 2

Verdict = Literal["lease", "settled", "older", "held", "needs alone", "vanished"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the model keeps of an entry. `until`: the end of the owner's lease, None once it has said goodbye.

    `owner` is the number of a delivery, `previous` the generation of what stood there before other content.
    """

    generation: int
    crc32c: str
    status: Status = Status.IMPORTING
    attempts: int = 0
    vanished: int = 0
    alone: bool = False
    owner: int = 0
    until: float | None = None
    offset: int = 0
    parts: tuple[str, ...] = ()
    noted: bool = False
    previous: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Of `chunk`, whose generation is the bucket's if it `is_live`, at `now` on its process's clock.

    `ended`: owners that its process saw end.
    """

    chunk: ChunkRef
    number: int
    now: float
    alone: bool
    ended: set[int]
    is_live: bool


def decide(standing: Standing | None, by: Delivery) -> tuple[Verdict, list[Standing]]:
    """What a claim comes to, and what it writes, in order."""
    generation, crc32c = by.chunk.generation, by.chunk.crc32c
    if standing is None or (generation > standing.generation and crc32c != standing.crc32c):
        previous = standing.generation if standing else None
        return _lease(Standing(generation, crc32c, previous=previous), by)
    if generation < standing.generation:
        return "older", []
    again = generation > standing.generation
    if standing.status is Status.DONE:
        moved = replace(standing, generation=generation, noted=standing.noted and not again, owner=by.number)
        noting = [replace(moved, noted=True)] if by.is_live and not moved.noted else []
        return "settled", [moved] * again + noting
    is_silent = standing.until is not None and standing.owner not in by.ended
    if is_silent and by.now < (standing.until or 0):
        return "held", []
    if not again and standing.status not in {Status.IMPORTING, Status.DEFERRED}:
        return "settled", []
    counts = is_silent and (standing.alone or not standing.vanished)
    vanished = 0 if again else standing.vanished + counts
    return _lease(replace(standing, generation=generation, vanished=vanished), by)


def _lease(base: Standing, by: Delivery) -> tuple[Verdict, list[Standing]]:
    if base.vanished >= MAX_ATTEMPTS:
        return "vanished", [replace(base, status=Status.QUARANTINED, owner=by.number, until=None)]
    if base.vanished and not by.alone:
        return "needs alone", []
    until = by.now + LEASE_SECONDS
    claimed = replace(base, status=Status.IMPORTING, attempts=base.attempts + 1, alone=by.alone, until=until)
    return "lease", [replace(claimed, owner=by.number)]


def verdict_of(claim: Lease | Finished | Held | NeedsAlone) -> Verdict:
    match claim:
        case Lease():
            return "lease"
        case Held():
            return "held"
        case NeedsAlone():
            return "needs alone"
        case Finished(reason=Reason.ALREADY_SETTLED):
            return "settled"
        case Finished(reason=Reason.OLDER_GENERATION):
            return "older"
    assert claim.reason is Reason.VANISHED
    return "vanished"
