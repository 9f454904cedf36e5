"""What partitioning takes by part, in one process, beside what the libraries alone take for the same."""

import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path
from typing import TypeVar

import deflate
import msgspec
import numpy as np

from function.quick import Record, read_usual
from function.records import Checked, check
from partitioner.batch_file import DEFLATE_LEVEL, BatchFile
from partitioner.jobs import Recipe
from partitioner.keys import keys_of, write_keys
from partitioner.lines import read_blocks, read_file, split_lines

# Enough to be steady, little enough to be held in memory.
SAMPLE_BYTES = 40_000_000
REPEATS = 3

_T = TypeVar("_T")

_decoder = msgspec.json.Decoder(Record)


@dataclass(frozen=True, slots=True)
class Parts:
    """CPU, µs a record."""

    reading: float
    """The file, and into lines."""
    decode: float
    shape: float
    """Rules and limits, on the lines and on what was decoded."""
    ids: float
    """Splicing in what is missing, and the keys of copies."""
    cutting: float
    """Into batches."""
    compress: float
    """And writing."""

    @property
    def total(self) -> float:
        return float(sum(getattr(self, field.name) for field in fields(self)))

    def __str__(self) -> str:
        parts = ", ".join(f"{field.name} {getattr(self, field.name):.2f}" for field in fields(self))
        return f"{self.total:.2f} ({parts})"


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of an export: its blocks, their lines, and what `check` makes of them."""

    export: Path
    recipe: Recipe
    blocks: list[bytes]
    lines: list[list[bytes]]
    checked: list[Checked]

    @property
    def records(self) -> int:
        return sum(len(each.lines) for each in self.checked)

    def batches(self) -> Iterator[list[bytes]]:
        sent = list(chain.from_iterable(each.lines for each in self.checked))
        for at in range(0, len(sent), self.recipe.batch_records):
            yield sent[at : at + self.recipe.batch_records]


def sample(export: Path, recipe: Recipe) -> Sample:
    blocks = [block.data for block in read_blocks(read_file(str(export), 0, SAMPLE_BYTES))]
    lines = [split_lines(block) for block in blocks]
    return Sample(export, recipe, blocks, lines, [check(each, recipe.as_of) for each in lines])


def ours(given: Sample) -> Parts:
    recipe, records = given.recipe, given.records

    def read() -> None:
        for block in read_blocks(read_file(str(given.export), 0, SAMPLE_BYTES)):
            split_lines(block.data)

    def keep_keys() -> None:
        keys = np.concatenate([keys_of(each.heads) for each in given.checked])
        write_keys(keys, folder / "sorted", folder / "ordered")

    def cut(path: Path | None) -> None:
        file = BatchFile(path, recipe.batch_records, recipe.batch_bytes)
        for each in given.checked:
            file.add(each.lines)
        file.close()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        decode = micros(lambda: _each(given.lines, _decode_all), records)
        usual = micros(lambda: _each(given.lines, lambda block: read_usual(block, recipe.as_of)), records)
        judged = micros(lambda: _each(given.lines, lambda block: check(block, recipe.as_of)), records)
        cutting = micros(lambda: cut(None), records)
        return Parts(
            reading=micros(read, records),
            decode=decode,
            shape=usual - decode,
            ids=judged - usual + micros(keep_keys, records),
            cutting=cutting,
            compress=micros(lambda: cut(folder / "chunk"), records) - cutting,
        )


def alone(given: Sample) -> Parts:
    """`bytes.split`; typed `decode_lines`; for the shape `bytes.decode`, since UTF-8 has to be tested; a
    join; libdeflate. No rule is held against anything, nothing is added or compared.
    """
    records = given.records
    whole = [b"".join(line + b"\n" for line in each.lines) for each in given.checked]
    good = [each.lines for each in given.checked]
    batches = list(given.batches())
    bodies = [b"\n".join(lines) for lines in batches]
    return Parts(
        reading=micros(lambda: _each(given.blocks, lambda block: block.split(b"\n")), records),
        decode=micros(lambda: _each(whole, _decoder.decode_lines), records),
        shape=micros(lambda: _each(good, lambda lines: deque(map(bytes.decode, lines), 0)), records),
        ids=0.0,
        cutting=micros(lambda: _each(batches, b"\n".join), records),
        compress=micros(lambda: _each(bodies, _compress), records),
    )


def micros(call: Callable[[], None], records: int) -> float:
    """CPU a record, of the best of some repeats."""
    best = float("inf")
    for _ in range(REPEATS):
        before = time.process_time()
        call()
        best = min(best, time.process_time() - before)
    return 1e6 * best / records


def _each(many: Sequence[_T], call: Callable[[_T], object]) -> None:
    for one in many:
        call(one)


def _compress(body: bytes) -> bytes:
    return bytes(deflate.deflate_compress(body, DEFLATE_LEVEL))


def _decode_all(lines: list[bytes]) -> None:
    for line in lines:
        try:
            _decoder.decode(line)
        except (ValueError, RecursionError):
            continue
