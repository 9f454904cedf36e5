"""`estimate`: how much an import will be, how long it will take, and what it will cost, before it begins."""

import json
import sys
import tempfile
import time
from pathlib import Path

import click
import msgspec

from function.records import MAX_BATCH_BYTES, MAX_BATCH_RECORDS
from partitioner.amount import Amount, decode_amount
from partitioner.check.run import Pieces, Task
from partitioner.estimated import (
    DAY_SECONDS,
    RETENTION_DAYS,
    Expired,
    Size,
    as_json,
    by_default,
    lines,
    paces_of,
)
from partitioner.exits import Refused, as_exits
from partitioner.inputs.export import find_export
from partitioner.jobs import Profiled, Recipe, Setup
from partitioner.manifest import FILE_NAME, Manifest, read_manifest
from partitioner.measured import COMMITTED, read_measured
from partitioner.meter import Meter, show_bytes
from partitioner.options import MomentType, cores
from partitioner.pool import Pool
from partitioner.shape.options import shape_options
from partitioner.shape.wish import Shape
from partitioner.sources import Stdin
from partitioner.work import Work
from partitioner.worker_exits import worker_errors

WORKER = "partitioner.estimate_worker"
# What `split` puts into a chunk by default.
CHUNK_RECORDS, CHUNK_BYTES = 200_000, 200_000_000

_EPILOG = """\b
Examples:
  python -m partitioner estimate events.ndjson.gz
  python -m partitioner estimate exports/ --all --since 2024-01-01 --json
  python -m partitioner estimate chunks/
"""


@click.command(
    short_help="Say how much, how long and what it costs, before anything is written.", epilog=_EPILOG
)
@click.argument("exports", nargs=-1, required=True, metavar="EXPORT...|DIR")
@shape_options
@click.option("--all", "reads_all", is_flag=True, help="Read every row, not a sample spread over the export.")
@click.option("--since", type=MomentType(), help="As in split.")
@click.option("--until", type=MomentType(), help="As in split.")
@click.option(
    "--retention-days",
    type=click.IntRange(min=1),
    default=RETENTION_DAYS,
    show_default=True,
    help="How long Mixpanel keeps events: 1826 in projects made before 2025-09-01, or as your contract says.",
)
@click.option("--as-of", type=MomentType(), help="What ages are counted from, instead of now.")
@click.option("--workers", type=click.IntRange(min=1), default=cores, show_default="one a core")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--json", "is_json", is_flag=True, help="All of it as JSON, on stdout.")
def command(  # noqa: PLR0913 (click hands over every option)
    exports: tuple[str, ...],
    *,
    shape: Shape,
    reads_all: bool,
    since: float | None,
    until: float | None,
    retention_days: int,
    as_of: float | None,
    workers: int,
    quiet: bool,
    is_json: bool,
) -> None:
    """Say how many records EXPORT has, how long their import takes at the project's limit, and what it costs.

    Of EXPORT a sample is read, as by check (of a small one all), and its share is said; rows are counted in
    all of it. DIR is one that `split` wrote: its manifest tells exactly. Nothing is written.
    """
    now = float(int(time.time())) if as_of is None else as_of
    earliest = now - retention_days * DAY_SECONDS
    with as_exits("nothing was written"), worker_errors():
        folder = Path(exports[0])
        if len(exports) == 1 and (folder / FILE_NAME).is_file():
            size, expired = _of_folder(read_manifest(folder), earliest, retention_days)
            place = f"{folder / FILE_NAME}, exactly"
        else:
            recipe = _recipe(now, shape, since, until)
            amount, share = _amount_of(recipe, exports, workers, reads_all=reads_all, quiet=quiet)
            size, expired = _of_export(amount, share, earliest, retention_days)
            place = "all its rows" if share == 1 else f"a sample of {share:.1%} of its rows, spread over it"
    if not size.records:
        raise Refused(f"there is nothing to import: of {place}, {size.rejected:,} would be rejected")
    measured = read_measured(COMMITTED)
    told = size, expired, paces_of(size, measured), by_default(size, measured), place
    click.echo(json.dumps(as_json(*told), indent=2) if is_json else "\n".join(lines(*told)))


def _recipe(now: float, shape: Shape, since: float | None, until: float | None) -> Recipe:
    return Recipe(
        name="estimate",
        as_of=now,
        records_per_chunk=CHUNK_RECORDS,
        chunk_bytes=CHUNK_BYTES,
        batch_records=MAX_BATCH_RECORDS,
        batch_bytes=MAX_BATCH_BYTES,
        keep_copies=False,
        shape=shape,
        since=since,
        until=until,
    )


def _amount_of(
    recipe: Recipe, exports: tuple[str, ...], workers: int, *, reads_all: bool, quiet: bool
) -> tuple[Amount, float]:
    """What was read, and which share of all rows that is."""
    stdin = Stdin(sys.stdin.buffer)
    found, shape, note = find_export(exports, stdin, Path("/nowhere"), recipe.shape)
    if note and not quiet:
        click.echo(note, err=True)
    recipe = msgspec.structs.replace(recipe, shape=shape)
    total = None if any(each.is_stdin for each in found.sources) else sum(each.size for each in found.sources)
    whole = Amount()
    with tempfile.TemporaryDirectory(prefix="estimate-") as folder:
        work = Work(None, Path(folder))
        work.make()
        task = Task(recipe, found, stdin, work, workers, reads_all)
        with (
            Meter("read", total, show_bytes, quiet=quiet) as meter,
            Pool(Setup(recipe, "", folder), workers, module=WORKER) as pool,
        ):
            pieces = Pieces(task, meter)
            for result in pool.run(pieces.jobs(pool)):
                assert isinstance(result, Profiled)
                pieces.give_back(result.segment)
                whole.add(decode_amount(result.profile))
    return whole, pieces.read_rows / pieces.all_rows if pieces.all_rows else 1.0


def _of_export(amount: Amount, share: float, earliest: float, retention_days: int) -> tuple[Size, Expired]:
    def of_all(counted: int) -> int:
        return round(counted / share)

    records, json_bytes = of_all(amount.records), of_all(amount.json_bytes)
    old = {day: count for day, count in amount.days.items() if (day + 1) * DAY_SECONDS <= earliest}
    expired = of_all(sum(old.values()))
    size = Size(
        records,
        json_bytes,
        of_all(amount.file_bytes),
        max(-(-records // CHUNK_RECORDS), -(-json_bytes // CHUNK_BYTES)),
        of_all(amount.rejected),
        of_all(amount.outside),
        share,
        min(amount.days) * DAY_SECONDS if amount.days else None,
        max(amount.days) * DAY_SECONDS if amount.days else None,
    )
    return size, Expired(retention_days, expired, expired, len(old))


def _of_folder(manifest: Manifest, earliest: float, retention_days: int) -> tuple[Size, Expired]:
    chunks = manifest.chunks
    first = min((chunk.first_time for chunk in chunks), default=None)
    size = Size(
        manifest.records,
        sum(chunk.json_bytes for chunk in chunks),
        sum(chunk.bytes for chunk in chunks),
        len(chunks),
        manifest.rejected,
        manifest.outside,
        1.0,
        first,
        max((chunk.last_time for chunk in chunks), default=None),
    )
    expired = Expired(
        retention_days,
        sum(chunk.records for chunk in chunks if chunk.last_time < earliest),
        sum(chunk.records for chunk in chunks if chunk.first_time < earliest),
        0 if first is None else max(0, int(earliest // DAY_SECONDS) - first // DAY_SECONDS),
    )
    return size, expired
