"""A chunk's file: members that are batches."""

import base64
import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import google_crc32c
import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.members import inflate_body, read_header
from partitioner.batch_file import BatchFile


@contextmanager
def written(lines: list[bytes], portion: int, **limits: int) -> Iterator[tuple[BatchFile, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chunk"
        file = BatchFile(path, limits["batch_records"], limits["batch_bytes"])
        for start in range(0, len(lines), portion):
            file.add(lines[start : start + portion])
        file.close()
        yield file, path.read_bytes()


def batches(data: bytes) -> list[list[bytes]]:
    """Member by member, as the function reads them: by their headers alone."""
    at, found = 0, []
    while at < len(data):
        header = read_header(data, at)
        assert header
        lines = inflate_body(data[at : at + header.member_bytes]).splitlines()
        assert len(lines) == header.records
        found.append(lines)
        at += header.member_bytes
    return found


@given(
    sizes=st.lists(st.integers(1, 50), min_size=1, max_size=80),
    portion=st.integers(1, 100),
    batch_records=st.integers(1, 20),
    batch_bytes=st.integers(1, 300),
)
def test_a_batch_ends_where_one_record_more_would_break_a_limit(
    sizes: list[int], portion: int, batch_records: int, batch_bytes: int
) -> None:
    """Whatever the portions in which records come; a record over the limit is a batch of its own."""
    lines = [b"x" * size for size in sizes]
    expected: list[list[bytes]] = [[]]
    for line in lines:
        batch = expected[-1]
        if batch and (
            len(batch) == batch_records or sum(map(len, [*batch, line])) + len(batch) + 1 > batch_bytes
        ):
            expected.append([])
        expected[-1].append(line)
    with written(lines, portion, batch_records=batch_records, batch_bytes=batch_bytes) as (_, data):
        assert batches(data) == expected


def test_what_is_told_of_a_file_is_so() -> None:
    """Records, bytes, JSON bytes and checksum are the file's own, and any gzip tool reads it."""
    lines = [b'{"n":%d}' % number for number in range(1000)]
    with written(lines, 300, batch_records=400, batch_bytes=10_000) as (file, data):
        text = gzip.decompress(data)
        assert text.splitlines() == lines
        assert (file.records, file.bytes, file.json_bytes) == (1000, len(data), len(text))
        assert base64.b64decode(file.crc32c) == google_crc32c.value(data).to_bytes(4, "big")


@pytest.mark.parametrize(
    "limits", [{"batch_records": 7, "batch_bytes": 100}, {"batch_records": 1, "batch_bytes": 9}]
)
def test_the_hash_is_of_what_is_in_it_not_of_how_it_is_cut(limits: dict[str, int]) -> None:
    """The same records are the same content."""
    lines = [b'{"n":%d}' % number for number in range(50)]
    with (
        written(lines, 50, batch_records=2000, batch_bytes=10_000) as (one, _),
        written(lines, 3, **limits) as (other, _),
        written(lines[1:], 50, batch_records=2000, batch_bytes=10_000) as (another, _),
    ):
        assert one.json_hash == other.json_hash != another.json_hash
