"""`_run.json`: what lets a killed run go on, and keeps another one out of its folder."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from function.state import decode_versioned
from partitioner.exits import Refused, TryAgain
from partitioner.jobs import Finished, Fragment, Recipe
from partitioner.key_hash import FINGERPRINT
from partitioner.report import Report
from partitioner.segments import Place
from partitioner.sources import Source
from partitioner.work import FOLDER, REJECTED_FOLDER, Work, write_whole

VERSION = 1
FILE_NAME = "_run.json"

# A killed run's workers end within one call of theirs; nobody waits for a run that is alive.
_LOCK_SECONDS = 10


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """`report` is there when the run is complete. While it isn't, `_work/finished` holds a file a chunk."""

    version: int = VERSION
    recipe: Recipe
    inputs: tuple[Source, ...]
    python: str = FINGERPRINT
    target: str = ""
    """Where chunks go instead of into the folder."""
    report: Report | None = None


@contextmanager
def locked(output: Path, wait_seconds: float = _LOCK_SECONDS) -> Iterator[int]:
    """Makes the folder and keeps every other run out; yields what workers inherit so that they do too."""
    output.mkdir(parents=True, exist_ok=True)
    lock = os.open(output, os.O_RDONLY)
    try:
        give_up = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > give_up:
                    raise TryAgain(f"another split is at work in {output}") from error
                time.sleep(0.05)
            else:
                break
        yield lock
    finally:
        os.close(lock)


def read_run(output: Path) -> RunFile | None:
    """Raises UnreadableState for another version and damage, Refused for a folder with other things in it."""
    path = output / FILE_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        if others := sorted(
            each.name for each in output.iterdir() if not each.name.startswith((".", FOLDER))
        ):
            raise Refused(
                f"{output} holds other things ({others[0]}): name a new or empty folder with --output"
            ) from None
        return None
    return decode_versioned(data, RunFile, VERSION, str(path), "a run", "split again into a new folder")


def write_run(run: RunFile, work: Work) -> None:
    assert work.output
    data = msgspec.json.format(msgspec.json.encode(run)) + b"\n"
    write_whole(work.begun(FILE_NAME), work.output / FILE_NAME, data)


def refuse_another(before: RunFile, now: RunFile, output: Path) -> None:
    """Raises Refused, with what is different, where the folder's run is not this one."""
    different = [
        f"--{name.replace('_', '-')} was {old}, now is {new}"
        for name, old, new in _pairs(before.recipe, now.recipe)
    ]
    old_inputs, new_inputs = ({each.file: each for each in run.inputs} for run in (before, now))
    if old_inputs.keys() != new_inputs.keys():
        different.append(f"the export was {_few(old_inputs)}, now is {_few(new_inputs)}")
    elif changed := [file for file, source in new_inputs.items() if source != old_inputs[file]]:
        different.append(f"changed since: {_few(changed)}")
    elif before.inputs != now.inputs:
        different.append("the same files were named in another order")
    if before.target != now.target:
        different.append(f"its chunks went to {before.target or output}, now to {now.target or output}")
    if before.python != now.python and before.report is None:
        different.append(f"it was begun under another Python ({before.python}, now {now.python})")
    if different:
        raise Refused(
            f"{output} holds another split: {'; '.join(different)}. "
            "Give the same export and options again, or another --output"
        )


def load_finished(run: RunFile, work: Work) -> dict[int, Finished]:
    """The segments whose chunks are whole; one that isn't, after a crash of the machine, is made again."""
    assert work.output
    found: dict[int, Finished] = {}
    for path in (work.folder / "finished").iterdir():
        try:
            finished = msgspec.json.decode(path.read_bytes(), type=Finished)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if _is_whole(finished, run.recipe, work, work.output):
            found[finished.segment.number] = finished
    return found


def place_to_go_on(finished: dict[int, Finished], run: RunFile) -> tuple[Place, int]:
    """Where the first segment without a chunk begins, and its number. Stdin is always read from its start."""
    place, number = Place(), 1
    if not any(source.is_stdin for source in run.inputs):
        while number in finished:
            place, number = finished[number].segment.after, number + 1
    return place, number


def _is_whole(finished: Finished, recipe: Recipe, work: Work, output: Path) -> bool:
    number, chunk = finished.segment.number, finished.chunk
    letters = output / REJECTED_FOLDER / f"{recipe.name}-{number:05}.ndjson.gz"
    if finished.rejected and not letters.exists():
        return False
    if not all(_is_there(fragment, recipe, work) for fragment in finished.fragments):
        return False
    if finished.fragments and not work.candidates(number).exists():
        return False
    if chunk is None:
        return True
    file = work.draft(number) if recipe.keep_copies else output / chunk.name
    needed = [(work.ordered_keys(number), 8 * chunk.records)]
    if not work.sent(chunk.name).exists() or recipe.keep_copies:
        needed.append((file, chunk.bytes))
    return all(path.exists() and path.stat().st_size == size for path, size in needed)


def _is_there(fragment: Fragment, recipe: Recipe, work: Work) -> bool:
    number, records = fragment.number, fragment.records
    needed = [
        (work.draft(number), fragment.file_bytes),
        (work.ordered_keys(number), 8 * records),
        (work.times(number), 8 * records),
    ]
    if recipe.keep_copies and not work.origins(number).exists():
        return False
    return all(path.exists() and path.stat().st_size == size for path, size in needed)


def _pairs(before: Recipe, now: Recipe) -> Iterator[tuple[str, Any, Any]]:
    for name in Recipe.__struct_fields__:
        old, new = getattr(before, name), getattr(now, name)
        if old != new:
            yield name, old, new


def _few(files: "dict[str, Source] | list[str]") -> str:
    names = list(files)
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
