"""Whatever bytes a chunk is made of: its lines as anybody reads them, or a refusal that names its place."""

import struct
import zlib

from hypothesis import assume, given
from hypothesis import strategies as st

from function.batches import Limits
from function.errors import NotImportable
from function.records import check
from function.state import Position
from tests.end_to_end.contents import Content, content_of
from tests.fakes.chunk_files import foreign_member, ndjson, ready_member, record
from tests.fakes.depth import deep
from tests.fakes.drawn_chunks import (
    NOW_SECONDS,
    any_lines,
    assert_resumes,
    good_lines,
    read_all,
    read_lines,
)

REASONS = {"not-records", "damaged-gzip", "line-too-long", "no-record"}

texts = st.one_of(
    st.lists(any_lines, max_size=4).map(ndjson),
    st.lists(any_lines, max_size=4).map(b"\n".join),
    st.binary(max_size=40),
    st.just(b""),
)


@st.composite
def odd_members(draw: st.DrawFn) -> bytes:
    """Gzip with any flags, any optional fields, any trailer, whether they belong together or not."""
    flags = draw(st.sampled_from([0, 4, 4, 8, 16, 2, 28, 30]) | st.integers(0, 255))
    header = b"\x1f\x8b" + draw(st.sampled_from([b"\x08", b"\x08", b"\x08", b"\x00"])) + bytes([flags])
    header += draw(st.sampled_from([bytes(6), b"\0\0\0\0\x02\x03"]) | st.binary(min_size=6, max_size=6))
    if flags & 4:
        field = draw(st.binary(max_size=20) | ready_fields())
        length = draw(st.sampled_from([len(field)] * 4 + [0, 1, 0xFFFF]))
        header += struct.pack("<H", length) + field
    for bit in (8, 16):
        if flags & bit:
            header += draw(st.binary(max_size=10)) + draw(st.sampled_from([b"\0", b"\0", b""]))
    if flags & 2:
        header += draw(st.just(struct.pack("<H", zlib.crc32(header) & 0xFFFF)) | st.binary(max_size=2))
    text = draw(texts)
    body = draw(st.just(deflated(text)) | st.just(stored(text)) | st.binary(max_size=40))
    sizes = draw(
        st.just(struct.pack("<II", zlib.crc32(text), len(text)))
        | st.binary(max_size=8)
        | st.just(struct.pack("<II", zlib.crc32(text), len(text) + 1))
    )
    return header + body + sizes


@st.composite
def ready_fields(draw: st.DrawFn) -> bytes:
    length = draw(st.integers(0, 400) | st.sampled_from([15_999_999, 16_000_000, 0xFFFFFFFF]))
    return b"MB" + struct.pack("<HII", 8, length, draw(st.integers(0, 5) | st.just(0xFFFFFFFF)))


@st.composite
def lying_members(draw: st.DrawFn) -> bytes:
    """Send-ready, but for one of the four numbers."""
    member = bytearray(ready_member(draw(st.lists(good_lines, min_size=1, max_size=3))))
    at = draw(st.sampled_from([16, 20, len(member) - 8, len(member) - 4]))
    (number,) = struct.unpack_from("<I", member, at)
    near = st.integers(-40, 40).map(lambda more: max(0, number + more))
    struct.pack_into("<I", member, at, draw(near | st.integers(0, 0xFFFFFFFF)))
    return bytes(member)


def deflated(text: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(text) + stream.flush(zlib.Z_SYNC_FLUSH) + stream.flush()


def stored(text: bytes) -> bytes:
    """With an empty block before and behind each byte's own."""
    blocks = b"".join(b"\0\0\0\xff\xff\0\x01\0\xfe\xff" + bytes([byte]) for byte in text)
    return blocks + b"\x01\0\0\xff\xff"


pieces = st.one_of(
    texts.map(foreign_member),
    st.lists(good_lines, min_size=1, max_size=3).map(ready_member),
    lying_members(),
    odd_members(),
    texts.map(foreign_member).map(foreign_member),
    st.integers(1, 600).map(bytes),
    texts,
)
small_limits = st.builds(
    Limits,
    block_bytes=st.integers(1, 300) | st.just(100_000),
    piece_bytes=st.integers(1, 150),  # never over a line's, as outside of tests
    line_bytes=st.integers(150, 400) | st.just(16_000_000),
    batch_records=st.integers(1, 5),
    batch_bytes=st.integers(400, 900),
)


@st.composite
def objects(draw: st.DrawFn) -> bytes:
    opening = draw(st.sampled_from([foreign_member(record(0) + b"\n"), ready_member([record(0)]), b""]))
    data = bytearray(opening + b"".join(draw(st.lists(pieces, max_size=5))))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3]))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


@deep
@given(objects(), small_limits)
def test_any_object_is_read_or_refused(data: bytes, limits: Limits) -> None:
    """To its end or up to an offset that is named, and from each checkpoint on to the same end."""
    batches, error = read_all(data, Position(), limits)
    assert error is None or error.reason in REASONS
    assert error is None or 0 <= error.offset <= len(data)
    for batch in batches:
        try:
            lines = batch.lines()
        except NotImportable as damage:
            assert (damage.reason, damage.offset) == ("damaged-gzip", batch.start.offset)  # noqa: PT017 (no error is fine too)
        else:
            assert len(lines) == batch.records == len(batch.line_numbers)
    assert_resumes(data, batches, error, limits)


@deep
@given(objects())
def test_what_is_read_is_what_anybody_reads(data: bytes) -> None:
    """With zlib and a split at newlines: no line more, none less, none else, up to what ends it."""
    content = content_of(data)
    limits = Limits()
    batches, error = read_all(data, Position(), limits)
    for batch in batches:
        try:
            batch.lines()
        except NotImportable:
            assume(False)  # a send-ready member that lies is found out when it is opened
    found = [(number, sent, verbatim) for number, sent, verbatim in read_lines(batches)]
    expected = expected_of(content)
    if error is None:
        assert content.is_whole
        assert found == expected
    elif error.reason == "damaged-gzip":
        assert not content.is_whole
        assert found == expected[: len(found)]
    else:
        assert error.reason == "not-records"
        assert found == []


def expected_of(content: Content) -> list[tuple[int, object, bytes]]:
    found: list[tuple[int, object, bytes]] = []
    for line in content.lines:
        if line.ready:
            found.append((line.number, line.content, b""))
            continue
        checked = check([line.content], NOW_SECONDS)
        found += [(line.number, sent, b"") for sent in checked.lines]
        found += [(line.number, flaw, line.content.removesuffix(b"\r")) for _, flaw in checked.flaws]
    return found
