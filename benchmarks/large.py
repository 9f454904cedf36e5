"""Files of 3 GB, one of each format that isn't lines of JSON: each runs through, and in how much memory."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from benchmarks.goals import Goal
from benchmarks.partitioning import measured

COMMAND = "python -m benchmarks large"
FILE_BYTES, SMALL_FILE_BYTES = 3_000_000_000, 3_000_000
MOST_MEGABYTES = 300
BLOCK_ROWS, SMALL_BLOCK_ROWS = 50_000, 2_000
ROWS_A_GROUP = 1_000_000
TEXT_COLUMNS = 10
FLAGS = [flag for each in ("event=name", "time=at", "distinct_id=user") for flag in ("--map", each)]


def goals(*, small: bool = False) -> Iterator[Goal]:
    file_bytes = SMALL_FILE_BYTES if small else FILE_BYTES
    block = _block(SMALL_BLOCK_ROWS if small else BLOCK_ROWS)
    for name, write in (("Parquet", _write_parquet), ("CSV", _write_csv), ("JSON array", _write_array)):
        with tempfile.TemporaryDirectory() as folder:
            yield _goal(name, write, block, file_bytes, Path(folder))


Write = Callable[[pa.Table, Path, int], int]


def _goal(name: str, write: Write, block: pa.Table, file_bytes: int, folder: Path) -> Goal:
    file, output = folder / "rows", folder / "chunks"
    rows = write(block, file, file_bytes)
    split = [sys.executable, "-m", "partitioner", "split", str(file), "--output", str(output), "--quiet"]
    run = measured([*split, *FLAGS, "--workers", "2"], rows, output)
    return Goal(
        name=f"large, {name} of {file.stat().st_size / 1e9:.1f} GB: peak memory of any process",
        figure=f"{run.peak_megabytes:.0f} MB",
        goal=f"under {MOST_MEGABYTES} MB",
        met=run.peak_megabytes < MOST_MEGABYTES,
        references={"rows": f"{rows:,}", "CPU": f"{run.cpu_micros:.1f} µs a record"},
        command=COMMAND,
    )


def _block(rows: int) -> pa.Table:
    """Text that hardly compresses, so that the file is as large as it looks."""
    random = Random(1)
    columns: dict[str, Any] = {
        "name": [f"event {random.randrange(50)}" for _ in range(rows)],
        "at": [1_700_000_000 + random.randrange(10_000_000) for _ in range(rows)],
        "user": [f"user-{random.randrange(100_000)}" for _ in range(rows)],
    }
    for number in range(TEXT_COLUMNS):
        columns[f"text {number}"] = [random.randbytes(18).hex() for _ in range(rows)]
    return pa.table(columns)


def _blocks(block: pa.Table) -> Iterator[pa.Table]:
    """No two rows are alike in all of them: time goes on from block to block."""
    at = block.column_names.index("at")
    shift = 0
    while True:
        yield block.set_column(at, "at", pc.add(block.column("at"), shift))
        shift += 101


def _write_parquet(block: pa.Table, file: Path, file_bytes: int) -> int:
    rows = 0
    with pq.ParquetWriter(file, block.schema) as writer:
        for part in _blocks(block):
            writer.write_batch(part.combine_chunks().to_batches()[0], row_group_size=ROWS_A_GROUP)
            rows += len(part)
            if rows * block.nbytes / len(block) * 0.9 > file_bytes:
                return rows
    raise AssertionError


def _write_csv(block: pa.Table, file: Path, file_bytes: int) -> int:
    rows = 0
    with arrow_csv.CSVWriter(file, block.schema) as writer:
        for part in _blocks(block):
            writer.write_table(part)
            rows += len(part)
            if file.stat().st_size > file_bytes:
                return rows
    raise AssertionError


def _write_array(block: pa.Table, file: Path, file_bytes: int) -> int:
    rows = 0
    with file.open("w", encoding="utf-8") as out:
        out.write("[\n")
        for part in _blocks(block):
            _write_elements(part, out, is_first=not rows)
            rows += len(part)
            if out.tell() > file_bytes:
                out.write("\n]\n")
                return rows
    raise AssertionError


def _write_elements(part: pa.Table, out: IO[str], *, is_first: bool) -> None:
    for index, row in enumerate(part.to_pylist()):
        out.write(("" if is_first and not index else ",\n") + json.dumps(row))
