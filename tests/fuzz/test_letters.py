"""Rejected records that come back for another try, mended by hand or not: none is lost, none is doubled."""

import gzip
import io
import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.records import check
from function.state import DeadLetter, decode_dead_letter, encode_dead_letter
from partitioner.inputs.find import find_sources
from partitioner.inputs.opener import Opener
from partitioner.jobs import Recipe
from partitioner.planner import Planner
from partitioner.segments import Limits, Place
from partitioner.sources import Stdin
from partitioner.work import Work
from partitioner.write import write_chunk
from tests.fakes.depth import deep
from tests.fakes.exports import TIME_SECONDS, record
from tests.fakes.json_edits import as_bytes, edited

pytestmark = pytest.mark.slow

NOW_SECONDS = TIME_SECONDS + 86_400.0

contents = st.one_of(
    st.integers(0, 9).map(record),
    st.integers(0, 9).map(lambda number: record(number, time=None)),
    st.binary(max_size=30),
    st.sampled_from([b"", b"{}", b" {} \r", b'{"event":"a"', b'{"event":\n"a"}', b'{"line":1}', b"\xff"]),
)
letters = st.builds(
    DeadLetter,
    contents,
    line=st.integers(1, 2**40),
    field=st.text(max_size=5),
    message=st.text(max_size=5),
    file=st.text(max_size=5),
).map(encode_dead_letter)
edited_letters = letters.flatmap(lambda letter: edited(json.loads(letter))).map(as_bytes)
other_lines = contents.map(lambda content: content.replace(b"\n", b""))


@deep
@given(letters, st.lists(letters | edited_letters | other_lines, max_size=8), st.booleans())
def test_each_line_is_taken_out_and_judged_once(first: bytes, more: list[bytes], is_gzip: bool) -> None:
    """A line that is a letter stands for what it wraps, any other for itself."""
    lines = [line.removesuffix(b"\n") for line in (first, *more)]
    text = b"\n".join(lines)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "letters").write_bytes(gzip.compress(text) if is_gzip else text)
        stdin = Stdin(io.BytesIO())
        (source,) = find_sources([str(folder / "letters")], stdin, folder / "out").sources
        assert source.holds_letters
        work = Work(folder, folder / "_work")
        work.make()
        recipe = Recipe("any", NOW_SECONDS, 4, 1_000, 3, 2_000_000, keep_copies=True)
        planner = Planner([source], Opener(stdin), Limits(4, 1_000), work.spool)
        finished = [write_chunk(segment, recipe, work) for segment in planner.segments(Place(), 1)]
        sent = [
            line
            for each in finished
            if each.chunk
            for line in gzip.decompress(work.draft(each.segment.number).read_bytes()).split(b"\n")[:-1]
        ]
        rejected = [
            json.loads(line)
            for path in sorted(folder.glob("_rejected/*"))
            for line in gzip.decompress(path.read_bytes()).split(b"\n")[:-1]
        ]
    checked = check([wrapped_in(line) for line in lines], NOW_SECONDS)
    assert sent == checked.lines
    expected = Counter((index + 1, flaw.field, flaw.message) for index, flaw in checked.flaws)
    assert Counter((each["line"], each["field"], each["message"]) for each in rejected) == expected
    assert sum(each.chunk.records for each in finished if each.chunk) == len(sent)
    assert sum(each.rejected for each in finished) == len(rejected)


def wrapped_in(line: bytes) -> bytes:
    content = decode_dead_letter(line)
    return line if content is None or b"\n" in content else content
