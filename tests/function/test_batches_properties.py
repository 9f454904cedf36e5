"""Whatever a chunk is made of and wherever its reading begins again: each line once, in order, none lost."""

import itertools
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import google_crc32c
from hypothesis import given, settings
from hypothesis import strategies as st

from function.batches import Batch, Limits, read_batches
from function.errors import NotImportable
from function.records import Flaw, check
from function.state import Position
from tests.fakes.bytes_source import BytesSource
from tests.fakes.chunk_files import foreign_member, ndjson, ready_member, record

NOW_SECONDS = 1_800_000_000.0
BOM = b"\xef\xbb\xbf"

good_lines = st.builds(record, st.integers(0, 99), st.integers(0, 60))
flawed_lines = st.sampled_from(
    [
        b"oops",
        b"[1]",
        b"{}",
        b'{"event":"seen"}',
        b"\xff\xfe{}",
        b'{"event":"seen","properties":{"time":5}}',
        b'{"event":"seen","properties":{"time":1e99}}',
    ]
)
mended_lines = st.sampled_from(
    [
        b'{"event":"seen","properties":{"time":1700000000}}',
        b' { "event" : "seen" , "properties" : { "time" : 1700000001 , "$insert_id" : "(not set)" } }\t',
        b'{"event":"seen","properties":{"time":1700000002,"$insert_id":12}}\r',
    ]
)
blank_lines = st.sampled_from([b"", b"\r", b" \t"])
crlf_lines = (good_lines | flawed_lines).map(lambda line: line + b"\r")
any_lines = st.one_of(good_lines, good_lines, mended_lines, flawed_lines, blank_lines, crlf_lines)
sizes = st.integers(1, 300) | st.just(100_000)
limits = st.builds(
    Limits,
    block_bytes=sizes,
    piece_bytes=sizes,
    batch_records=st.integers(1, 5),
    batch_bytes=st.integers(400, 900),
)
short_line_limits = st.builds(
    Limits,
    block_bytes=sizes,
    piece_bytes=st.integers(1, 100),
    line_bytes=st.integers(110, 150),
    batch_records=st.integers(1, 3),
)


@dataclass(frozen=True)
class Ready:
    records: Sequence[bytes]


@dataclass(frozen=True)
class Made:
    """A chunk's bytes, and its lines in runs that nothing spans."""

    data: bytes
    runs: Sequence[bytes | Ready]


@st.composite
def plain_chunks(draw: st.DrawFn) -> Made:
    text = (
        draw(st.sampled_from([b"", BOM])) + record(0) + b"\n" + ndjson(draw(st.lists(any_lines, max_size=12)))
    )
    text = text[: len(text) - draw(st.booleans())]
    return Made(text, [text])


@st.composite
def gzip_chunks(draw: st.DrawFn) -> Made:
    runs: list[bytes | Ready] = []
    data = []
    begin = draw(st.sampled_from([b"", BOM])) + record(0) + b"\n"
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            ready = Ready(draw(st.lists(good_lines, min_size=1, max_size=3)))
            runs.append(ready)
            data.append(ready_member(ready.records))
            begin = b""
            continue
        text = begin + ndjson(draw(st.lists(any_lines, max_size=6)))
        text = text[: len(text) - draw(st.booleans())]
        begin = b""
        cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
        for start, end in itertools.pairwise([0, *cuts, len(text)]):
            optional = {
                "name": draw(st.sampled_from([b"", b"a.json"])),
                "extra": draw(st.sampled_from([b"", b"BC\0\0"])),
            }
            data.append(foreign_member(text[start:end], **optional, header_crc=draw(st.booleans())))
            data.append(bytes(draw(st.sampled_from([0, 0, 0, 3]))))
        if runs and isinstance(runs[-1], bytes):
            runs[-1] += text
        else:
            runs.append(text)
    return Made(b"".join(data), runs)


Line = tuple[int, bytes | Flaw, bytes]


def expected_lines(runs: Iterable[bytes | Ready]) -> list[Line]:
    """What becomes of each line, judged one by one: (number, sent or flaw, verbatim where rejected)."""
    found: list[Line] = []
    number = 0
    for run in runs:
        lines = run.records if isinstance(run, Ready) else lines_of(run)
        for line in lines:
            number += 1
            text = line.removeprefix(BOM) if number == 1 else line
            checked = check([text], NOW_SECONDS)
            found += [(number, sent, b"") for sent in checked.lines]
            found += [(number, flaw, text.removesuffix(b"\r")) for _, flaw in checked.flaws]
    return found


