"""What became of a set of chunks at one destination, counted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from function.state import Entry, Status

# Beside the ledger's own: no entry yet, and an entry that nobody can read.
WAITING = "waiting"
UNREADABLE = "unreadable"

ORDER = (*Status, WAITING, UNREADABLE)
FAILED = (Status.REFUSED, Status.QUARANTINED, Status.LOST, UNREADABLE)
SETTLED = (Status.DONE, *FAILED)


@dataclass(frozen=True, slots=True)
class Sought:
    """A chunk to follow, by its full name in the bucket; None for what no manifest tells.

    `generation` is that of the object which was just uploaded, else 0.
    """

    name: str
    records: int | None = None
    crc32c: str | None = None
    generation: int = 0


@dataclass(frozen=True, slots=True)
class ChunkAccount:
    """`message` is the ledger's; `discrepancy` says why the counts of a done chunk don't add up."""

    name: str
    status: str = WAITING
    records: int = 0
    accepted: int = 0
    rejected: int = 0
    message: str = ""
    discrepancy: str = ""

    @property
    def is_settled(self) -> bool:
        return self.status in SETTLED


@dataclass(frozen=True, slots=True)
class Tally:
    chunks: int = 0
    records: int = 0
    accepted: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """`expected_records` is None where a chunk is known from a listing alone; `tallies` are by status."""

    tallies: Mapping[str, Tally]
    expected_records: int | None
    not_done: tuple[ChunkAccount, ...]
    discrepancies: tuple[ChunkAccount, ...]

    @property
    def total(self) -> Tally:
        tallies = self.tallies.values()
        return Tally(
            chunks=sum(tally.chunks for tally in tallies),
            records=sum(tally.records for tally in tallies),
            accepted=sum(tally.accepted for tally in tallies),
            rejected=sum(tally.rejected for tally in tallies),
        )

    def chunks(self, status: str) -> int:
        return self.tallies[status].chunks if status in self.tallies else 0

    @property
    def is_settled(self) -> bool:
        return all(status in SETTLED for status in self.tallies)

    @property
    def has_failed(self) -> bool:
        return any(status in FAILED for status in self.tallies)

    @property
    def adds_up(self) -> bool:
        """Of done chunks: an unfinished one has nothing to add up yet."""
        return not self.discrepancies


def count_records(chunks: Sequence[Sought]) -> int | None:
    counts = [chunk.records for chunk in chunks if chunk.records is not None]
    return sum(counts) if len(counts) == len(chunks) else None


def account_of_chunk(sought: Sought, entry: Entry) -> ChunkAccount:
    return ChunkAccount(
        name=sought.name,
        status=entry.status.value,
        records=entry.records,
        accepted=entry.accepted,
        rejected=entry.rejected,
        message=entry.message,
        discrepancy=_discrepancy(sought, entry) if entry.status is Status.DONE else "",
    )


def add_up(accounts: Iterable[ChunkAccount], expected_records: int | None) -> Account:
    chunks, records, accepted, rejected = (Counter[str]() for _ in range(4))
    not_done, discrepancies = [], []
    for account in accounts:
        chunks[account.status] += 1
        records[account.status] += account.records
        accepted[account.status] += account.accepted
        rejected[account.status] += account.rejected
        if account.status != Status.DONE:
            not_done.append(account)
        if account.discrepancy:
            discrepancies.append(account)
    return Account(
        tallies={
            str(status): Tally(chunks[status], records[status], accepted[status], rejected[status])
            for status in ORDER
            if chunks[status]
        },
        expected_records=expected_records,
        not_done=tuple(not_done),
        discrepancies=tuple(discrepancies),
    )


def _discrepancy(sought: Sought, entry: Entry) -> str:
    if entry.records != entry.accepted + entry.rejected:
        return f"{entry.records:,} records, but {entry.accepted:,} accepted and {entry.rejected:,} rejected"
    if sought.crc32c is not None and entry.crc32c != sought.crc32c:
        return "what was imported under this name has another checksum than the manifest's chunk"
    if sought.records is not None and entry.records != sought.records:
        return f"{entry.records:,} records settled, but {sought.records:,} in the manifest"
    return ""
