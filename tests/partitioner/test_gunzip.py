"""gzip of any number of members, and all that can be read of a damaged one."""

import gzip
import random
from collections.abc import Callable, Iterator

import pytest

from partitioner.gunzip import Gunzip


def opener(data: bytes, step_bytes: int = 1000) -> Callable[[int], Iterator[bytes]]:
    return lambda start: iter([data[at : at + step_bytes] for at in range(start, len(data), step_bytes)])


def both_ways(data: bytes, step_bytes: int = 1000) -> list[Gunzip]:
    """As a file, which can be opened again, and as stdin, which can't."""
    reopen = opener(data, step_bytes)
    return [Gunzip(reopen(0), reopen), Gunzip(reopen(0))]


TEXTS = [
    b"".join(b"%d line %d\n" % (number, number * number) for number in range(count)) for count in (1, 700, 9)
]
MEMBERS = [gzip.compress(text, mtime=0) for text in TEXTS]


@pytest.mark.parametrize("step_bytes", [1, 7, 100_000])
def test_members_are_one_text(step_bytes: int) -> None:
    """As gzip tools read them, and zeros after the last are padding."""
    for gunzip in both_ways(b"".join(MEMBERS) + b"\0" * 600, step_bytes):
        assert b"".join(gunzip) == b"".join(TEXTS)
        assert gunzip.damage == ""


@pytest.mark.parametrize("step_bytes", [1, 50, 100_000])
def test_of_a_cut_off_file_all_that_is_there_is_read(step_bytes: int) -> None:
    """Cut anywhere: whatever zlib can make of it byte by byte."""
    data = b"".join(MEMBERS)
    for end in random.Random(1).sample(range(len(MEMBERS[0]) + 1, len(data) - len(MEMBERS[2])), 40):
        texts = []
        for gunzip in both_ways(data[:end], step_bytes):
            texts.append(b"".join(gunzip))
            assert b"".join(TEXTS).startswith(texts[-1])
            assert f"cut off: it ends within the gzip member at byte {len(MEMBERS[0])}" in gunzip.damage
        assert texts[0] == texts[1]


def test_a_wrong_checksum_is_named_after_everything_was_read() -> None:
    """The text is all there; that it isn't what was compressed is damage all the same."""
    data = bytearray(MEMBERS[1])
    data[-6] ^= 1
    for gunzip in both_ways(bytes(data)):
        assert b"".join(gunzip) == TEXTS[1]
        assert "damaged at byte" in gunzip.damage


def test_before_a_flipped_bit_everything_is_read() -> None:
    """Of 700 lines, those before the middle of the compressed bytes, and the members before."""
    data = bytearray(MEMBERS[0] + MEMBERS[1])
    middle = len(MEMBERS[0]) + len(MEMBERS[1]) // 2
    data[middle : middle + 40] = b"\xff" * 40
    for gunzip in both_ways(bytes(data), 100_000):
        text = b"".join(gunzip)
        assert text[:5000] == b"".join(TEXTS)[:5000]
        assert gunzip.damage


def test_what_follows_and_is_no_member_is_damage() -> None:
    """Named with its place."""
    for gunzip in both_ways(MEMBERS[0] + b"garbage"):
        assert b"".join(gunzip) == TEXTS[0]
        assert gunzip.damage == f"at byte {len(MEMBERS[0])} a gzip member should begin and doesn't"


def test_a_gzip_bomb_comes_in_pieces() -> None:
    """100 MB out of 100 KB, never more than 9 MB at once."""
    bomb = gzip.compress(b"\0" * 100_000_000)
    for gunzip in both_ways(bomb, 65536):
        sizes = [len(text) for text in gunzip]
        assert sum(sizes) == 100_000_000
        assert max(sizes) < 9_000_000
