"""The gzip member that is one batch."""

import gzip
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.blocks import Blocks, Limits
from function.members import (
    HEADER_BYTES,
    MAX_MEMBER_BYTES,
    GzipError,
    Header,
    build_member,
    inflate_body,
    json_bytes_of,
    plain_body,
    read_header,
    read_ready_member,
)
from tests.fakes.bytes_source import BytesSource
from tests.fakes.chunk_files import deflate, foreign_member, ndjson, ready_member, record

RECORDS = [record(number) for number in range(50)]
TEXT = ndjson(RECORDS)
MEMBER = ready_member(RECORDS)


def test_any_gzip_reads_over_the_subfield() -> None:
    """`zcat` of send-ready members gives the lines, one batch behind the other."""
    assert gzip.decompress(MEMBER + MEMBER) == TEXT + TEXT


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=20), st.binary(max_size=30))
def test_header_says_what_was_built(lines: list[bytes], before: bytes) -> None:
    """Length and count come back from wherever the member stands."""
    member = ready_member(lines)
    assert read_header(before + member, len(before)) == Header(HEADER_BYTES, len(member), len(lines))
    assert read_header(memoryview(before + member), len(before)) == read_header(member, 0)
    assert json_bytes_of(member) == sum(map(len, lines)) + len(lines)


def test_posted_body_has_a_plain_header_and_the_same_stream() -> None:
    """What is posted inflates to the same bytes, and differs from the member by its header alone."""
    body = plain_body(MEMBER)
    assert body[3] == 0
    assert body[10:] == MEMBER[HEADER_BYTES:]
    assert gzip.decompress(body) == inflate_body(body) == inflate_body(MEMBER) == TEXT


def test_same_input_gives_same_bytes() -> None:
    """Nothing in a member depends on when it was built."""
    assert MEMBER[4:8] == b"\0\0\0\0"
    assert ready_member(RECORDS) == MEMBER


@pytest.mark.parametrize(
    "block",
    [
        b"",
        MEMBER[: HEADER_BYTES - 1],
        foreign_member(TEXT),
        foreign_member(TEXT, extra=b"BC\x02\x00\x01\x02"),
        TEXT,
        MEMBER[:16] + struct.pack("<II", 33, 50) + MEMBER[24:],
        MEMBER[:16] + struct.pack("<II", MAX_MEMBER_BYTES + 1, 50) + MEMBER[24:],
        MEMBER[:16] + struct.pack("<II", len(MEMBER), 0) + MEMBER[24:],
    ],
    ids=["empty", "cut", "plain header", "other subfield", "text", "too short", "too long", "no record"],
)
def test_anything_else_has_no_header(block: bytes) -> None:
    """Only what the partitioner writes is taken for send-ready."""
    assert read_header(block, 0) is None


@pytest.mark.parametrize(
    ("data", "is_ready"),
    [
        (MEMBER, True),
        (MEMBER + MEMBER, True),
        (MEMBER + foreign_member(b""), True),
        (MEMBER + b"\0\0\0", True),
        (MEMBER + b"\x1f", True),
        (MEMBER + b"{}", False),
        (MEMBER[:-1], False),
        (MEMBER[:-4] + struct.pack("<I", 50), False),
        (MEMBER[:16] + struct.pack("<II", len(MEMBER) - 5, 50) + MEMBER[24:] + MEMBER, False),
    ],
)
def test_length_is_believed_where_something_sensible_follows(data: bytes, *, is_ready: bool) -> None:
    """A member that is cut off, or lies about its length, is read as foreign gzip, line by line."""
    ready = read_ready_member(Blocks(BytesSource(data), Limits(block_bytes=64)), 0)
    assert ready == ((Header(HEADER_BYTES, len(MEMBER), 50), MEMBER) if is_ready else None)


def test_what_is_no_batch_is_not_built() -> None:
    """No member is written that would not be read again as one."""
    with pytest.raises(ValueError, match="0 records"):
        build_member(deflate(b""), 0, 0, 0)
    with pytest.raises(ValueError, match="are not a batch"):
        build_member(bytes(MAX_MEMBER_BYTES), 0, 1, 1)


@pytest.mark.parametrize("at", [-1, -5, len(MEMBER) // 2])
def test_damaged_body_is_not_inflated(at: int) -> None:
    """The checksum and the length in the trailer are held against what was inflated."""
    damaged = bytearray(MEMBER)
    damaged[at] ^= 0x55
    with pytest.raises(GzipError):
        inflate_body(bytes(damaged))


@pytest.mark.parametrize("following", [b"\0" * 20, MEMBER, b"\0\0\1\0", b"junk" + MEMBER[-4:]])
def test_what_follows_a_body_within_its_length_is_damage(following: bytes) -> None:
    """A member whose length takes in what is not its own would be posted with it, and counted without."""
    with pytest.raises(GzipError):
        inflate_body(MEMBER + following)


def test_bomb_is_not_inflated_beyond_what_it_says() -> None:
    """A body that claims few bytes and holds many costs no memory."""
    with pytest.raises(GzipError, match="inflate to more"):
        inflate_body(foreign_member(bytes(50_000_000))[:-4] + struct.pack("<I", 1_000))
