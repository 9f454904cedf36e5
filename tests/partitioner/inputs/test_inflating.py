"""zstd and bzip2: of any number of frames, and of a damaged one all before the damage."""

import bz2
import random
import struct
from collections.abc import Callable, Iterator

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from partitioner.inputs.bunzip import Bunzip, is_bzip2
from partitioner.inputs.unzstd import Unzstd, is_zstd

Inflater = type[Unzstd] | type[Bunzip]

SKIPPABLE = struct.pack("<II", 0x184D2A53, 5) + b"abcde"
LINES = b"".join(b"%d %x\n" % (number, number**5) for number in range(15_000))


def zstd(text: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3, write_checksum=True).compress(text)


def zstd_streamed(text: bytes) -> bytes:
    """Without the size of its content in the header, in small blocks."""
    compressor = zstandard.ZstdCompressor(level=1, write_checksum=True).compressobj()
    parts = [
        compressor.compress(text[at : at + 700]) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        for at in range(0, len(text), 700)
    ]
    return b"".join(parts) + compressor.flush()


def bzip2(text: bytes) -> bytes:
    return bz2.compress(text, 1)


def reads(data: bytes, step_bytes: int) -> Iterator[bytes]:
    return (data[at : at + step_bytes] for at in range(0, len(data), step_bytes))


def inflated(inflater: Inflater, data: bytes, step_bytes: int = 5_000) -> tuple[bytes, str]:
    stream = inflater(reads(data, step_bytes))
    text = b"".join(stream)
    assert stream.damage or stream.bytes_read == len(data)
    return text, stream.damage


PAIRS: list[tuple[Inflater, Callable[[bytes], bytes]]] = [
    (Unzstd, zstd),
    (Unzstd, zstd_streamed),
    (Bunzip, bzip2),
]
both = pytest.mark.parametrize(("inflater", "deflate"), PAIRS)


@both
@given(texts=st.lists(st.binary(max_size=3_000), max_size=4), step_bytes=st.integers(1, 5_000))
def test_any_frames_in_any_reads(
    inflater: Inflater, deflate: Callable[[bytes], bytes], texts: list[bytes], step_bytes: int
) -> None:
    """Are their texts, one behind the other."""
    data = b"".join(map(deflate, texts))
    assert inflated(inflater, data, step_bytes) == (b"".join(texts), "")


@both
@pytest.mark.parametrize("step_bytes", [997, 1_000_000])
def test_many_blocks(inflater: Inflater, deflate: Callable[[bytes], bytes], step_bytes: int) -> None:
    """Whole, wherever reads end."""
    assert inflated(inflater, deflate(LINES), step_bytes) == (LINES, "")


@both
def test_damage_costs_nothing_before_its_block(inflater: Inflater, deflate: Callable[[bytes], bytes]) -> None:
    """Cut off anywhere: what can be had byte by byte. With one byte changed: at least that."""
    data, chance = deflate(LINES) + deflate(b"more"), random.Random(5)
    for _ in range(20):
        at = chance.randrange(1, len(data) - 30)
        readable = byte_by_byte(inflater, data[:at])
        text, damage = inflated(inflater, data[:at])
        assert text == readable
        assert damage
        changed = data[:at] + bytes([data[at] ^ chance.randrange(1, 256)]) + data[at + 1 :]
        text, damage = inflated(inflater, changed)
        assert text.startswith(readable)
        assert damage or text == LINES + b"more"


def byte_by_byte(inflater: Inflater, data: bytes) -> bytes:
    """What the library gives if it is asked after each byte."""
    text, library = (
        b"",
        bz2.BZ2Decompressor() if inflater is Bunzip else zstandard.ZstdDecompressor().decompressobj(),
    )
    for at in range(len(data)):
        if library.eof:
            return text + byte_by_byte(inflater, data[at:])
        text += library.decompress(data[at : at + 1])
    return text


@both
def test_what_follows_and_is_no_frame_is_damage(
    inflater: Inflater, deflate: Callable[[bytes], bytes]
) -> None:
    """Named with its place."""
    data = deflate(b"text")
    text, damage = inflated(inflater, data + b"garbage, no frame")
    assert text == b"text"
    assert f"at byte {len(data)} a " in damage
    assert "should begin and doesn't" in damage


@both
def test_a_bomb_comes_in_pieces(inflater: Inflater, deflate: Callable[[bytes], bytes]) -> None:
    """20 MB out of little, never more than 1 MiB at once."""
    sizes = [len(text) for text in inflater(reads(deflate(b"\0" * 20_000_000), 65_536))]
    assert sum(sizes) == 20_000_000
    assert max(sizes) <= 1024 * 1024


def test_skippable_frames_are_skipped() -> None:
    """As pzstd and seekable zstd write them, anywhere between frames; one that is cut off is damage."""
    data = SKIPPABLE + zstd(b"a") + SKIPPABLE * 2 + zstd(b"b") + SKIPPABLE
    assert inflated(Unzstd, data, 3) == (b"ab", "")
    assert is_zstd(data)
    text, damage = inflated(Unzstd, data[:-1])
    assert text == b"ab"
    assert "cut off" in damage


def test_a_wrong_checksum_is_named() -> None:
    """All of a zstd frame is there before its checksum; a block of bzip2 is not to be trusted."""
    data = bytearray(zstd(b"text"))
    data[-1] ^= 1
    text, damage = inflated(Unzstd, bytes(data))
    assert text == b"text"
    assert "checksum" in damage


def test_a_window_beyond_all_memory_is_refused() -> None:
    """As zstd's own program does; it says so."""
    parameters = zstandard.ZstdCompressionParameters(window_log=30, compression_level=1)
    data = zstandard.ZstdCompressor(compression_params=parameters).compressobj().compress(LINES * 20)
    assert "memory" in inflated(Unzstd, data)[1]


def test_text_is_no_bzip2() -> None:
    """Though it begins so."""
    assert is_bzip2(bzip2(b"a"))
    assert is_bzip2(bzip2(b""))
    assert not is_bzip2(b"BZh9,column\n")
    assert not is_bzip2(b"BZhours,b\n")
