"""A worker's memory is bounded by pages, however large a row group is."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROWS, WIDTH = 400_000, 40
MAX_RSS_MB = 300
# Not ru_maxrss, which begins with what the parent had at the time.
MEASURE = """
import sys
from pathlib import Path
from partitioner.formats.parquet import ParquetFile, read_rows
from partitioner.formats.rows import LeftOut
from partitioner.segments import Piece

with open(sys.argv[1], "rb") as file:
    index = ParquetFile(file, sys.argv[1])
    first, after, skip = index.piece(index.rows - 20_000, index.rows)
    piece = Piece("a", "a", first, after, 1, 20_000, holds_letters=False, skip=skip)
    rows = sum(len(rows) for rows in read_rows(file, piece, LeftOut()))
peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
print(rows, int(peak) // 1024)
"""


@pytest.mark.slow
def test_the_end_of_one_huge_row_group_is_read_in_little_memory(tmp_path: Path) -> None:
    """Of 40 columns, decoded 160 MB, in pages of 1 MB; no more is held than one of each, and the rows."""
    made_up = np.random.default_rng(1)
    table = pa.table({f"column {index}": made_up.random(ROWS) for index in range(WIDTH)})
    file = tmp_path / "a.parquet"
    pq.write_table(table, file, row_group_size=ROWS, use_dictionary=False, max_rows_per_page=ROWS)
    command = [sys.executable, "-c", MEASURE, str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    rows, megabytes = map(int, ran.stdout.split())
    assert rows == 20_000
    assert megabytes < MAX_RSS_MB
