"""Reads the ledgers of some chunks again and again, until each is settled."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from function.clock import Clock
from function.errors import UnreadableState
from function.state import Entry, Status, ledger_name
from partitioner.account import (
    UNREADABLE,
    Account,
    ChunkAccount,
    Sought,
    account_of_chunk,
    add_up,
    count_records,
)
from partitioner.ledgers import Ledgers
from partitioner.meter import Meter, show_records

if TYPE_CHECKING:
    from partitioner.storage import Bucket

INTERVAL_SECONDS = 2.0
# A look that takes long is taken less often: at most a third of the time goes into looking, up to a point.
REST = 2.0
MAX_INTERVAL_SECONDS = 30.0
STALL_SECONDS = 600.0


def follow(
    manifest: Sequence[Sought],
    state: "Bucket",
    destination: str,
    *,
    clock: Clock | None = None,
    interval_seconds: float = INTERVAL_SECONDS,
) -> Iterator[Account]:
    """Yields an account after every look at the ledgers, the first at once; the last has everything settled.

    A look lists from the first unsettled chunk on and reads what has changed; the last is at everything once
    more, since somebody may have sent a settled chunk again. Raises what Bucket raises.
    """
    clock = clock or Clock()
    sought = {chunk.name: chunk for chunk in manifest}
    accounts = {name: ChunkAccount(name) for name in sought}
    ledgers = Ledgers(state, destination, sought)
    expected = count_records(manifest)
    since = ""
    while True:
        began = clock.monotonic_seconds()
        for name, entry in ledgers.changes(since):
            accounts[name] = _account_of(sought[name], entry)
        account = add_up(accounts.values(), expected)
        if account.is_settled and since:
            since = ""
            continue
        yield account
        if account.is_settled:
            return
        took_seconds = clock.monotonic_seconds() - began
        clock.sleep(max(interval_seconds, min(REST * took_seconds, MAX_INTERVAL_SECONDS)))
        since = min(ledger_name(destination, name) for name, one in accounts.items() if not one.is_settled)


def _account_of(sought: Sought, entry: Entry | UnreadableState | None) -> ChunkAccount:
    if entry is None:
        return ChunkAccount(sought.name)
    if isinstance(entry, UnreadableState):
        return ChunkAccount(sought.name, UNREADABLE, message=str(entry))
    if entry.generation < sought.generation:
        return ChunkAccount(
            sought.name
        )  # of what stood there before: the new object hasn't been delivered yet
    return account_of_chunk(sought, entry)


def watch(
    chunks: Sequence[Sought],
    saying: str,
    state: "Bucket",
    destination: str,
    *,
    once: bool = False,
    clock: Clock | None = None,
) -> Account:
    """Follows on stderr until all is settled, or looks once. After Ctrl-C the account is as it was last seen.

    Raises what Bucket raises, and KeyboardInterrupt before the first look is over.
    """
    clock = clock or Clock()
    moved_seconds, tallies = clock.monotonic_seconds(), None
    account = add_up([], None)
    with Meter("settled", count_records(chunks), show_records) as meter:
        meter.say(saying)
        try:
            for account in follow(chunks, state, destination, clock=clock):
                meter.set(account.total.records, _note(account))
                now = clock.monotonic_seconds()
                if account.tallies != tallies:
                    moved_seconds, tallies = now, account.tallies
                elif now - moved_seconds > STALL_SECONDS:
                    moved_seconds = now
                    meter.say("Nothing has moved for 10 minutes; the function's log says why")
                if once:
                    break
        except KeyboardInterrupt:
            if tallies is None:
                raise
    return account


def _note(account: Account) -> str:
    others = [
        f"{tally.chunks:,} {status}" for status, tally in account.tallies.items() if status != Status.DONE
    ]
    done = f"{account.chunks(Status.DONE):,} of {account.total.chunks:,} chunks done"
    rejected = [f"{account.total.rejected:,} records rejected"] if account.total.rejected else []
    return ", ".join([done, *others, *rejected])
