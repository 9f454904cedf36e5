"""`import`: an export into the simulator, or into a real project, through the whole path on this machine."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from function.state import Status, decode_entry, ledger_name
from local.destination import Destination, read_destination, state_home
from local.folders import Scratch, locked, scratch, temporary
from local.generate import Generated
from local.lost import deliver_lost
from local.processes import StackFailed
from local.report import Report
from local.sending import send
from local.splitting import Wish, sources_of, split
from local.stack import CHUNKS_BUCKET, STATE_BUCKET, ended_by_signals, stack
from partitioner.exits import COUNTS_DIFFER, Refused, as_exits
from partitioner.manifest import Manifest, read_manifest
from partitioner.shape.options import flags_of, shape_options

SIMULATOR, MIXPANEL = "simulator", "mixpanel"


EPILOG = """\b
Examples:
  python -m local import events.ndjson.gz --dry-run
  python -m local import exports/ --limit 10000
  python -m local import rows.csv --map event=name --map time=at --timezone UTC
  MIXPANEL_TOKEN=... python -m local import events.ndjson.gz --to mixpanel
"""


@click.command(short_help="An export into the simulator, or a real project.", epilog=EPILOG)
@click.argument("exports", nargs=-1, required=True, metavar="EXPORT...")
@click.option(
    "--to",
    type=click.Choice([SIMULATOR, MIXPANEL]),
    default=SIMULATOR,
    show_default=True,
    help="mixpanel: the real project that MIXPANEL_TOKEN, or MIXPANEL_SERVICE_ACCOUNT with "
    "MIXPANEL_PROJECT_ID, names (and MIXPANEL_REGION).",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The first N records alone.")
@shape_options
@click.option("--dry-run", is_flag=True, help="Check and report; send nothing.")
@click.option("--yes", is_flag=True, help="Don't ask before sending to a real project.")
@click.option("--keep-copies", is_flag=True, help="As in split: each exact copy is counted by Mixpanel too.")
@click.option("--max-rejected", default="", metavar="SHARE", help="As in split.")
@click.option(
    "--topic",
    type=click.Choice(["embedded", "google"]),
    default="embedded",
    show_default=True,
    help="google: Google's Pub/Sub emulator, into the simulator alone.",
)
@click.pass_context
def command(
    context: click.Context,
    /,
    exports: tuple[str, ...],
    to: str,
    topic: str,
    limit: int | None,
    *,
    dry_run: bool,
    yes: bool,
    **split_options: Any,
) -> None:
    """Import EXPORT (all that split takes, but for stdin) from file to Mixpanel on this machine alone.

    Into the simulator everything is made anew. Into a real project, what was imported is remembered: the same
    command goes on where one was stopped, and sends nothing twice.
    """
    wish = Wish(exports, limit, **split_options, shape_flags=flags_of(context.params))
    with ended_by_signals(), exits():
        if dry_run:
            context.exit(try_out(wish))
        if to == SIMULATOR:
            context.exit(import_into_simulator(wish, topic=topic))
        if topic != "embedded":
            raise click.UsageError("Google's emulator forgets; an import into a project has to remember.")
        context.exit(import_into_project(wish, read_destination(os.environ), yes=yes))


@contextlib.contextmanager
def exits() -> Iterator[None]:
    with as_exits("the same command goes on, or begins anew where it was the simulator"):
        try:
            yield
        except StackFailed as error:
            raise Refused(str(error)) from error


def try_out(wish: Wish) -> int:
    with temporary() as folder:
        return split(wish, sources_of(wish), folder, dry_run=True)


def import_into_simulator(
    wish: Wish,
    *,
    topic: str = "embedded",
    switches: Mapping[str, object] | None = None,
    generated: Generated | None = None,
) -> int:
    """In a temporary folder, kept where there is something left to look at. The exit code."""
    with scratch() as kept:
        began, folder = time.monotonic(), kept.folder
        manifest = _split(wish, folder, kept)
        click.echo("\nStarting bucket, topic, function and the simulator of Mixpanel")
        with stack(folder, topic=topic, switches=switches) as running:
            destination = running.destination
            account = send(running, folder / "chunks", manifest)
            state = running.simulator.state()
        report = Report(manifest, account, time.monotonic() - began, state, generated)
        _show(report)
        has_rejected = bool(manifest.rejected or account.total.rejected)
        if report.exit_code or (has_rejected and not generated):
            kept.is_kept = True
            _say_where(folder, destination, report)
            _shed_chunks(folder)
    return report.exit_code


def import_into_project(wish: Wish, destination: Destination, *, yes: bool) -> int:
    """In a folder that stays, one for each destination. The exit code."""
    home = state_home() / destination.name
    with locked(home):
        began = time.monotonic()
        folder = home / "exports" / wish.fingerprint(sources_of(wish))
        manifest = _split(wish, folder)
        _ask(manifest, destination, _done_before(manifest, home, destination), yes=yes)
        click.echo("Starting bucket, topic and function")
        with stack(home, to=destination.knobs) as running:
            deliver_lost(running)
            account = send(running, folder / "chunks", manifest)
        report = Report(manifest, account, time.monotonic() - began)
        _show(report)
        _say_where(home, destination, report, chunks=folder / "chunks")
        if report.exit_code == 0:
            _shed_chunks(home)  # the ledger is what is remembered by
    return report.exit_code


def _split(wish: Wish, folder: Path, kept: Scratch | None = None) -> Manifest:
    """Leaves with split's own exit code where it doesn't end well; what it printed says why."""
    exit_code = split(wish, sources_of(wish), folder)
    if exit_code == COUNTS_DIFFER:
        click.echo("Nothing was sent. To send the good records all the same: --max-rejected 100%", err=True)
        if kept:
            kept.is_kept = True
    if exit_code:
        sys.exit(exit_code)
    return read_manifest(folder / "chunks")


def _done_before(manifest: Manifest, home: Path, destination: Destination) -> int:
    """How many of the records the ledger has as settled, in chunks that are done."""
    objects = home / "objects" / STATE_BUCKET
    paths = [objects / ledger_name(destination.name, chunk.name) for chunk in manifest.chunks]
    entries = [decode_entry(path.read_bytes()) for path in paths if path.exists()]
    return sum(entry.records for entry in entries if entry.status is Status.DONE)


def _ask(manifest: Manifest, destination: Destination, done_before: int, *, yes: bool) -> None:
    left = manifest.records - done_before
    click.echo(f"\nTo {destination.host}, destination {destination.name}: {left:,} records")
    if done_before:
        click.echo(f"The other {done_before:,} were imported before, and are not sent again")
    if left and not yes:
        click.confirm("Send them?", abort=True)


def _show(report: Report) -> None:
    for line in [*report.lines(), *report.verdict()]:
        click.echo(line)


def _say_where(folder: Path, destination: Destination, report: Report, chunks: Path | None = None) -> None:
    state = folder / "objects" / STATE_BUCKET
    if report.manifest.rejected:
        click.echo(f"Rejected before upload, with reasons: {(chunks or folder / 'chunks') / '_rejected'}")
    if report.account.total.rejected:
        click.echo(f"Rejected by Mixpanel, with reasons: {state / 'dead-letters' / destination.name}")
    click.echo(f"Ledger: {state / 'ledger' / destination.name}; logs: {folder / 'logs'}")


def _shed_chunks(folder: Path) -> None:
    """What nobody needs any more, and what is large."""
    shutil.rmtree(folder / "objects" / CHUNKS_BUCKET, ignore_errors=True)
    for chunk in (folder / "chunks").glob("*.ndjson.gz"):
        chunk.unlink()