def lines_of(text: bytes) -> list[bytes]:
    lines = text.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def read_lines(batches: Iterable[Batch]) -> list[Line]:
    found: list[Line] = []
    for batch in batches:
        lines = batch.lines()
        assert len(lines) == batch.records == len(batch.line_numbers)
        assert sum(map(len, lines)) + len(lines) == batch.json_bytes
        found += [(number, line, b"") for number, line in zip(batch.line_numbers, lines, strict=True)]
        found += [(each.line, each.flaw, each.content) for each in batch.rejections]
    return sorted(found, key=lambda line: line[0])


def read_all(data: bytes, start: Position, limits: Limits) -> tuple[list[Batch], NotImportable | None]:
    found: list[Batch] = []
    try:
        for batch in read_batches(BytesSource(data), start, lambda: NOW_SECONDS, limits):
            found.append(batch)  # noqa: PERF402 (what came before the error counts)
    except NotImportable as error:
        return found, error
    return found, None


def assert_resumes(data: bytes, batches: list[Batch], error: NotImportable | None, limits: Limits) -> None:
    """From the start and the end of each batch come exactly the batches that followed, and the same end."""
    for index, batch in enumerate(batches):
        for start, rest in ((batch.start, batches[index:]), (batch.end, batches[index + 1 :])):
            again, again_error = read_all(data, start, limits)
            assert again == rest
            assert (error and (error.reason, error.offset)) == (
                again_error and (again_error.reason, again_error.offset)
            )


@settings(deadline=None)
@given(plain_chunks() | gzip_chunks(), limits)
def test_each_line_is_sent_or_rejected_once(made: Made, limits: Limits) -> None:
    """All lines are accounted for, in batches within their limits, up to the whole object's checksum."""
    batches, error = read_all(made.data, Position(), limits)
    assert error is None
    assert read_lines(batches) == expected_lines(made.runs)
    assert [batch.start for batch in batches] == [Position(), *(batch.end for batch in batches[:-1])]
    end = batches[-1].end
    assert (end.offset, end.inflated, end.crc32c) == (len(made.data), 0, google_crc32c.value(made.data))
    for batch in batches:
        is_ready = made.data[batch.start.offset + 3 : batch.start.offset + 4] == b"\x04"
        assert batch.records <= (3 if is_ready else limits.batch_records)
        assert batch.json_bytes <= limits.batch_bytes or is_ready


@settings(deadline=None)
@given(plain_chunks() | gzip_chunks(), limits)
def test_reading_goes_on_from_any_batch(made: Made, limits: Limits) -> None:
    """A batch depends on what follows its start alone, so that a checkpoint is all that need be kept."""
    batches, error = read_all(made.data, Position(), limits)
    assert_resumes(made.data, batches, error, limits)


@settings(deadline=None)
@given(plain_chunks() | gzip_chunks(), short_line_limits)
def test_line_beyond_all_limits_ends_the_chunk(made: Made, limits: Limits) -> None:
    """All lines before it are read, and each checkpoint leads to the same end."""
    batches, error = read_all(made.data, Position(), limits)
    texts = [line for run in made.runs if isinstance(run, bytes) for line in lines_of(run)]
    has_one = any(len(text) > limits.line_bytes for text in texts)
    assert (error and error.reason) == ("line-too-long" if has_one else None)
    lines = expected_lines(made.runs)
    end = batches[-1].end if batches else Position()
    assert read_lines(batches) == [line for line in lines if line[0] <= end.line]
    assert_resumes(made.data, batches, error, limits)


@settings(deadline=None)
@given(plain_chunks() | gzip_chunks(), limits, limits)
def test_reading_goes_on_with_other_blocks(made: Made, limits: Limits, other: Limits) -> None:
    """What is sent does not depend on how the object's bytes come in, before a checkpoint or behind it."""
    batches, _ = read_all(made.data, Position(), limits)
    for batch in batches:
        again, error = read_all(made.data, batch.end, other)
        assert error is None
        assert read_lines(again) == [line for line in expected_lines(made.runs) if line[0] > batch.end.line]
        assert (again or [batch])[-1].end == batches[-1].end


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
