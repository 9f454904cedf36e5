"""Keys by which copies are looked for: 64 bits a record, the same for copies, hardly ever for others.

A key is Python's own hash (key_hash.py) of what Mixpanel tells records apart by: 0.15 µs a record, where a
cryptographic hash takes 1.2. Where keys are equal, records are compared.

numpy sorts and compares them: 0.06 µs a record for what takes 0.6 with lists and sets.
"""

import mmap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path

import numpy as np
import numpy.typing as npt

from function.records import Heads

DAY_SECONDS = 86_400

_LEAST, _SPAN = -(2**63), 2**64

Keys = npt.NDArray[np.int64]


def keys_of(heads: Heads) -> Keys:
    """One for each record: of event, distinct_id, `$insert_id` and UTC day."""
    days = _days_of(heads.times)
    told_by = zip(heads.events, heads.distinct_ids, heads.insert_ids, days)  # noqa: B905 (days may not end)
    return np.fromiter(map(hash, told_by), np.int64, len(heads))


def _days_of(times: list[int]) -> Iterable[int]:
    """Records that stand together are mostly of one day."""
    first, last = min(times, default=0) // DAY_SECONDS, max(times, default=0) // DAY_SECONDS
    return repeat(first) if first == last else [time // DAY_SECONDS for time in times]


def write_keys(keys: Sequence[int] | Keys, sorted_path: Path, ordered_path: Path) -> int:
    """Returns how many of them are like an earlier one."""
    ordered = np.asarray(keys, np.int64)
    in_order = np.sort(ordered)
    distinct = in_order[~are_repeated(in_order)]  # np.unique, which hashes, takes five times as long
    distinct.tofile(sorted_path)
    ordered.tofile(ordered_path)
    return len(ordered) - len(distinct)


def are_repeated(in_order: Keys) -> npt.NDArray[np.bool]:
    """Which of sorted keys are like the one before."""
    like_before = np.zeros(len(in_order), np.bool)
    np.equal(in_order[1:], in_order[:-1], out=like_before[1:])
    return like_before


def read_keys(path: Path, start: int = 0, end: int | None = None) -> Keys:
    """Keys [start, end) of the file."""
    count = -1 if end is None else end - start
    return np.fromfile(path, np.int64, count, offset=start * np.dtype(np.int64).itemsize)


@contextmanager
def mapped(path: Path, kind: str) -> Iterator[memoryview]:
    """A file as numbers, of which only those that are looked at are read. It must not be empty."""
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping,
        memoryview(mapping) as whole,
        whole.cast(kind) as view,  # type: ignore[call-overload]
    ):
        yield view


def bounds(part: int, parts: int) -> tuple[int, int]:
    """The least key of a part, and the least of the next. Each has the same share of all possible keys."""
    return _LEAST + _SPAN * part // parts, _LEAST + _SPAN * (part + 1) // parts
