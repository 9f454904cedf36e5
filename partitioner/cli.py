"""The commands of `python -m partitioner`."""

import contextlib
import errno
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from function.records import MAX_BATCH_BYTES, MAX_BATCH_RECORDS
from partitioner import estimate, follow, retry, smoke, upload
from partitioner.check import command as check
from partitioner.direct_output import OutputType, folder_of
from partitioner.exits import COUNTS_DIFFER, Refused, TryAgain, as_exits
from partitioner.jobs import Recipe
from partitioner.options import MomentType, ShareType, cores
from partitioner.paths import STDIN, name_of, safe_name
from partitioner.places import SCHEME, Place
from partitioner.pool import WorkerDied
from partitioner.shape.options import Shape, shape_options
from partitioner.sources import Stdin
from partitioner.split import Outcome, Wish, split_to, try_out
from partitioner.tracking.options import PlanType
from partitioner.tracking.plan import Plan
from partitioner.when_options import When, when_options

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_EPILOG = """\b
Examples:
  python -m partitioner split events.ndjson.gz --output chunks
  python -m partitioner split exports/ --output chunks --max-rejected 1%
  python -m partitioner split exports/ --output chunks --windows 7d,30d,rest
  python -m partitioner split exports/ --output gs://my-chunks
  python -m partitioner split s3://bucket/events/ --output chunks --preset segment
  python -m partitioner split rows.csv --output chunks --map event=name --map time=at --timezone UTC
  psql --csv -c "select * from events" | python -m partitioner split - --name events --output chunks
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Gets a big export of product events ready for Mixpanel, up to the cloud, and in."""


main.add_command(check.command, "check")
main.add_command(estimate.command, "estimate")
main.add_command(upload.command, "upload")
main.add_command(follow.command, "follow")
main.add_command(retry.command, "retry")
main.add_command(smoke.command, "smoke")


