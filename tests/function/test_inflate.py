"""Foreign gzip in pieces."""

import gzip
import struct
import zlib
from collections.abc import Iterator

import google_crc32c
import pytest

from function.blocks import Blocks, Limits, Piece
from function.errors import NotImportable, UnreadableState
from function.inflate import read_members
from function.state import Position
from tests.fakes.bytes_source import BytesSource
from tests.fakes.chunk_files import foreign_member, ndjson, ready_member, record

TEXT = ndjson(record(number) for number in range(300))


def pieces_of(
    data: bytes,
    start: Position = Position(),  # noqa: B008 (frozen)
    block_bytes: int = 1_000,
    piece_bytes: int = 1_000,
) -> Iterator[Piece]:
    return read_members(
        Blocks(BytesSource(data), Limits(block_bytes=block_bytes, piece_bytes=piece_bytes)), start
    )


@pytest.mark.parametrize("block_bytes", [1, 3, 17, 64_000])
@pytest.mark.parametrize("fields", range(8))
def test_optional_header_fields_are_read_over(block_bytes: int, fields: int) -> None:
    """In whatever blocks the header comes."""
    member = foreign_member(
        TEXT,
        name=b"export.json" if fields & 1 else b"",
        extra=b"AB\x01\x00\x00" if fields & 2 else b"",
        header_crc=bool(fields & 4),
    )
    pieces = list(pieces_of(member, block_bytes=block_bytes))
    assert b"".join(piece.text for piece in pieces) == TEXT == gzip.decompress(member)


def test_pieces_are_bounded_and_know_their_place() -> None:
    """Text and bytes inflated before it; behind the last one an empty piece with the checksum of all."""
    data = foreign_member(TEXT[:10_000]) + foreign_member(TEXT[10_000:])
    second = len(foreign_member(TEXT[:10_000]))
    pieces = list(pieces_of(data))
    assert max(len(piece.text) for piece in pieces) == 1_000
    assert [piece.inflated for piece in pieces[:10]] == list(range(0, 10_000, 1_000))
    assert (pieces[10].offset, pieces[10].inflated) == (second, 0)
    assert pieces[10].crc32c == google_crc32c.value(data[:second])
    assert pieces[-1] == Piece(b"", len(data), 0, google_crc32c.value(data), plain=False)


def test_goes_on_inside_a_member() -> None:
    """What was inflated before is inflated again, and not given."""
    data = foreign_member(TEXT)
    for skip in (1, 999, 1_000, 1_001, len(TEXT) - 1, len(TEXT)):
        pieces = list(pieces_of(data, Position(0, skip)))
        assert b"".join(piece.text for piece in pieces) == TEXT[skip:]
        assert pieces[0].inflated == skip or skip == len(TEXT)
        assert pieces[-1].crc32c == google_crc32c.value(data)


def test_stops_at_a_send_ready_member() -> None:
    """Which is read another way, from the place that the last piece names."""
    data = foreign_member(TEXT) + ready_member([record(1)]) + foreign_member(TEXT)
    last = list(pieces_of(data))[-1]
    assert (last.text, last.offset) == (b"", len(foreign_member(TEXT)))


def test_place_beyond_its_member_is_unreadable_state() -> None:
    """Such a checkpoint was not made from this object: its bytes may not be skipped in silence."""
    with pytest.raises(UnreadableState):
        list(pieces_of(foreign_member(TEXT), Position(0, len(TEXT) + 1)))


@pytest.mark.parametrize(
    ("data", "offset", "what"),
    [
        (foreign_member(TEXT)[:500], 500, "cut off"),
        (foreign_member(TEXT)[:-1], len(foreign_member(TEXT)) - 1, "cut off"),
        (foreign_member(b"", name=b"n" * 700)[:600], 600, "cut off"),
        (foreign_member(b"", name=b"n" * 2_000_000), 0, "damaged"),
        (foreign_member(TEXT) + b"text", len(foreign_member(TEXT)), "followed by something else"),
        (foreign_member(TEXT)[:-4] + struct.pack("<I", 7), len(foreign_member(TEXT)) - 1, "damaged"),
    ],
    ids=["stream", "trailer", "header", "endless name", "text behind it", "wrong length"],
)
def test_damage_is_named_with_its_offset(data: bytes, offset: int, what: str) -> None:
    """And comes after all the text before it."""
    found: list[Piece] = []
    with pytest.raises(NotImportable, match=what) as caught:
        found.extend(pieces_of(data))
    assert (caught.value.reason, caught.value.offset) == ("damaged-gzip", offset)
    text = b"".join(piece.text for piece in found)
    assert TEXT.startswith(text)
    assert text.startswith(zlib.decompressobj(31).decompress(data[:-8])[: len(TEXT)])


def test_bomb_comes_in_pieces() -> None:
    """A million zeros to the kilobyte: no piece is larger for it."""
    sizes = [len(piece.text) for piece in pieces_of(foreign_member(bytes(20_000_000)), piece_bytes=100_000)]
    assert (max(sizes), sum(sizes)) == (100_000, 20_000_000)
