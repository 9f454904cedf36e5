"""A chunk as batches: where they are cut, what they hold, and what ends them."""

import gzip
import itertools
from collections.abc import Iterator
from pathlib import Path

import google_crc32c
import pytest

from function.batches import Batch, Limits, read_batches
from function.errors import NotImportable, StorageUnavailable
from function.members import inflate_body, plain_body
from function.records import MAX_BATCH_BYTES, MAX_BATCH_RECORDS, check
from function.state import Position
from tests.fakes.bytes_source import BytesSource
from tests.fakes.chunk_files import foreign_member, ndjson, ready_member, record
from tests.fakes.reader_memory import read_chunk

NOW_SECONDS = 1_800_000_000.0
BARE = b'{"event":"seen","properties":{"time":%d}}'


def read(data: bytes, start: Position = Position(), limits: Limits = Limits()) -> Iterator[Batch]:  # noqa: B008 (frozen)
    return read_batches(BytesSource(data), start, lambda: NOW_SECONDS, limits)


def refused(batches: Iterator[Batch]) -> tuple[list[Batch], NotImportable]:
    """What came before the refusal, and the refusal."""
    found: list[Batch] = []
    with pytest.raises(NotImportable) as caught:
        found.extend(batches)
    return found, caught.value


def test_send_ready_members_are_batches_as_they_stand() -> None:
    """Each member is one batch, its stream untouched; line numbers run on."""
    members = [ready_member([record(at), record(at + 1)]) for at in range(0, 10, 2)]
    batches = list(read(b"".join(members)))
    assert [batch.body for batch in batches] == [plain_body(member) for member in members]
    assert [line for batch in batches for line in batch.lines()] == [record(at) for at in range(10)]
    assert [*itertools.chain(*(batch.line_numbers for batch in batches))] == list(range(1, 11))
    assert batches[2].start.offset == sum(map(len, members[:2]))


def test_send_ready_members_are_not_opened() -> None:
    """What is in them is trusted: damage inside is found by whoever opens the body."""
    member = bytearray(ready_member([record(0)]))
    member[40] ^= 0xFF
    (batch,) = read(bytes(member))
    assert batch.records == 1
    with pytest.raises(NotImportable) as caught:
        batch.lines()
    assert (caught.value.reason, caught.value.offset) == ("damaged-gzip", 0)


def test_generic_body_is_the_records_as_sent() -> None:
    """Mended and compressed under a plain header."""
    (batch,) = read(BARE % 1_700_000_000 + b"\r\n")
    (sent,) = check([BARE % 1_700_000_000], NOW_SECONDS).lines
    assert batch.body[:4] == b"\x1f\x8b\x08\x00"
    assert gzip.decompress(batch.body) == inflate_body(batch.body) == sent + b"\n"
    assert batch.lines() == [sent]
    assert batch.json_bytes == len(sent) + 1


def test_cuts_at_the_record_limit() -> None:
    """At most 2,000 lines, whatever they are, and no fewer where they are short."""
    batches = list(read(ndjson(record(at) for at in range(5_000))))
    assert [batch.records for batch in batches] == [MAX_BATCH_RECORDS, MAX_BATCH_RECORDS, 1_000]


@pytest.mark.parametrize("padding", [900, 1_000, 5_000, 900_000])
def test_cuts_before_the_byte_limit(padding: int) -> None:
    """Newlines counted, as sent; and no batch is left half empty."""
    count = 5_000_000 // padding
    batches = list(read(ndjson(record(at, padding) for at in range(count))))
    assert sum(batch.records for batch in batches) == count
    for batch in batches:
        assert batch.json_bytes == len(inflate_body(batch.body)) <= MAX_BATCH_BYTES
    for batch in batches[:-1]:
        assert batch.records == MAX_BATCH_RECORDS or batch.json_bytes > MAX_BATCH_BYTES - 300 - padding


def test_cuts_at_the_limit_of_bytes_as_sent() -> None:
    """Of lines that fit a batch as they stand, those that what is added makes too much wait for the next."""
    lines = [BARE % (1_700_000_000 + at) for at in range(40)]
    lines[::3] = [b"oops"] * len(lines[::3])
    batches = list(read(ndjson(lines), limits=Limits(batch_bytes=1_000)))
    assert [line for batch in batches for line in batch.lines()] == check(lines, NOW_SECONDS).lines
    rejected = [each.line for batch in batches for each in batch.rejections]
    assert rejected == list(range(1, 41, 3))
    assert all(800 < batch.json_bytes <= 1_000 for batch in batches[:-1])


def test_rejections_carry_number_and_bytes() -> None:
    """Line numbers count all lines from 1, blank ones too; contents come without the line's end."""
    (batch,) = read(b"\xef\xbb\xbf\n" + record(1) + b"\r\n\r\noops\r\n{}\n[1]")
    assert batch.line_numbers == [2]
    assert [(each.line, each.content) for each in batch.rejections] == [(4, b"oops"), (5, b"{}"), (6, b"[1]")]
    assert batch.end == Position(batch.end.offset, 0, 6, batch.end.crc32c)


