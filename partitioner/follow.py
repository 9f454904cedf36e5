"""`follow`: reads the ledgers until every chunk is settled, and says whether all adds up."""

import json
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

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
from partitioner.exits import COUNTS_DIFFER, REFUSED, TRY_AGAIN, as_exits
from partitioner.following import Followed, find_followed, grown
from partitioner.ledgers import Ledgers, find_destination
from partitioner.meter import Meter, show_chunks, show_records
from partitioner.places import BucketType, Place, open_bucket
from partitioner.table import as_json, table

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
    return account_of_chunk(sought, entry)


def exit_code(account: Account) -> int:
    if account.has_failed:
        return REFUSED
    if not account.adds_up:
        return COUNTS_DIFFER
    return 0 if account.is_settled else TRY_AGAIN


@click.command(
    short_help="Follow the import until every chunk is settled.",
    epilog="Example:\n\n  python -m partitioner follow chunks/ --state gs://my-state",
)
@click.argument("source", metavar="DIR|gs://BUCKET[/FOLDER]")
@click.option("--state", type=BucketType(), metavar="gs://BUCKET", required=True, help="The state bucket.")
@click.option(
    "--destination",
    metavar="NAME",
    help="A folder of gs://STATE/ledger, such as us-1234567. By default the one that MIXPANEL_TOKEN or "
    "MIXPANEL_PROJECT_ID (with MIXPANEL_REGION) name, or the only one there.",
)
@click.option("--once", is_flag=True, help="Look once; exit 75 if something isn't settled yet.")
@click.option("--json", "is_json", is_flag=True, help="The account as JSON on standard output.")
@click.pass_context
def command(
    context: click.Context,
    source: str,
    state: Place,
    destination: str | None,
    *,
    once: bool,
    is_json: bool,
) -> None:
    """Follow the import of chunks until each is settled, then show what became of their records.

    DIR is one that was uploaded from here; of a bucket, the chunks of all manifests there, or of one manifest
    (gs://BUCKET/_manifests/NAME.json). Exit code: 0 only if every chunk is done and the counts add
    up; 1 if one was refused, quarantined or lost; 3 if the counts don't add up; 75 if it was stopped before
    the end, which stops nothing else.
    """
    with as_exits("the import goes on, and the same command follows it again"):
        followed = find_followed(source)
        with open_bucket(state.bucket) as bucket:
            destination = destination or find_destination(bucket, os.environ)
            account = _watch(followed, bucket, destination, once=once)
    if is_json:
        click.echo(json.dumps(as_json(account, destination=destination), indent=2))
    else:
        retry = f"python -m partitioner retry {followed.place} --state {state} --destination {destination}"
        for line in table(account, retry=retry, dead_letters=f"{state}/dead-letters/{destination}/"):
            click.echo(line)
        click.echo(_verdict(account))
    context.exit(exit_code(account))


def _watch(followed: Followed, state: "Bucket", destination: str, *, once: bool) -> Account:
    while True:
        account = _watch_these(followed, state, destination, once=once)
        if once or not account.is_settled:
            return account
        more = grown(followed)
        if len(more.chunks) == len(followed.chunks):
            return account
        followed = more


def _watch_these(followed: Followed, state: "Bucket", destination: str, *, once: bool) -> Account:
    clock = Clock()
    moved_seconds, tallies = clock.monotonic_seconds(), None
    account = add_up([], None)
    with Meter("settled", followed.records, show_records) as meter:
        meter.say(f"Following {show_chunks(len(followed.chunks))} of {followed.place} into {destination}")
        try:
            for account in follow(followed.chunks, state, destination, clock=clock):
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


def _verdict(account: Account) -> str:
    return {
        0: "All chunks are done, and the counts add up.",
        REFUSED: "Not everything could be imported.",
        COUNTS_DIFFER: "The counts don't add up.",
        TRY_AGAIN: "Not finished yet.",
    }[exit_code(account)]
