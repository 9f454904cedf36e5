"""Pieces of text become lines."""

from collections.abc import Iterator

import google_crc32c
import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.blocks import Blocks, Limits, Piece, read_plain
from function.errors import NotImportable
from function.ndjson import Lines
from function.state import Position
from tests.fakes.bytes_source import BytesSource


def lines_in(data: bytes, piece_bytes: int, start: Position = Position(), line_bytes: int = 100) -> Lines:  # noqa: B008 (frozen)
    limits = Limits(piece_bytes=piece_bytes)
    return Lines(read_plain(Blocks(BytesSource(data), limits), start), start, line_bytes)


@given(
    st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b"")), max_size=9), st.integers(1, 20)
)
def test_lines_come_as_they_are(texts: list[bytes], piece_bytes: int) -> None:
    """However the pieces fall, with or without a newline at the end; each place has its checksum."""
    for data in (b"".join(text + b"\n" for text in texts), b"\n".join(texts)):
        expected = data.split(b"\n")
        expected = expected if expected[-1] else expected[:-1]
        lines = lines_in(data, piece_bytes)
        taken = []
        for _ in expected:
            lines.fill(1, 1)
            taken.append(lines.waiting[0])
            lines.take(1)
            before = b"".join(text + b"\n" for text in taken)[: len(data)]
            assert lines.position == Position(len(before), 0, len(taken), google_crc32c.value(before))
        assert (taken, lines.waiting, lines.ended) == (expected, [], True if expected else lines.ended)


def test_fills_no_further_than_asked_for() -> None:
    """Lines ahead of what is wanted stay in the object."""
    lines = lines_in(b"a\n" * 100, piece_bytes=10)
    lines.fill(7, 1_000)
    assert len(lines.waiting) == 10
    lines.fill(1_000, 25)
    assert len(lines.waiting) == 15
    lines.fill(1_000, 1_000)
    assert (len(lines.waiting), lines.ended) == (100, True)


def test_goes_on_from_a_place() -> None:
    """A place holds the number of lines before it."""
    data = b"one\ntwo\nthree"
    lines = lines_in(data, 5)
    lines.fill(2, 100)
    lines.take(2)
    again = lines_in(data, 4, lines.position)
    again.fill(9, 100)
    assert again.waiting == [b"three"]
    again.take(1)
    assert again.position == Position(len(data), 0, 3, google_crc32c.value(data))


def test_what_damage_cuts_through_is_no_line() -> None:
    """All complete lines before it are given, and its own error is kept for later."""
    damage = NotImportable("damaged-gzip", "broken", 9)

    def pieces() -> Iterator[Piece]:
        yield Piece(b"one\ntw", 0, 0, 0, plain=False)
        yield Piece(b"o\nthr", 0, 6, 0, plain=False)
        raise damage

    lines = Lines(pieces(), Position(), 100)
    lines.fill(9, 100)
    assert (lines.waiting, lines.ended, lines.damage) == ([b"one", b"two"], True, damage)
    lines.take(2)
    assert lines.position == Position(0, 8, 2, 0)


@pytest.mark.parametrize("piece_bytes", [1, 7, 50])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_line_that_is_too_long_ends_them(piece_bytes: int, end: bytes) -> None:
    """To the byte, and with the place of its beginning."""
    whole = lines_in(b"a\n" + b"x" * 100 + end, piece_bytes)
    whole.fill(9, 1_000)
    assert (len(whole.waiting), whole.damage) == (2, None)
    lines = lines_in(b"a\n" + b"x" * 101 + end, piece_bytes)
    lines.fill(9, 1_000)
    assert lines.waiting == [b"a"]
    assert lines.damage is not None
    assert (lines.damage.reason, lines.damage.offset) == ("line-too-long", 2)
    assert "line 2 " in str(lines.damage)
