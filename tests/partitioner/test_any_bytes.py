"""Whatever an export holds, each of its lines is sent once or rejected once, with a reason."""

import gzip
import io
import json
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from function.records import check
from function.state import decode_dead_letter
from partitioner.inputs.opener import Opener
from partitioner.jobs import Recipe
from partitioner.planner import Planner
from partitioner.segments import Limits, Place
from partitioner.sources import Source, Stdin
from partitioner.work import Work
from partitioner.write import write_chunk
from tests.fakes.exports import TIME_SECONDS, record

NOW_SECONDS = TIME_SECONDS + 86_400.0

LINES = st.one_of(
    st.builds(record, st.integers(0, 5)),
    st.builds(lambda number: record(number, **{"$insert_id": None, "ip": None}), st.integers(0, 5)),
    st.builds(lambda number: record(number, time=None), st.integers(0, 5)),
    st.binary(max_size=20).map(lambda data: data.replace(b"\n", b"")),
    st.sampled_from([b"", b" \r", b"{}", b"null", b'{"event":"a"', record(1) + b"\r"]),
)


@st.composite
def files(draw: st.DrawFn) -> list[tuple[bytes, bool]]:
    """Lines, cut into files anywhere; each with whether it is gzip."""
    data = b"\n".join(draw(st.lists(LINES, max_size=30)))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    return [(data[start:end], draw(st.booleans())) for start, end in pairwise([0, *cuts, len(data)])]


def packed(data: bytes, member_bytes: int) -> bytes:
    members = [gzip.compress(data[at : at + member_bytes]) for at in range(0, len(data), member_bytes)]
    return b"".join(members) or gzip.compress(b"")


def content_of(letter: dict[str, Any]) -> bytes:
    content = decode_dead_letter(json.dumps(letter).encode())
    return b"" if content is None else content


@settings(deadline=None)
@given(
    files(),
    st.integers(1, 60),
    st.integers(1, 9),
    st.integers(100, 3_000),
    st.integers(1, 4),
)
def test_each_line_is_sent_once_or_rejected_once(
    parts: list[tuple[bytes, bool]], member_bytes: int, lines: int, chunk_bytes: int, batch_records: int
) -> None:
    """Whatever the bytes, and wherever they are cut into files, gzip members, segments and batches."""
    recipe = Recipe("any", NOW_SECONDS, lines, chunk_bytes, batch_records, 2_000_000, keep_copies=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Work(Path(folder), Path(folder) / "_work")
        work.make()
        sources = []
        for number, (data, is_gzip) in enumerate(parts):
            path = Path(folder) / f"file-{number}"
            path.write_bytes(packed(data, member_bytes) if is_gzip else data)
            sources.append(Source(str(path), codecs=("gzip",) if is_gzip else ()))
        planner = Planner(sources, Opener(Stdin(io.BytesIO())), Limits(lines, chunk_bytes), work.spool)
        finished = [write_chunk(segment, recipe, work) for segment in planner.segments(Place(), 1)]
        sent = [line for each in finished for line in inflated(work.draft(each.segment.number))]
        rejected = [
            json.loads(line) for path in sorted(Path(folder).glob("_rejected/*")) for line in inflated(path)
        ]
    expected_sent: list[bytes] = []
    expected_rejected: Counter[tuple[str, int, str]] = Counter()
    for source, (data, _) in zip(sources, parts, strict=True):
        text = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        checked = check(text, NOW_SECONDS)
        expected_sent += checked.lines
        expected_rejected.update((source.file, index + 1, flaw.message) for index, flaw in checked.flaws)
    assert sent == expected_sent
    assert Counter((each["file"], each["line"], each["message"]) for each in rejected) == expected_rejected
    for each in rejected:
        (data, _) = parts[int(each["file"].rsplit("-", 1)[1])]
        line = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")[each["line"] - 1]
        assert "record" in each or content_of(each) == line
    assert sum(each.rejected for each in finished) == len(rejected)
    assert sum(each.chunk.records for each in finished if each.chunk) == len(sent)


def inflated(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).split(b"\n")[:-1] if path.exists() else []


@settings(deadline=None)
@given(st.lists(LINES, min_size=1, max_size=20), st.data())
def test_of_gzip_cut_off_or_spoiled_what_is_sent_stands_in_it(
    lines: list[bytes], data: st.DataObject
) -> None:
    """A prefix of the lines, as they are, then exactly one rejected line that says what is wrong."""
    whole = gzip.compress(b"\n".join(lines) + b"\n")
    spoiled = bytearray(whole[: data.draw(st.integers(10, len(whole) - 1))])
    recipe = Recipe("any", NOW_SECONDS, 5, 1_000_000, 3, 2_000_000, keep_copies=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Work(Path(folder), Path(folder) / "_work")
        work.make()
        path = Path(folder) / "file"
        path.write_bytes(spoiled)
        source = Source(str(path), codecs=("gzip",))
        planner = Planner([source], Opener(Stdin(io.BytesIO())), Limits(5, 1_000_000), work.spool)
        finished = [write_chunk(segment, recipe, work) for segment in planner.segments(Place(), 1)]
        sent = [line for each in finished for line in inflated(work.draft(each.segment.number))]
    good = check(lines, NOW_SECONDS).lines
    assert sent == good[: len(sent)]
    (damage,) = [damage for each in finished for damage in each.damages]
    assert "cut off" in damage.message
