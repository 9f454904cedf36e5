"""`split`: cuts an export into chunks, each to be imported by one invocation."""

import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from partitioner import places
from partitioner.direct_output import DirectOutput
from partitioner.exits import Refused
from partitioner.inputs.export import find_export
from partitioner.jobs import Recipe
from partitioner.manifest import FILE_NAME, encode_manifest, read_manifest
from partitioner.meter import Meter, show_bytes
from partitioner.report import Report
from partitioner.run import Task, run
from partitioner.run_file import (
    RunFile,
    load_finished,
    locked,
    place_to_go_on,
    read_run,
    refuse_another,
    write_run,
)
from partitioner.segments import Place
from partitioner.sources import Found, Stdin, stored_bytes
from partitioner.summary import manifest_of
from partitioner.work import FOLDER, Work, write_whole


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asks for. `as_of` is None for now, and for whenever it was that the run began."""

    exports: tuple[str, ...]
    recipe: Recipe
    as_of: float | None
    workers: int
    max_rejected: float
    is_quiet: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    report: Report
    was_complete: bool = False


def split_to(wish: Wish, output: Path | places.Place, folder: Path, stdin: Stdin) -> Outcome:
    """Into a folder, or into a bucket and all else into `folder`. Raises as `split` and Bucket do."""
    if isinstance(output, Path):
        return split(wish, output, stdin)
    with places.open_bucket(output.bucket) as bucket:
        return split(wish, folder, stdin, DirectOutput(output, bucket))


def split(wish: Wish, output: Path, stdin: Stdin, direct: DirectOutput | None = None) -> Outcome:
    """Writes chunks, then the manifest. Killed at any moment, it goes on when it is called again.

    Raises Refused, TryAgain, UnreadableState, OSError and pool.WorkerDied.
    """
    found, wish = _look_at(wish, stdin, output.resolve())
    with locked(output) as lock:
        work = Work(output, output / FOLDER)
        before = read_run(output)
        target = str(direct.target) if direct else ""
        state = RunFile(recipe=_recipe(wish, before), inputs=found.sources, target=target)
        if before:
            refuse_another(before, state, output)
        if before and before.report:
            shutil.rmtree(work.folder, ignore_errors=True)
            return _complete(wish, before, output)
        work.make()
        work.clear("begun", "spool")
        if not before:
            write_run(state, work)
        finished = load_finished(state, work)
        start = place_to_go_on(finished, state)
        task = Task(state.recipe, found, stdin, work, wish.workers, lock, direct)
        _announce(wish, found, f"chunks go to {target or output}", len(finished))
        if direct:
            direct.begin(output)
        with _meter(wish, task) as meter:
            ran = run(task, finished, start, meter)
        manifest = encode_manifest(manifest_of(ran, wish.max_rejected))
        write_whole(work.begun(FILE_NAME), output / FILE_NAME, manifest)
        if direct:
            direct.send_manifest(output, ran.report.name, ran.report.chunks)
        write_run(msgspec.structs.replace(state, report=ran.report), work)
        shutil.rmtree(work.folder)
    return Outcome(ran.report)


def try_out(wish: Wish, stdin: Stdin) -> Outcome:
    """Checks and counts, and leaves nothing behind: keys and inflated input go to a temporary folder."""
    found, wish = _look_at(wish, stdin, Path("/nowhere"))
    with tempfile.TemporaryDirectory(prefix="split-") as folder:
        work = Work(None, Path(folder))
        work.make()
        task = Task(_recipe(wish, None), found, stdin, work, wish.workers)
        _announce(wish, found, "a dry run: nothing is written", 0)
        with _meter(wish, task) as meter:
            ran = run(task, {}, (Place(), 1), meter)
    return Outcome(ran.report)


def _look_at(wish: Wish, stdin: Stdin, own_output: Path) -> tuple[Found, Wish]:
    """Raises Refused where the export can't be what was said."""
    found, shape, note = find_export(wish.exports, stdin, own_output, wish.recipe.shape)
    if note and not wish.is_quiet:
        print(note, file=sys.stderr)
    return found, replace(wish, recipe=msgspec.structs.replace(wish.recipe, shape=shape))


def _recipe(wish: Wish, before: RunFile | None) -> Recipe:
    as_of = wish.as_of
    if as_of is None:
        as_of = before.recipe.as_of if before else float(int(time.time()))
    return msgspec.structs.replace(wish.recipe, as_of=as_of)


def _complete(wish: Wish, run: RunFile, output: Path) -> Outcome:
    """Nothing is left to do, but that --max-rejected may be another."""
    report = run.report
    assert report
    if not (output / FILE_NAME).exists():
        raise Refused(f"the split in {output} was complete, but its {FILE_NAME} is missing")
    manifest = read_manifest(output)
    for chunk in manifest.chunks if not run.target else ():
        path = output / chunk.name
        if not path.exists() or path.stat().st_size != chunk.bytes:
            raise Refused(f"the split in {output} was complete, but {chunk.name} is missing or has changed")
    over = report.rejected_share > wish.max_rejected
    if over != manifest.over_max_rejected:
        data = encode_manifest(replace(manifest, over_max_rejected=over))
        write_whole(output / f".{FILE_NAME}", output / FILE_NAME, data)
    return Outcome(report, was_complete=True)


def _announce(wish: Wish, found: Found, where: str, finished: int) -> None:
    if wish.is_quiet:
        return
    sources, recipe = found.sources, wish.recipe
    size = "stdin" if any(each.is_stdin for each in sources) else show_bytes(stored_bytes(sources))
    files = f"{len(sources):,} file{'' if len(sources) == 1 else 's'} ({size})"
    print(
        f"{files}; {wish.workers} worker{'' if wish.workers == 1 else 's'}; chunks of at most "
        f"{recipe.records_per_chunk:,} records and {show_bytes(recipe.chunk_bytes)} of JSON; {where}",
        file=sys.stderr,
    )
    if recipe.is_joined:
        # Fragments are 1.4 times as large as chunks (tests/data); keys and times are 24 bytes a record.
        print(
            f"until the end {FOLDER} there takes 1.4 times the room of the chunks, and 24 bytes a record",
            file=sys.stderr,
        )
    for skipped in found.skipped:
        print(f"skipped: {skipped.file}: {skipped.why}", file=sys.stderr)
    if finished:
        what = "pieces of the export are read" if recipe.is_joined else "chunks are finished"
        print(f"going on: {finished:,} {what}", file=sys.stderr)


def _meter(wish: Wish, task: Task) -> Meter:
    return Meter("read", task.total_bytes, show_bytes, quiet=wish.is_quiet)
