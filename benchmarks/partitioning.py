"""What partitioning takes, beside `split` and `pigz -6`, which validate nothing.

The same file, one after the other, with 1, 2 and as many workers as cores. Compared are CPU seconds, user and
system, of all processes that take part: on a busy machine wall times say little. Where there is no pigz, gzip
stands in for it: the same algorithm, on one core.

    python -m benchmarks.partitioning --megabytes 100
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from benchmarks.goals import Goal
from benchmarks.parts import alone, ours, sample
from benchmarks.table import line_of
from benchmarks.usage import descendants, peak_megabytes
from function.records import MAX_BATCH_BYTES, MAX_BATCH_RECORDS
from local.processes import own_environ
from partitioner.jobs import Recipe

COMMAND = "python -m benchmarks partitioning"
MEGABYTES, SMALL_MEGABYTES = 1_500, 8
RECORD_BYTES = 365
RECORDS_PER_CHUNK = 200_000
UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
LEAST_TIMES, AIM_TIMES = 1.5, 2.0
WITH_ID_AND_IP, AS_GENERATED = "with id and ip", "as generated"
LOOK_SECONDS = 0.1
MOST_MEGABYTES = 200
WHY_NOT_FASTER = (
    "the libraries alone take 3.1 µs a record (libdeflate at 6: 2.3; at 5, which makes 0.6 % more than pigz, "
    "1.8; decoding 0.5, lines and UTF-8 0.3): with rules, ids and the keys of copies for nothing it would be "
    "1.4 to 1.6 times as fast; those are Python, and take 1.3 to 2.2"
)


@dataclass(frozen=True, slots=True)
class Run:
    """What a command took, with all processes that it started; the peak is that of the largest of those."""

    records: int
    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: float
    output_bytes: int

    @property
    def cpu_micros(self) -> float:
        return self.cpu_seconds * 1e6 / self.records

    def __str__(self) -> str:
        size = f"{self.output_bytes / self.records:.1f} bytes"
        return f"{self.cpu_micros:.2f} CPU-s/M, {self.wall_seconds:.1f} s wall, {size} a record"


def goals(*, small: bool = False, megabytes: int | None = None) -> Iterator[Goal]:
    size = megabytes or (SMALL_MEGABYTES if small else MEGABYTES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, export in exports(folder, size):
            records = lines_in(export)
            for workers in [2] if small else sorted({1, 2, os.cpu_count() or 1}):
                yield from split_goals(kind, export, records, workers, folder)
            yield parts_goal(kind, export)


def exports(folder: Path, megabytes: int) -> Iterator[tuple[str, Path]]:
    """First as generated, then as that came out of `split`: every record with id and ip, no flaw."""
    generated, complete = folder / "generated.ndjson", folder / "complete.ndjson"
    records = str(megabytes * 1_000_000 // RECORD_BYTES)
    generate = ["generate", "--records", records, "--until", f"{UNTIL:%Y-%m-%d}"]
    _call("local", *generate, "--output", str(generated))
    yield AS_GENERATED, generated
    chunks = folder / "complete"
    _call("partitioner", "split", str(generated), "--output", str(chunks), "--quiet")
    generated.unlink()
    with complete.open("wb") as file:
        for chunk in sorted(chunks.glob("*.gz")):
            subprocess.run(["gzip", "-dc", str(chunk)], stdout=file, check=True)
    shutil.rmtree(chunks)
    yield WITH_ID_AND_IP, complete


def split_goals(kind: str, export: Path, records: int, workers: int, folder: Path) -> Iterator[Goal]:
    split = partitioned(export, workers, records, folder)
    name, reference = compressed(export, workers, records, folder)
    times = reference.cpu_seconds / split.cpu_seconds
    about = f"partitioning, {kind}, {workers} worker{'s' if workers > 1 else ''}"
    references = {name: str(reference), "ours": str(split)}
    yield Goal(
        name=f"{about}: speed",
        figure=f"{times:.2f} times as fast",
        goal=f"at least {LEAST_TIMES}, aim {AIM_TIMES:.0f}",
        met=times >= LEAST_TIMES,
        references=references,
        command=COMMAND,
        argued=WHY_NOT_FASTER,
    )
    share = split.output_bytes / reference.output_bytes - 1
    yield Goal(
        name=f"{about}: output",
        figure=f"{share:+.1%}",
        goal="no larger",
        met=share <= 0,
        references=references,
        command=COMMAND,
    )
    yield Goal(
        name=f"{about}: peak memory of a worker",
        figure=f"{split.peak_megabytes:.0f} MB",
        goal=f"at most {MOST_MEGABYTES} MB",
        met=split.peak_megabytes <= MOST_MEGABYTES,
        references={name: f"{reference.peak_megabytes:.0f} MB"},
        command=COMMAND,
    )


def partitioned(export: Path, workers: int, records: int, folder: Path) -> Run:
    output = folder / "chunks"
    split = [sys.executable, "-m", "partitioner", "split", str(export), "--output", str(output), "--quiet"]
    return measured([*split, "--workers", str(workers)], records, output)


def compressed(export: Path, workers: int, records: int, folder: Path) -> tuple[str, Run]:
    """In a pipe: what it would take to write the parts and to read them again is left out."""
    output = folder / "parts"
    output.mkdir()
    packer = f"pigz -p {workers} -6" if shutil.which("pigz") else "gzip -6"
    split = ["split", "-l", str(RECORDS_PER_CHUNK), f"--filter={packer} > $FILE.gz"]
    return f"split, {packer}", measured([*split, str(export), f"{output}/part-"], records, output)


def measured(command: Sequence[str], records: int, output: Path) -> Run:
    """Whatever it writes to `output` is counted and deleted."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=own_environ(), stdout=subprocess.DEVNULL)
    peak, ended = 0.0, 0
    while not ended:
        for pid in descendants(process.pid):
            with suppress(OSError, IndexError):  # it has ended
                peak = max(peak, peak_megabytes(pid))
        time.sleep(LOOK_SECONDS)
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall_seconds = time.monotonic() - began
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    output_bytes = sum(file.stat().st_size for file in output.glob("*.gz"))
    shutil.rmtree(output)
    return Run(records, usage.ru_utime + usage.ru_stime, wall_seconds, peak, output_bytes)


