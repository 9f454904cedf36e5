"""What `split` takes for the same rows in each format, beside the same in NDJSON and a library's bare read.

The rows are a web shop's, once in Mixpanel's own shape (event and properties), and once in columns that are
mapped by the same flags in every format. Compared is CPU of all processes, with one worker.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import format_files as files
from benchmarks.exports import UNTIL
from benchmarks.format_files import MAPPED, SHAPED, Row
from benchmarks.goals import Goal
from benchmarks.partitioning import Run, measured
from local.generate import generate

COMMAND = "python -m benchmarks formats"
ROWS, SMALL_ROWS = 1_000_000, 3_000
MOST_MEGABYTES = 300
MAPS = ("event=event", "time=time", "distinct_id=distinct_id", "$insert_id=insert_id")
FLAGS = [flag for each in MAPS for flag in ("--map", each)]


@dataclass(frozen=True, slots=True)
class Format:
    """`bare` reads a file by `library`, without looking at what it read."""

    name: str
    write: Callable[[Iterable[Row], Path, str], None]
    library: str
    bare: Callable[[Path], None]
    least_share: float = 0.0
    """Of NDJSON's records a second and core; nothing is promised where it is 0."""
    shapes: tuple[str, ...] = (SHAPED, MAPPED)


def goals(*, small: bool = False) -> Iterator[Goal]:
    count = SMALL_ROWS if small else ROWS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generated = folder / "generated"
        generate(generated, count, until=UNTIL)
        for shape in (SHAPED, MAPPED):
            usual = _split(NDJSON, shape, generated, count, folder)
            for form in FORMATS:
                if shape in form.shapes:
                    yield from _goals_of(form, shape, usual, generated, count, folder)


def _goals_of(
    form: Format, shape: str, usual: Run, generated: Path, count: int, folder: Path
) -> Iterator[Goal]:
    split = _split(form, shape, generated, count, folder)
    share = usual.cpu_micros / split.cpu_micros
    before = time.process_time()
    form.bare(folder / form.name)
    bare_micros = (time.process_time() - before) * 1e6 / count
    promise = {0.5: "at least a half", 1 / 3: "at least a third"}.get(form.least_share)
    about = f"formats, {form.name}, {shape}"
    yield Goal(
        name=f"{about}: records a second and core",
        figure=f"{share:.2f} of NDJSON's",
        goal=promise or "shown, not promised",
        met=share >= form.least_share,
        references={
            "ours": f"{split.cpu_micros:.2f} µs a record",
            "NDJSON": f"{usual.cpu_micros:.2f}",
            f"{form.library} alone": f"{bare_micros:.2f}",
        },
        command=COMMAND,
    )
    yield Goal(
        name=f"{about}: peak memory of a worker",
        figure=f"{split.peak_megabytes:.0f} MB",
        goal=f"under {MOST_MEGABYTES} MB",
        met=split.peak_megabytes < MOST_MEGABYTES,
        references={"NDJSON": f"{usual.peak_megabytes:.0f} MB"},
        command=COMMAND,
    )


def _split(form: Format, shape: str, generated: Path, count: int, folder: Path) -> Run:
    file, output = folder / form.name, folder / "chunks"
    form.write(files.rows(generated, shape), file, shape)
    split = [sys.executable, "-m", "partitioner", "split", str(file), "--output", str(output), "--quiet"]
    return measured([*split, "--workers", "1", *(FLAGS if shape == MAPPED else ())], count, output)


NDJSON = Format("NDJSON", files.write_ndjson, "json", files.read_ndjson)
FORMATS = (
    Format("Parquet", files.write_parquet, "pyarrow", files.read_parquet, 0.5),
    Format("Avro", files.write_avro, "fastavro", files.read_avro, 1 / 3),
    Format("CSV", files.write_csv, "csv", files.read_csv, 1 / 3, (MAPPED,)),
    Format("JSON array", files.write_array, "json", files.read_array),
)
