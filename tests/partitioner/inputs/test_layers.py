"""Layers of compression: told by first bytes, and undone whatever they are and wherever reads end."""

import bz2
import gzip
from collections.abc import Callable, Iterator

import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from partitioner.inputs.layers import Plain, Stream, behind, peel, unwrapped

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1, mtime=0),
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "bzip2": bz2.compress,
}
codecs_drawn = st.lists(st.sampled_from([*COMPRESS]), max_size=4)
texts = st.lists(st.binary(max_size=200), max_size=30).map(lambda parts: b"{" + b"\n".join(parts))


def wrapped(text: bytes, codecs: list[str]) -> bytes:
    for codec in reversed(codecs):
        half = len(text) // 2
        text = COMPRESS[codec](text[:half]) + COMPRESS[codec](text[half:])
    return text


def reads(data: bytes, step_bytes: int) -> Iterator[bytes]:
    return (data[at : at + step_bytes] for at in range(0, len(data), step_bytes))


def opened(data: bytes, codecs: list[str], step_bytes: int, *, again: bool) -> Stream:
    reopen = (lambda start: behind(reads(data, step_bytes), start)) if again else None
    return unwrapped(Plain(reads(data, step_bytes)), codecs, reopen)


@given(text=texts, codecs=codecs_drawn, step_bytes=st.integers(1, 3_000), again=st.booleans())
def test_any_layers(text: bytes, codecs: list[str], step_bytes: int, again: bool) -> None:
    """Are found, and give the text; all that is stored was read then."""
    data = wrapped(text, codecs)
    found, begin = peel(lambda told: opened(data, [*told], step_bytes, again=again))
    assert found == tuple(codecs)
    assert text.startswith(begin[:512])
    stream = opened(data, codecs, step_bytes, again=again)
    assert b"".join(stream) == text
    assert stream.damage == ""
    assert stream.bytes_read == len(data)


@given(
    text=texts,
    codecs=codecs_drawn.filter(bool),
    step_bytes=st.integers(1, 3_000),
    again=st.booleans(),
    place=st.floats(0, 1, exclude_max=True),
    change=st.integers(0, 255),
)
@example(text=b"{", codecs=["gzip", "gzip"], step_bytes=1, again=True, place=0.375, change=0)
def test_damage_anywhere(
    text: bytes, codecs: list[str], step_bytes: int, again: bool, place: float, change: int
) -> None:
    """Cut off (no change) or changed: never silent, unless all is there or a whole part is missing.

    With one layer, what is compressed before the damage is all read.
    """
    data = wrapped(text, codecs)
    at = int(place * len(data))
    damaged = data[:at] + (bytes([data[at] ^ change]) + data[at + 1 :] if change else b"")
    stream = opened(damaged, codecs, step_bytes, again=again)
    read = b"".join(stream)
    inner = wrapped(text, codecs[1:])
    first_half = inner[: len(inner) // 2]
    first_bytes = len(COMPRESS[codecs[0]](first_half))
    assert stream.damage or read == text or (not change and at in {0, first_bytes})
    if len(codecs) == 1 and at >= first_bytes:
        assert read.startswith(first_half)
