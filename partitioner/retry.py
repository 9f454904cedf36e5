"""`retry`: has chunks delivered again that nothing else would deliver."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from partitioner.exits import Refused, as_exits
from partitioner.ledgers import find_destination
from partitioner.meter import show_chunks, show_seconds
from partitioner.places import BucketType, Place, PlaceType, open_bucket
from partitioner.redelivery import STUCK, Found, Standing, deliver_again, find_all
from partitioner.stored import StoredObject

if TYPE_CHECKING:
    from partitioner.storage import Bucket

SHOWN = 20
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class AgeType(click.ParamType[timedelta]):
    """A span of time such as 90s, 10m, 1h or 2d."""

    name = "AGE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([0-9]{1,6})([smhd])", value)
        if not match:
            self.fail(f"{value!r} is no span of time; one looks like 90s, 10m, 1h or 2d", param, ctx)
        return timedelta(seconds=int(match[1]) * UNITS[match[2]])


@click.command(
    short_help="Have chunks delivered again.",
    epilog="Example:\n\n  python -m partitioner retry gs://my-chunks --state gs://my-state --missing",
)
@click.argument("place", type=PlaceType(), metavar="gs://BUCKET[/FOLDER]")
@click.argument("names", nargs=-1)
@click.option("--state", type=BucketType(), metavar="gs://BUCKET", required=True, help="The state bucket.")
@click.option("--destination", metavar="NAME", help="As in follow.")
@click.option(
    "--missing",
    "wanted",
    flag_value=Standing.MISSING,
    multiple=True,
    help="Chunks without a ledger entry, or unfinished ones that nobody is at work on.",
)
@click.option(
    "--quarantined",
    "wanted",
    flag_value=Standing.QUARANTINED,
    multiple=True,
    help="Chunks that were given up because their imports kept dying.",
)
@click.option(
    "--refused",
    "wanted",
    flag_value=Standing.REFUSED,
    multiple=True,
    help="Chunks that could not be read to the end.",
)
@click.option(
    "--older-than",
    type=AgeType(),
    default="1h",
    show_default=True,
    help="Only what has been missing for longer: 90s, 10m, 1h, 2d.",
)
@click.option("--yes", is_flag=True, help="Don't ask.")
def command(
    place: Place,
    names: tuple[str, ...],
    state: Place,
    destination: str | None,
    wanted: tuple[Standing, ...],
    older_than: timedelta,
    *,
    yes: bool,
) -> None:
    """Have chunks of gs://BUCKET[/FOLDER] delivered again: all of a kind, or those named.

    Each is copied onto itself, which the function takes for an upload. It goes on where the chunk's ledger
    stands: nothing that was settled is sent again. A chunk that is being imported, or done, is never touched.
    """
    if not wanted and not names:
        raise click.UsageError("say which: --missing, --quarantined, --refused, or the chunks' names")
    with (
        as_exits("what was sent again stays so, and the same command goes on"),
        open_bucket(place.bucket) as chunks,
        open_bucket(state.bucket) as ledgers,
    ):
        destination = destination or find_destination(ledgers, os.environ)
        objects = _named(chunks, place, names) if names else chunks.objects(place.folder)
        found = find_all(objects, ledgers, destination)
        chosen = [each for each in found if _is_wanted(each, wanted, older_than, is_named=bool(names))]
        for line in _plan(found, chosen, wanted, is_named=bool(names)):
            click.echo(line)
        if not chosen:
            return
        if not yes:
            click.confirm(f"Deliver {show_chunks(len(chosen))} to {destination} again?", abort=True)
        sent = 0
        for each, obstacle in deliver_again(chunks, ledgers, destination, chosen):
            sent += not obstacle
            if obstacle:
                click.echo(f"  {each.stored.name}: left alone, {obstacle}")
    click.echo(f"{show_chunks(sent)} will be delivered again")
    click.echo(f"Next: python -m partitioner follow {place} --state {state} --destination {destination}")


def _named(chunks: "Bucket", place: Place, names: Iterable[str]) -> Iterator[StoredObject]:
    """By full name, as `follow` shows it, or by the name within the place's folder."""
    for name in names:
        inside = name if name.startswith(place.folder) else place.folder + name
        stored = chunks.stat(inside)
        if stored is None:
            raise Refused(f"there is no {place.of(inside)}; upload it again, or check the name")
        yield stored


def _is_wanted(found: Found, wanted: tuple[Standing, ...], older_than: timedelta, *, is_named: bool) -> bool:
    if is_named:
        return found.standing in (wanted or STUCK)
    if found.standing is Standing.MISSING and datetime.now(UTC) - found.since < older_than:
        return False
    return found.standing in wanted


def _is_young(left: Counter[Standing], wanted: tuple[Standing, ...]) -> bool:
    return Standing.MISSING in wanted and left[Standing.MISSING] > 0


def _plan(
    found: list[Found], chosen: list[Found], wanted: tuple[Standing, ...], *, is_named: bool
) -> Iterator[str]:
    """What will be done; and what won't, where somebody might have expected it."""
    now = datetime.now(UTC)
    for each in chosen[:SHOWN]:
        age = show_seconds((now - each.since).total_seconds())
        yield f"  {each.stored.name}: {each.standing} for {age}" + (
            f" ({each.detail})" if each.detail else ""
        )
    if len(chosen) > SHOWN:
        yield f"  ... and {len(chosen) - SHOWN:,} more"
    left = Counter(each.standing for each in found) - Counter(each.standing for each in chosen)
    if left:
        counts = ", ".join(f"{count:,} {standing}" for standing, count in left.items())
        young = " (missing for too short a time, see --older-than)" if _is_young(left, wanted) else ""
        yield f"Left alone: {counts}{young}"
    for each in found:
        if each.standing is Standing.UNREADABLE or (is_named and each not in chosen):
            yield f"  {each.stored.name}: {each.standing}" + (f" ({each.detail})" if each.detail else "")
    if not chosen:
        yield "Nothing to deliver again"