def parts_goal(kind: str, export: Path) -> Goal:
    given = sample(export, _recipe())
    all_of_it, libraries = ours(given), alone(given)
    return Goal(
        name=f"partitioning, {kind}: CPU by part",
        figure=f"{all_of_it.total / libraries.total:.1f} times the libraries' own",
        goal="shown, not promised",
        met=True,
        references={"ours, µs a record": str(all_of_it), "the libraries alone": str(libraries)},
        command=COMMAND,
    )


def _recipe() -> Recipe:
    return Recipe(
        name="benchmark",
        as_of=UNTIL.timestamp(),
        records_per_chunk=RECORDS_PER_CHUNK,
        chunk_bytes=RECORDS_PER_CHUNK * 1_000,
        batch_records=MAX_BATCH_RECORDS,
        batch_bytes=MAX_BATCH_BYTES,
        keep_copies=False,
    )


def lines_in(export: Path) -> int:
    with export.open("rb") as file:
        return sum(1 for _ in file)


def _call(module: str, *arguments: str) -> None:
    command = [sys.executable, "-m", module, *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=own_environ())


@click.command()
@click.option("--megabytes", default=MEGABYTES, show_default=True, help="Of the export that is split.")
def main(megabytes: int) -> None:
    """What partitioning takes, beside `split` and `pigz -6`."""
    for goal in goals(megabytes=megabytes):
        click.echo(line_of(goal))


if __name__ == "__main__":
    main()
