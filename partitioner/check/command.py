"""`check`: looks an export through before anything is sent, and proposes a tracking plan."""

import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from function.records import MAX_BATCH_BYTES, MAX_BATCH_RECORDS
from partitioner.check.findings import Finding, findings_of
from partitioner.check.proposal import plan_text
from partitioner.check.run import Seen, Task, look_through
from partitioner.check.show import as_json, lines
from partitioner.exits import Refused, as_exits
from partitioner.inputs.export import find_export
from partitioner.jobs import Recipe
from partitioner.meter import Meter, show_bytes
from partitioner.options import MomentType, cores
from partitioner.shape.options import Shape, shape_options
from partitioner.sources import Found, Stdin
from partitioner.work import Work
from partitioner.worker_exits import worker_errors

PLAN = Path("tracking.toml")

_EPILOG = """\b
Examples:
  python -m partitioner check events.ndjson.gz
  python -m partitioner check table.ndjson --map event=name --map time=at --timezone UTC
  python -m partitioner check exports/ --all --json --no-plan > check.json
"""


@click.command(epilog=_EPILOG)
@click.argument("exports", nargs=-1, required=True, metavar="EXPORT...")
@shape_options
@click.option("--all", "reads_all", is_flag=True, help="Read every row, not a sample spread over the export.")
@click.option(
    "--tracking",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=f"Where the proposed plan goes, instead of ./{PLAN}.",
)
@click.option("--force", is_flag=True, help="Write over a plan that is there.")
@click.option("--no-plan", is_flag=True, help="Propose none.")
@click.option("--as-of", type=MomentType(), help="What times are judged by, instead of now.")
@click.option("--workers", type=click.IntRange(min=1), default=cores, show_default="one a core")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("--json", "as_json_too", is_flag=True, help="All that was found as JSON, on stdout.")
def command(  # noqa: PLR0913 (click hands over every option)
    exports: tuple[str, ...],
    *,
    shape: Shape,
    reads_all: bool,
    tracking: Path | None,
    force: bool,
    no_plan: bool,
    as_of: float | None,
    workers: int,
    quiet: bool,
    as_json_too: bool,
) -> None:
    """Say what EXPORT holds, what Mixpanel would make of it, and what should perhaps not be sent.

    Reads a sample, in pieces spread over the export (of a small one all), and says its share. Values that may
    be personal data are masked in whatever it prints. Writes a proposed tracking plan, to be read, changed
    and given to split with --tracking; one that is there is left as it is.
    """
    if tracking and not force and tracking.exists():
        raise Refused(f"{tracking} is there already: name another with --tracking, or give --force")
    stdin = Stdin(sys.stdin.buffer)
    with as_exits("nothing was written"), worker_errors():
        found, decided, note = find_export(exports, stdin, Path("/nowhere"), shape)
        if note and not quiet:
            click.echo(note, err=True)
        seen = _seen(_recipe(as_of, decided), found, stdin, workers, reads_all=reads_all, quiet=quiet)
        findings = findings_of(seen)
        _tell(seen, findings, found, as_json_too=as_json_too, quiet=quiet)
        if not no_plan:
            text = plan_text(seen, findings, f"python -m partitioner check {shlex.join(exports)}")
            _write_plan(tracking, text, force=force, quiet=quiet)


def _recipe(as_of: float | None, shape: Shape) -> Recipe:
    """Nothing is cut or sent: only what decides how rows become records matters."""
    return Recipe(
        name="check",
        as_of=float(int(time.time())) if as_of is None else as_of,
        records_per_chunk=1,
        chunk_bytes=1,
        batch_records=MAX_BATCH_RECORDS,
        batch_bytes=MAX_BATCH_BYTES,
        keep_copies=False,
        shape=shape,
    )


def _seen(recipe: Recipe, found: Found, stdin: Stdin, workers: int, *, reads_all: bool, quiet: bool) -> Seen:
    is_stdin = any(source.is_stdin for source in found.sources)
    total = None if is_stdin else sum(source.size for source in found.sources)
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        work = Work(None, Path(folder))
        work.make()
        task = Task(recipe, found, stdin, work, workers, reads_all)
        with Meter("read", total, show_bytes, quiet=quiet) as meter:
            return look_through(task, meter)


def _tell(seen: Seen, findings: Sequence[Finding], found: Found, *, as_json_too: bool, quiet: bool) -> None:
    if as_json_too:
        data = msgspec.json.encode(as_json(seen, findings, found.skipped))
        click.echo(msgspec.json.format(data))
    elif not quiet:
        click.echo("\n".join(lines(seen, findings, found.skipped)))


def _write_plan(named: Path | None, text: str, *, force: bool, quiet: bool) -> None:
    path = named or PLAN
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
        said = f"a plan is proposed in {path}: read it, change it, then split with --tracking {path}"
    except FileExistsError:
        said = f"{path} was there already and is as it was: --force writes over it, --tracking names another"
    if not quiet:
        click.echo(said, err=True)