@main.command("split", epilog=_EPILOG)
@click.argument("exports", nargs=-1, required=True, metavar="EXPORT...")
@click.option(
    "--output",
    type=OutputType(),
    metavar="DIR|gs://BUCKET[/FOLDER]",
    help="Where chunks go; a folder is made if it isn't there. A killed run goes on where it holds one. Into "
    "gs:// each chunk goes as soon as it is made, and its import begins.",
)
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="With --output gs://: where all but the chunks goes, by default ./NAME-split.",
)
@click.option("--name", help="What chunks are called after, instead of the export. Needed for stdin.")
@click.option("--records-per-chunk", type=click.IntRange(min=1), default=200_000, show_default=True)
@click.option(
    "--chunk-bytes",
    type=click.IntRange(min=1),
    default=200_000_000,
    show_default=True,
    help="The most JSON of a chunk.",
)
@click.option(
    "--batch-records", type=click.IntRange(1, MAX_BATCH_RECORDS), default=MAX_BATCH_RECORDS, show_default=True
)
@click.option(
    "--batch-bytes",
    type=click.IntRange(1, MAX_BATCH_BYTES),
    default=MAX_BATCH_BYTES,
    show_default=True,
    help="The most JSON of a batch, which is one request.",
)
@click.option(
    "--keep-copies",
    is_flag=True,
    help="Have Mixpanel count each copy: later ones get an $insert_id of their own.",
)
@click.option(
    "--max-rejected",
    type=ShareType(),
    default="5%",
    show_default=True,
    help="Over this share of rejected records: exit 3, and upload refuses.",
)
@shape_options
@click.option("--tracking", type=PlanType(), help="What is kept, dropped and hashed; `check` proposes one.")
@when_options
@click.option(
    "--as-of", type=MomentType(), help="What `in the future` and --windows count from, instead of now."
)
@click.option("--workers", type=click.IntRange(min=1), default=cores, show_default="one a core")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON, on stdout.")
@click.option("--dry-run", is_flag=True, help="Check and report; write nothing.")
def split_command(  # noqa: PLR0913, PLR0917 (click hands over every option)
    exports: tuple[str, ...],
    output: Path | Place | None,
    work: Path | None,
    name: str | None,
    records_per_chunk: int,
    chunk_bytes: int,
    batch_records: int,
    batch_bytes: int,
    max_rejected: float,
    shape: Shape,
    tracking: Plan | None,
    when: When,
    as_of: float | None,
    workers: int,
    *,
    keep_copies: bool,
    quiet: bool,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Cut EXPORT into chunks that are ready to be sent, each to be imported by one invocation.

    EXPORT is files, folders, globs, gs:// or s3:// with an object, folder or pattern, or - for stdin. They
    hold NDJSON, JSON arrays, CSV, TSV, Parquet or Avro, plain, in gzip, zstd or bzip2, or in zip and tar
    archives, which is told by content. Rows that aren't Mixpanel's records yet need --map or --preset, or are
    recognised.

    Records that Mixpanel would refuse go to DIR/_rejected, each with its reason; mended, they can be an
    EXPORT again.

    Killed or stopped, the same command goes on.
    """
    if output is None and not dry_run:
        raise click.UsageError("Where are the chunks to go? Give --output DIR (or --dry-run).")
    if STDIN in exports and name is None:
        raise click.UsageError("Records from stdin have no name: give --name NAME.")
    recipe = Recipe(
        name=name_of(exports) if name is None else _checked_name(name),
        as_of=0,  # known when the run is
        records_per_chunk=records_per_chunk,
        chunk_bytes=chunk_bytes,
        batch_records=batch_records,
        batch_bytes=batch_bytes,
        keep_copies=keep_copies,
        tracking=tracking,
        shape=shape,
        since=when.since,
        until=when.until,
        windows=when.windows,
        canary=when.canary,
    )
    wish = Wish(exports, recipe, as_of, workers, max_rejected, is_quiet=quiet)
    stdin = Stdin(sys.stdin.buffer)
    folder = folder_of(output, work, recipe.name, is_joined=recipe.is_joined) if output else Path()
    with as_exits("nothing is lost: the same command goes on"), _system_errors():
        goes_to = None if dry_run else output
        outcome = split_to(wish, goes_to, folder, stdin) if goes_to else try_out(wish, stdin)
    _tell(outcome, wish, "" if dry_run else str(output), str(folder), as_json=as_json)


def _checked_name(name: str) -> str:
    if name != safe_name(name):
        raise click.UsageError(
            f"--name {name!r} can't begin a chunk's name: letters, digits, . _ and - may, no sign first"
        )
    return name


@contextlib.contextmanager
def _system_errors() -> Iterator[None]:
    try:
        yield
    except WorkerDied as error:
        if not error.was_killed:
            raise Refused(f"{error}, by a fault of its own: see above") from error
        raise TryAgain(f"{error}: killed, or out of memory; the same command goes on") from error
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
        if error.errno in _NO_ROOM:
            raise TryAgain(
                f"no room on the disk ({what}): make some, and the same command goes on"
            ) from error
        raise Refused(what) from error


def _tell(outcome: Outcome, wish: Wish, output: str, folder: str, *, as_json: bool) -> None:
    report = outcome.report
    if outcome.was_complete and not wish.is_quiet:
        click.echo(f"{output} is complete: nothing was left to do", err=True)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report)))
    elif not wish.is_quiet:
        click.echo("\n".join(report.lines(output, folder)))
        if output.startswith(SCHEME):
            click.echo(f"Next: python -m partitioner follow {folder} --state gs://STATE_BUCKET")
    if report.rejected_share > wish.max_rejected:
        reasons = "\n".join(report.reason_lines())
        click.echo(
            f"Error: {report.rejected_share:.2%} of all lines were rejected, "
            f"more than --max-rejected {wish.max_rejected:.4%} allows:\n{reasons}",
            err=True,
        )
        sys.exit(COUNTS_DIFFER)
