"""Which line of which file each record of a chunk was."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import msgspec

from partitioner.jobs import Sample


class Run(msgspec.Struct):
    """`count` records in a row that were lines in a row."""

    file: str
    line: int
    count: int


class Origins:
    """One run where no line between was blank or rejected."""

    def __init__(self, runs: Sequence[Run] = ()) -> None:
        self._runs = list(runs)

    def add(self, file: str, first_line: int, indexes: Sequence[int]) -> None:
        """Records that were the lines `first_line` + index; indexes ascend, and may be equal."""
        start = 0
        while start < len(indexes):
            end = start + 1
            if isinstance(indexes, range):
                end = len(indexes)
            while end < len(indexes) and indexes[end] == indexes[end - 1] + 1:
                end += 1
            self._add(file, first_line + indexes[start], end - start)
            start = end

    def _add(self, file: str, line: int, count: int) -> None:
        last = self._runs[-1] if self._runs else None
        if last and last.file == file and last.line + last.count == line:
            last.count += count
        else:
            self._runs.append(Run(file, line, count))

    def places(self, records: Sequence[int]) -> list[Sample]:
        """Of the chunk's records with these numbers, from 0."""
        ends = list(accumulate(run.count for run in self._runs))
        places = []
        for record in records:
            at = bisect_right(ends, record)
            run = self._runs[at]
            places.append(Sample(run.file, run.line + record - (ends[at] - run.count)))
        return places

    def save(self, path: Path) -> None:
        path.write_bytes(msgspec.json.encode(self._runs))

    @classmethod
    def load(cls, path: Path) -> "Origins":
        return cls(msgspec.json.decode(path.read_bytes(), type=list[Run]))
