"""What ends a chunk early: all that lies before it is read, and each checkpoint leads to the same end."""

import gzip
import random
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function.batches import Batch, Limits, read_batches
from function.errors import NotImportable
from function.state import Position
from tests.fakes.bytes_source import BytesSource
from tests.fakes.chunk_files import foreign_member, ndjson, ready_member, record
from tests.fakes.drawn_chunks import (
    NOW_SECONDS,
    Made,
    any_lines,
    assert_resumes,
    expected_lines,
    gzip_chunks,
    limits,
    read_all,
    read_lines,
)


def read(data: bytes, start: Position = Position(), limits: Limits = Limits()) -> Iterator[Batch]:  # noqa: B008 (frozen)
    return read_batches(BytesSource(data), start, lambda: NOW_SECONDS, limits)


def refused(batches: Iterator[Batch]) -> tuple[list[Batch], NotImportable]:
    """What came before the refusal, and the refusal."""
    found: list[Batch] = []
    with pytest.raises(NotImportable) as caught:
        found.extend(batches)
    return found, caught.value


@pytest.mark.parametrize("is_gzip", [False, True])
def test_line_over_16_megabytes_ends_the_chunk(*, is_gzip: bool) -> None:
    """What stands before it is read; its own number is named."""
    text = record(0) + b"\n" + b'{"a":"' + b"x" * 16_000_000 + b'"}\n' + record(1)
    found, error = refused(read(gzip.compress(text, 1) if is_gzip else text))
    assert [batch.records for batch in found] == [1]
    assert (error.reason, error.offset) == ("line-too-long", 0 if is_gzip else len(record(0)) + 1)
    assert "line 2 " in str(error)


