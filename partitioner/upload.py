"""`upload`: what `split` wrote goes into the chunks bucket, all at once, or window by window."""

import contextlib
import os
import time
from pathlib import Path

import click

from partitioner.barriers import Barriers, Terms
from partitioner.exits import as_exits
from partitioner.follow import exit_code, tell, watch_all
from partitioner.following import Followed, sought_of
from partitioner.ledgers import destination_named_by
from partitioner.manifest import Manifest, read_manifest
from partitioner.meter import Meter, show_bytes, show_chunks, show_seconds
from partitioner.places import BucketType, Place, PlaceType, open_bucket
from partitioner.rate import Pace, Rate, RateType
from partitioner.uploading import Uploaded, upload

_EPILOG = """\b
Examples:
  python -m partitioner upload chunks/ gs://my-chunks/2026-08
  python -m partitioner upload chunks/ gs://my-chunks --state gs://my-state --canary --follow
  python -m partitioner upload chunks/ gs://my-chunks --rate 20MB
"""


@click.command(short_help="Upload the chunks that split wrote.", epilog=_EPILOG)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("target", type=PlaceType(), metavar="gs://BUCKET[/FOLDER]")
@click.option(
    "--state", type=BucketType(), metavar="gs://BUCKET", help="The state bucket, for the two below."
)
@click.option(
    "--follow",
    "follows",
    is_flag=True,
    help="Begin each window of `split --windows` when the one before is done, and stay until all is.",
)
@click.option(
    "--canary",
    is_flag=True,
    help="Upload the canary alone, wait, show what became of it, and ask about the rest.",
)
@click.option("--yes", is_flag=True, help="Don't ask after a canary that is well.")
@click.option(
    "--destination",
    metavar="NAME",
    help="As in follow, for --follow and --canary. By default the one where the first chunks come in.",
)
@click.option(
    "--rate",
    type=RateType(),
    help="At most so many records (10000) or bytes of JSON (20MB) a second. By default as fast as it goes, "
    "since the function keeps to Mixpanel's limit by itself.",
)
@click.option(
    "--anyway", is_flag=True, help="Upload although more records were rejected than split was to allow."
)
@click.option("--quiet", is_flag=True, help="No progress.")
@click.pass_context
def command(  # noqa: PLR0913 (click hands over every option)
    context: click.Context,
    folder: Path,
    target: Place,
    *,
    state: Place | None,
    follows: bool,
    canary: bool,
    yes: bool,
    destination: str | None,
    rate: Rate | None,
    anyway: bool,
    quiet: bool,
) -> None:
    """Upload the chunks that `split` wrote to DIR.

    What is there already is left as it is: run the same command again after a failure, and it goes on. The
    import begins with the first chunk. Windows are uploaded newest first; only with --follow does one wait
    for the other. A chunk that is refused, quarantined or lost then stops it, before the next window. Records
    that Mixpanel rejects don't: they are counted in the end.

    Exit code: with --follow as follow's; 3 if it rejected records of the canary for what split hadn't found.
    """
    if (follows or canary) and state is None:
        raise click.UsageError("what became of a chunk stands in the state bucket: give --state gs://BUCKET")
    with (
        as_exits("what is uploaded stays, and the same command goes on"),
        contextlib.ExitStack() as stack,
    ):
        bucket = stack.enter_context(open_bucket(target.bucket))
        ledgers = stack.enter_context(open_bucket(state.bucket)) if state else None
        gate = None
        if ledgers and (follows or canary):
            terms = Terms(by_window=follows, canary=canary, asks=not yes)
            gate = Barriers(ledgers, target, destination or destination_named_by(os.environ), terms)
        began = time.monotonic()
        done = upload(
            folder,
            target,
            bucket,
            anyway=anyway,
            progress=lambda verb, total: Meter(verb, total, show_bytes, quiet=quiet),
            gate=gate,
            pace=Pace(rate) if rate else None,
        )
        _tell(done, target, time.monotonic() - began)
        manifest = read_manifest(folder)
        if gate and ledgers and state and follows and manifest.chunks:
            gate.wait_for_last()
            followed = Followed(target, sought_of(manifest, target.folder))
            account = watch_all(followed, ledgers, gate.destination)
            tell(account, target, state, gate.destination)
            context.exit(exit_code(account))
        _tell_next(manifest, folder, waited_for=follows)


def _tell(done: Uploaded, target: Place, seconds: float) -> None:
    click.echo(
        f"{show_chunks(done.chunks)} ({show_bytes(done.bytes)}) uploaded to {target} in "
        f"{show_seconds(seconds)}, {done.already_there:,} were there; checksums are equal"
    )
    if done.gone:
        click.echo(f"{done.gone:,} of them are gone again: imported and expired, or deleted by someone")
    click.echo(f"The manifest is {done.manifest}")


def _tell_next(manifest: Manifest, folder: Path, *, waited_for: bool) -> None:
    if len(manifest.windows) > 1 and not waited_for:
        click.echo(
            "Its windows went up newest first, without waiting for each other: chunks of several may be "
            "imported side by side (--follow has each wait)"
        )
    click.echo(f"Next: python -m partitioner follow {folder} --state gs://STATE_BUCKET")
