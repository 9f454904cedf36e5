"""Chunks drawn at random, and what must become of their lines."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
        lines = draw(st.lists(any_lines, max_size=6))
        text = begin + ndjson(lines)
        text = text[: len(text) - (draw(st.booleans()) and bool(lines))]
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