@pytest.mark.parametrize(
    ("unit", "barren_bytes"),
    [
        (b"\n", 640_000),
        (b" " * 9_999 + b"\n", 6_400_000),
        (b'{"a":"' + b"x" * 500_000 + b'"}\n', 6_400_000),
        (b"x" * 15_000_000 + b"\n", 64_000_000),
    ],
    ids=["newlines", "blanks", "objects", "long lines"],
)
def test_text_without_a_record_ends_the_chunk(unit: bytes, barren_bytes: int) -> None:
    """64 MB of it in a row (less in some of these), give or take a batch; less than that is read through."""
    limits = Limits(barren_bytes=barren_bytes)
    good = record(0) + b"\n"
    found, error = refused(
        read(gzip.compress(good + unit * (2 * barren_bytes // len(unit)) + good, 1), limits=limits)
    )
    assert sum(batch.records for batch in found) == 1
    assert error.reason == "no-record"
    few = unit * (barren_bytes // len(unit) - 1)
    whole = read(gzip.compress(good + few + good + few + good, 1), limits=limits)
    assert sum(batch.records for batch in whole) == 3


def test_what_follows_gzip_and_is_none_is_damage() -> None:
    """Everything before is read; the offset is that of what follows."""
    member = gzip.compress(record(0) + b"\n")
    for following in (b"{}", b"\x1f\x8b\x09" + bytes(30), b"\x1f\x8b\x08\xe0" + bytes(30)):
        found, error = refused(read(member + following))
        assert (found[0].lines(), error.reason, error.offset) == ([record(0)], "damaged-gzip", len(member))


def test_cut_off_send_ready_member_gives_its_lines() -> None:
    """What can be inflated of it is saved, as of any gzip."""
    lines = [record(at, at) for at in range(200)]
    data = ready_member(lines[:100]) + ready_member(lines[100:])
    found, error = refused(read(data[:-500]))
    saved = [line for batch in found for line in batch.lines()]
    assert saved == lines[: len(saved)]
    assert 110 < len(saved) < 200
    assert (error.reason, error.offset) == ("damaged-gzip", len(data) - 500)


@pytest.mark.parametrize("records", [1, 3, 300])
def test_send_ready_member_that_miscounts_its_records_is_damaged(records: int) -> None:
    """It is posted unopened; whoever opens it, as a count that differs makes one do, is told."""
    member = bytearray(ready_member([record(0, 400), record(1, 400)]))
    member[20:24] = records.to_bytes(4, "little")
    (batch,) = read(bytes(member))
    assert batch.records == records
    with pytest.raises(NotImportable, match="at byte 0 is damaged"):
        batch.lines()


def test_damage_far_into_a_large_member_costs_no_line_before_it() -> None:
    """Text inflated before the damage is read to the byte, although a failing call keeps what it made."""
    rng = random.Random(4)
    lines = [record(at, rng.randrange(300)) for at in range(20_000)]
    data = bytearray(foreign_member(ndjson(lines)))
    at = len(data) * 3 // 4
    data[at : at + 4] = b"\xff\xff\xff\xff"
    found, error = refused(read(bytes(data)))
    saved = [line for batch in found for line in batch.lines()]
    before = zlib.decompressobj(31).decompress(data[:at]).count(b"\n")
    assert saved[:before] == lines[:before]
    assert error.reason == "damaged-gzip"
    assert at <= error.offset < at + 200


def inflated_before_damage(data: bytes) -> tuple[bytes, bool]:
    """What zlib can make of gzip members, byte for byte, and whether all of it was whole."""
    text = b""
    stream = zlib.decompressobj(31)
    for at in range(len(data)):
        if stream.eof:
            stream = zlib.decompressobj(31)
        try:
            text += stream.decompress(data[at : at + 1])
        except zlib.error:
            return text, False
    return text, stream.eof


@settings(deadline=None)
@given(st.lists(any_lines, min_size=1, max_size=12), st.data(), limits)
def test_cut_off_anywhere(lines: list[bytes], data: st.DataObject, limits: Limits) -> None:
    """Complete lines before the cut are read, what it cuts through is not, and resuming tells the same."""
    text = record(0) + b"\n" + ndjson(lines)
    middle = data.draw(st.integers(len(record(0)), len(text)))
    whole = foreign_member(text[:middle]) + foreign_member(text[middle:], name=b"second")
    cut = whole[: data.draw(st.integers(2, len(whole) - 1))]
    batches, error = read_all(cut, Position(), limits)
    inflated, is_whole = inflated_before_damage(cut)
    if is_whole:
        assert error is None
        assert read_lines(batches) == expected_lines([inflated])
        return
    assert error is not None
    assert read_lines(batches) == expected_lines([inflated[: inflated.rfind(b"\n") + 1]])
    assert (error.reason, error.offset) == ("damaged-gzip", len(cut))
    assert_resumes(cut, batches, error, limits)


@settings(deadline=None, max_examples=300)
@given(st.lists(any_lines, min_size=1, max_size=12), st.data(), limits)
def test_damaged_anywhere(lines: list[bytes], data: st.DataObject, limits: Limits) -> None:
    """All that lies before the damage is read, then the chunk is refused; resuming tells the same.

    What a damaged member inflates to behind the damage may look like lines: only its end tells.
    """
    text = record(0) + b"\n" + ndjson(lines)
    middle = data.draw(st.integers(0, len(text)))
    first, second = foreign_member(text[:middle]), foreign_member(text[middle:])
    at = data.draw(st.sampled_from([*range(10, len(first)), *range(len(first) + 10, len(first + second))]))
    damaged = bytearray(first + second)
    damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    batches, error = read_all(bytes(damaged), Position(), limits)
    before, _ = inflated_before_damage(bytes(damaged[:at]))
    if error is None:  # the bits that fill up a deflate stream's last byte say nothing
        assert read_lines(batches) == expected_lines([text])
        return
    if error.reason == "not-records":
        assert (batches, error.offset) == ([], 0)
        return
    assert (error.reason, error.offset > at - 20) == ("damaged-gzip", True)
    certain = expected_lines([before[: before.rfind(b"\n") + 1]])
    assert read_lines(batches)[: len(certain)] == certain
    assert_resumes(bytes(damaged), batches, error, limits)


@settings(deadline=None, max_examples=300)
@given(gzip_chunks(), st.data(), limits)
def test_any_byte_changed(made: Made, data: st.DataObject, limits: Limits) -> None:
    """Whatever comes of it, it is told the same from each checkpoint on, and nothing is yielded twice."""
    damaged = bytearray(made.data)
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    batches, error = read_all(bytes(damaged), Position(), limits)
    assert_resumes(bytes(damaged), batches, error, limits)