def test_long_line_is_a_rejection_of_its_own() -> None:
    """Over 1 MB and up to 16 MB: kept verbatim, in a batch that holds nothing else."""
    long_line = b'{"a":"' + b"x" * 15_000_000 + b'"}'
    batches = list(read(record(0) + b"\n" + long_line + b"\n" + record(1)))
    assert [(batch.records, len(batch.rejections)) for batch in batches] == [(1, 0), (0, 1), (1, 0)]
    (rejection,) = batches[1].rejections
    assert (rejection.line, rejection.content == long_line) == (2, True)
    assert rejection.flaw.message.startswith("must be smaller than 1 MB")


@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n \n\n", b"\n" * 4_001])
@pytest.mark.parametrize("is_gzip", [False, True])
def test_end_of_the_object_is_always_reported(tail: bytes, *, is_gzip: bool) -> None:
    """However it ends: the last batch's end is the object's size, with the checksum of all of it."""
    text = ndjson(record(at) for at in range(MAX_BATCH_RECORDS)) + tail
    data = gzip.compress(text) if is_gzip else text
    end = list(read(data))[-1].end
    lines = MAX_BATCH_RECORDS + tail.count(b"\n")
    assert end == Position(len(data), 0, lines, google_crc32c.value(data))
    assert list(read(data, end)) == []


def test_padding_behind_gzip_belongs_to_its_end() -> None:
    """Zero bytes behind the last member, or between two, are no damage: gzip(1) reads over them too."""
    data = ready_member([record(0)]) + bytes(70_000) + foreign_member(record(1)) + bytes(3)
    batches = list(read(data))
    assert [line for batch in batches for line in batch.lines()] == [record(0), record(1)]
    assert batches[-1].end == Position(len(data), 0, 2, google_crc32c.value(data))


def test_send_ready_member_ends_the_line_before_it() -> None:
    """Foreign members run on into each other, not into a batch."""
    half = len(record(0)) // 2
    data = foreign_member(record(0)[:half]) + foreign_member(record(0)[half:]) + ready_member([record(1)])
    assert [batch.lines() for batch in read(data)] == [[record(0)], [record(1)]]


def test_only_blank_lines_or_nothing_are_a_chunk_without_records() -> None:
    """A day without anything to tell is no error."""
    for data in (b"\n \r\n", gzip.compress(b""), gzip.compress(b"\n\n")):
        (batch,) = read(data)
        assert (batch.records, batch.body, batch.lines(), batch.end.offset) == (0, b"", [], len(data))
    assert list(read(b"")) == []


def test_an_unreachable_bucket_ends_reading_at_once() -> None:
    """What may pass is no property of the chunk: it is raised as it comes."""
    source = BytesSource(ndjson(record(at) for at in range(100)))
    batches = read_batches(source, Position(), limits=Limits(block_bytes=100, batch_records=1))
    next(batches)
    with source.down(), pytest.raises(StorageUnavailable):
        list(batches)


def test_reads_each_block_once() -> None:
    """One request a block; resuming asks for two bytes, and for nothing else before its place."""
    source = BytesSource(ndjson(record(at) for at in range(3_000)))
    limits = Limits(block_bytes=100_000)
    batches = list(read_batches(source, Position(), limits=limits))
    assert source.reads == [(at, min(at + 100_000, source.size)) for at in range(0, source.size, 100_000)]
    source.reads.clear()
    list(read_batches(source, batches[0].end, limits=limits))
    assert source.reads[0] == (0, 2)
    assert min(start for start, _ in source.reads[1:]) == batches[0].end.offset


@pytest.mark.slow
@pytest.mark.parametrize(
    ("unit", "times", "reason"),
    [
        (b"\0" * 1_000_000, 1_000, "line-too-long"),
        (b'{"a":"' + b"x" * 15_900_000 + b'"}\n', 12, "no-record"),
        (record(0, 250) + b"\n", 500_000, ""),
        (b" {}\n" * 1_999 + record(0) + b"\n", 500, ""),
        (record(0, 990_000) + b"\n" + b"x" * 15_900_000 + b"\n", 20, ""),
    ],
    ids=["bomb", "long lines", "records", "tiny lines", "long lines between records"],
)
def test_memory_is_bounded(tmp_path: Path, unit: bytes, times: int, reason: str) -> None:
    """A reader takes less than 60 MB, whatever it reads: 150 are what a whole worker may have."""
    path = tmp_path / "chunk.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(record(0) + b"\n")
        for _ in range(times):
            file.write(unit)
    found, megabytes = read_chunk(path)
    assert found == (reason or "whole")
    assert megabytes < 60
