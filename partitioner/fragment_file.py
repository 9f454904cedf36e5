"""Records of a segment on their way into chunks: in a file, with all that is needed to find their copies."""

from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from function.records import Checked
from partitioner.batch_file import DEFLATE_LEVEL, BatchFile
from partitioner.keys import Keys, keys_of, write_keys
from partitioner.origins import Origins
from partitioner.work import Work


class FragmentFile:
    """`first_time` is None while there is no record. Without a path nothing is compressed or written."""

    def __init__(
        self,
        path: Path | None,
        batch_records: int,
        batch_bytes: int,
        *,
        keeps_origins: bool,
        level: int = DEFLATE_LEVEL,
    ) -> None:
        self.path = path
        self.file = BatchFile(path, batch_records, batch_bytes, level)
        self._origins = Origins() if keeps_origins else None
        self._keys: list[Keys] = []
        self._times: array[int] | None = None
        self.first_time: int | None = None
        self.last_time = 0
        self.records = 0

    def keep_times(self) -> None:
        """Has `save` write the time of each record, too."""
        self._times = array("q")

    def add(self, checked: Checked, file: str, first: int, indexes: Sequence[int]) -> None:
        """Records that were rows `first` + index of a source's file; one row may have been several."""
        heads = checked.heads
        if not heads:
            return
        self.file.add(checked.lines)
        self.records += len(heads)
        first_time, self.last_time = min(heads.times), max(*heads.times, self.last_time)
        self.first_time = first_time if self.first_time is None else min(first_time, self.first_time)
        self._keys.append(keys_of(heads))
        if self._times is not None:
            self._times.extend(heads.times)
        if self._origins is not None:
            self._origins.add(file, first, indexes)

    def save(self, work: Work, number: int) -> int:
        """What is beside the records, under the number; returns how many have a key like an earlier one."""
        repeats = write_keys(np.concatenate(self._keys), work.keys(number), work.ordered_keys(number))
        if self._times is not None:
            work.times(number).write_bytes(self._times.tobytes())
        if self._origins is not None and work.output:
            self._origins.save(work.origins(number))
        return repeats
