"""Keys by which copies are looked for: 64 bits a record, the same for copies, hardly ever for others.

A key is Python's own hash of what Mixpanel tells records apart by: 0.3 µs a record, where a cryptographic
hash takes 1.2. It is the same in all workers, which run with PYTHONHASHSEED=0; `_run.json` holds FINGERPRINT,
so that no run goes on under a Python that hashes otherwise. Where keys are equal, records are compared.
"""

import mmap
import sys
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise, starmap
from operator import eq
from pathlib import Path

from function.records import Heads

DAY_SECONDS = 86_400
HASH_SEED = "0"
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
FINGERPRINT = f"{sys.hash_info.algorithm} {sys.hash_info.hash_bits} {sys.byteorder} {_PYTHON}"

_LEAST, _SPAN = -(2**63), 2**64


def keys_of(heads: Heads) -> list[int]:
    """One for each record: of event, distinct_id, `$insert_id` and UTC day."""
    days = [time // DAY_SECONDS for time in heads.times]
    return list(map(hash, zip(heads.events, heads.distinct_ids, heads.insert_ids, days, strict=True)))


def write_keys(keys: Sequence[int], sorted_path: Path, ordered_path: Path) -> int:
    """Returns how many of them are like an earlier one."""
    distinct = sorted(keys)
    if any(starmap(eq, pairwise(distinct))):  # a tenth of what a set would take
        distinct = list(dict.fromkeys(distinct))
    sorted_path.write_bytes(array("q", distinct).tobytes())
    ordered_path.write_bytes(array("q", keys).tobytes())
    return len(keys) - len(distinct)


def read_keys(path: Path, start: int = 0, end: int | None = None) -> "array[int]":
    """Keys [start, end) of the file."""
    keys = array("q")
    with path.open("rb") as file:
        file.seek(start * keys.itemsize)
        keys.frombytes(file.read() if end is None else file.read((end - start) * keys.itemsize))
    return keys


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
