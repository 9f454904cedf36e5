"""Reading by ranges: the bytes of the file, whatever breaks, for few requests."""

import io
import random
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.errors import StorageUnavailable
from partitioner.exits import Refused
from partitioner.inputs.ranged import CACHE_BYTES, FIRST_BYTES, MAX_BYTES, Fetch, Ranged

CONTENT = random.Random(3).randbytes(3 * FIRST_BYTES)


class Server:
    """Keeps what it was asked for."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.asked: list[tuple[int, int]] = []

    def fetch(self, start: int, end: int, into: io.BytesIO) -> None:
        self.asked.append((start, end))
        into.write(self._content[start:end])

    def opened(self, buffer_bytes: int = 65_536) -> io.BufferedReader:
        return io.BufferedReader(Ranged("a", len(self._content), self.fetch, 0.0), buffer_bytes)

    @property
    def sent_bytes(self) -> int:
        return sum(end - start for start, end in self.asked)


def opened_by(fetch: Fetch, patience_seconds: float = 60.0) -> io.BufferedReader:
    return io.BufferedReader(Ranged("a", len(CONTENT), fetch, patience_seconds))


def test_in_order() -> None:
    """Ranges grow to the largest, each byte is asked for once, and what was read isn't kept."""
    server = Server(bytes(5 * MAX_BYTES))
    with server.opened() as file:
        while file.read(100_000):
            pass
    assert server.sent_bytes == 5 * MAX_BYTES
    assert len(server.asked) == 10
    assert max(end - start for start, end in server.asked) == MAX_BYTES


@pytest.mark.parametrize("columns", [2, 12, 40])
def test_columns_of_parquet(columns: int) -> None:
    """Read side by side, they cost hardly more than their own bytes, and far fewer requests than pages."""
    rows, draw = 3_000_000 // columns, np.random.default_rng(5)
    table = pa.table({f"c{index}": draw.random(rows) for index in range(columns)})
    written = io.BytesIO()
    pq.write_table(table, written, use_dictionary=False, row_group_size=rows // 2, data_page_size=100_000)
    server = Server(written.getvalue())
    with server.opened() as file:
        parquet = pq.ParquetFile(file, pre_buffer=False, buffer_size=65_536)
        assert sum(len(batch) for batch in parquet.iter_batches(2_000, use_threads=False)) == rows
    assert server.sent_bytes < 1.1 * len(written.getvalue())
    assert len(server.asked) < 16 * columns


def test_a_seek_costs_little() -> None:
    """Here and there, each place is asked for by a small range, once."""
    server = Server(bytes(10 * MAX_BYTES))
    with server.opened() as file:
        for place in (3 * MAX_BYTES, 0, 7 * MAX_BYTES, 3 * MAX_BYTES + 100, 7 * MAX_BYTES, 50):
            file.seek(place)
            assert file.read(10) == bytes(10)
    assert server.sent_bytes == 3 * FIRST_BYTES


def test_the_end_is_read_backwards_at_once() -> None:
    """A footer's length, and then the footer before it: one request."""
    server = Server(CONTENT)
    with server.opened() as file:
        for back in (8, 1_000, FIRST_BYTES):
            file.seek(-back, io.SEEK_END)
            assert file.read(back) == CONTENT[-back:]
    assert len(server.asked) == 1


def test_memory_is_bounded() -> None:
    """However many places are read."""
    server = Server(bytes(3 * CACHE_BYTES))
    ranged = Ranged("a", 3 * CACHE_BYTES, server.fetch, 0.0)
    for place in range(0, 3 * CACHE_BYTES, 2 * FIRST_BYTES):
        ranged.seek(place)
        ranged.readinto(bytearray(FIRST_BYTES))
    assert sum(len(block.data) for block in ranged._blocks) <= CACHE_BYTES


@given(
    seed=st.integers(0, 10_000),
    steps=st.lists(st.tuples(st.integers(0, len(CONTENT)), st.integers(0, FIRST_BYTES))),
)
def test_any_order(seed: int, steps: list[tuple[int, int]]) -> None:
    """As from a file on the disk, wherever it is read."""
    with Server(CONTENT).opened(1 + seed) as file:
        for place, count in steps:
            file.seek(place)
            assert file.read(count) == CONTENT[place : place + count]


def breaking_after(sizes: list[int]) -> tuple[Fetch, list[int]]:
    left, starts = list(sizes), []

    def fetch(start: int, end: int, into: io.BytesIO) -> None:
        starts.append(start)
        if left:
            into.write(CONTENT[start : min(end, start + left.pop(0))])
            raise StorageUnavailable("broken")
        into.write(CONTENT[start:end])

    return fetch, starts


def test_goes_on_at_the_byte() -> None:
    """What has come is kept: the next request begins behind it."""
    fetch, starts = breaking_after([1_000, 1, 0])
    with opened_by(fetch) as file:
        assert file.read() == CONTENT
    assert starts[:4] == [0, 1_000, 1_001, 1_001]


def test_patience_is_for_what_does_not_get_on() -> None:
    """Without any for waiting the first failure is the last, and what was read stays so."""
    fetch, _ = breaking_after([0])
    with opened_by(fetch, 0.0) as file:
        with pytest.raises(StorageUnavailable, match="broken"):
            file.read(10)
        assert file.read(10) == CONTENT[:10]


def nothing(start: int, end: int, into: io.BytesIO) -> None:
    """Says that all is well."""


def too_much(start: int, _: int, into: io.BytesIO) -> None:
    into.write(CONTENT[start:])


@pytest.mark.parametrize(("fetch", "raised"), [(nothing, StorageUnavailable), (too_much, Refused)])
def test_other_bytes_than_asked_for(fetch: Callable[..., None], raised: type[Exception]) -> None:
    """Are never taken for the file's."""
    with opened_by(fetch, 0.0) as file, pytest.raises(raised):
        file.read(10)
