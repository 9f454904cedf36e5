"""`follow`: reads the ledgers until every chunk is settled, and says whether all adds up."""

import json
import os
from typing import TYPE_CHECKING

import click

from partitioner.account import Account
from partitioner.exits import COUNTS_DIFFER, REFUSED, TRY_AGAIN, as_exits
from partitioner.following import Followed, find_followed, grown
from partitioner.ledgers import find_destination
from partitioner.meter import show_chunks
from partitioner.places import BucketType, Place, open_bucket
from partitioner.table import as_json, table
from partitioner.watch import watch

if TYPE_CHECKING:
    from partitioner.storage import Bucket


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
            account = watch_all(followed, bucket, destination, once=once)
    if is_json:
        click.echo(json.dumps(as_json(account, destination=destination), indent=2))
    else:
        tell(account, followed.place, state, destination)
    context.exit(exit_code(account))


def tell(account: Account, place: Place, state: Place, destination: str) -> None:
    """What became of the chunks, for people."""
    retry = f"python -m partitioner retry {place} --state {state} --destination {destination}"
    for line in table(account, retry=retry, dead_letters=f"{state}/dead-letters/{destination}/"):
        click.echo(line)
    click.echo(_verdict(account))


def watch_all(followed: Followed, state: "Bucket", destination: str, *, once: bool = False) -> Account:
    """Until all is settled that is there by then, or once."""
    while True:
        chunks = show_chunks(len(followed.chunks))
        saying = f"Following {chunks} of {followed.place} into {destination}"
        account = watch(followed.chunks, saying, state, destination, once=once)
        if once or not account.is_settled:
            return account
        more = grown(followed)
        if len(more.chunks) == len(followed.chunks):
            return account
        followed = more


def _verdict(account: Account) -> str:
    return {
        0: "All chunks are done, and the counts add up.",
        REFUSED: "Not everything could be imported.",
        COUNTS_DIFFER: "The counts don't add up.",
        TRY_AGAIN: "Not finished yet.",
    }[exit_code(account)]
