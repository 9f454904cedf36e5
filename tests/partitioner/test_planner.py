"""Segments: record-exact, and the same however the input is read."""

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partitioner.draft import ADDED_BYTES, fit
from partitioner.inputs.find import find_sources
from partitioner.inputs.opener import Opener
from partitioner.lines import Block, count_lines
from partitioner.planner import Planner
from partitioner.segments import Limits, Place, Segment
from partitioner.sources import Stdin

MANY = 1_000_000_000


def plan(
    tmp_path: Path,
    *exports: Path | str,
    lines: int = MANY,
    chunk_bytes: int = MANY,
    stdin: bytes = b"",
    start: tuple[Place, int] = (Place(), 1),
) -> list[Segment]:
    stream = Stdin(io.BytesIO(stdin))
    sources = find_sources([str(export) for export in exports], stream, tmp_path / "nowhere").sources
    planner = Planner(
        sources, Opener(stream), Limits(lines, chunk_bytes), lambda number: tmp_path / f"spool-{number}"
    )
    return list(planner.segments(*start))


def contents(segments: list[Segment]) -> list[bytes]:
    return [
        b"".join(Path(piece.path).read_bytes()[piece.start : piece.end] for piece in segment.pieces)
        for segment in segments
    ]


def numbered(count: int) -> bytes:
    return b"".join(b'{"n":%d}\n' % number for number in range(count))


@given(
    st.lists(st.integers(0, 40), max_size=30),
    st.integers(0, 20),
    st.integers(0, 2_000),
    st.booleans(),
)
def test_as_many_lines_fit_as_counting_one_by_one_allows(
    sizes: list[int], lines: int, limit_bytes: int, unfinished: bool
) -> None:
    """The search within a block finds exactly the border that adding line by line does."""
    data = b"".join(b"x" * size + b"\n" for size in sizes) + (b"x" if unfinished else b"")
    expected_end = expected_lines = used_bytes = 0
    for line in data.splitlines(keepends=True):
        used_bytes += len(line) + ADDED_BYTES
        if expected_lines + 1 > lines or used_bytes > limit_bytes:
            break
        expected_end, expected_lines = expected_end + len(line), expected_lines + 1
    assert fit(Block(data, 0, len(data)), 0, Limits(lines, limit_bytes)) == (expected_end, expected_lines)


def test_borders_count_lines_of_the_input(tmp_path: Path) -> None:
    """Blank lines and lines that are no records count like any other."""
    (tmp_path / "a").write_bytes(b'{"a":1}\n\nnoise\n{"a":2}\n\n{"a":3}')
    segments = plan(tmp_path, tmp_path / "a", lines=2)
    assert contents(segments) == [b'{"a":1}\n\n', b'noise\n{"a":2}\n', b'\n{"a":3}']
    assert [segment.pieces[0].first_line for segment in segments] == [1, 3, 5]


def test_small_files_share_a_segment(tmp_path: Path) -> None:
    """Each with its own line numbers; a file's last line needs no newline."""
    for name in "abc":
        (tmp_path / name).write_bytes(b'{"a":1}\n{"a":2}')
    (segment,) = plan(tmp_path, tmp_path / "a", tmp_path / "b", tmp_path / "c")
    assert [(piece.file[-1], piece.first_line, piece.lines) for piece in segment.pieces] == [
        ("a", 1, 2),
        ("b", 1, 2),
        ("c", 1, 2),
    ]


def test_a_segment_holds_its_limit_of_bytes_with_what_may_be_added(tmp_path: Path) -> None:
    """A chunk of 200 MB is one as sent, with ids and all."""
    (tmp_path / "a").write_bytes(numbered(1000))
    segments = plan(tmp_path, tmp_path / "a", chunk_bytes=5_000)
    assert b"".join(contents(segments)) == numbered(1000)
    assert all(len(data) + ADDED_BYTES * count_lines(data) <= 5_000 for data in contents(segments))


def test_a_line_over_the_limit_is_a_segment(tmp_path: Path) -> None:
    """Nothing is too long to be judged."""
    (tmp_path / "a").write_bytes(b'{"a":1}\n{"a":"' + b"x" * 5_000 + b'"}\n{"a":3}\n')
    assert [count_lines(data) for data in contents(plan(tmp_path, tmp_path / "a", chunk_bytes=500))] == [
        1,
        1,
        1,
    ]


@pytest.mark.parametrize("form", ["gzip", "stdin", "gzip on stdin", "with a mark"])
def test_borders_are_the_same_in_every_form(tmp_path: Path, form: str) -> None:
    """Plain or inflated, read at once or as it comes."""
    data = numbered(50_000)
    (tmp_path / "plain").write_bytes(data)
    expected = contents(plan(tmp_path, tmp_path / "plain", lines=7_777))
    packed = gzip.compress(data)
    if form == "gzip":
        (tmp_path / "other").write_bytes(packed)
    if form == "with a mark":
        (tmp_path / "other").write_bytes(b"\xef\xbb\xbf" + data)
    stdin = {"stdin": data, "gzip on stdin": packed}.get(form)
    export = tmp_path / "other" if stdin is None else "-"
    assert contents(plan(tmp_path, export, lines=7_777, stdin=stdin or b"")) == expected


def test_going_on_from_any_segment_gives_the_ones_after_it(tmp_path: Path) -> None:
    """Across files, in each form; this is how a killed run skips what is finished."""
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbf" + numbered(250))
    (tmp_path / "b").write_bytes(gzip.compress(numbered(300)))
    (tmp_path / "c").write_bytes(numbered(150))
    exports = [tmp_path / name for name in "abc"]
    whole = plan(tmp_path, *exports, lines=70)
    data = contents(whole)
    for number, segment in enumerate(whole, 1):
        rest = plan(tmp_path, *exports, lines=70, start=(segment.after, number + 1))
        assert contents(rest) == data[number:]
        assert [each.pieces for each in rest] == [each.pieces for each in whole[number:]]
        plan(tmp_path, *exports, lines=70)  # the spools as they were


def test_damage_stands_with_the_last_lines_before_it(tmp_path: Path) -> None:
    """Also where there is none before it."""
    packed = gzip.compress(numbered(1000))
    (tmp_path / "a").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "b").write_bytes(packed[:12])
    (tmp_path / "c").write_bytes(numbered(3))
    segments = plan(tmp_path, *(tmp_path / name for name in "abc"))
    first, second, third = segments[0].pieces
    assert first.lines > 100
    assert "cut off" in first.damage
    assert (second.lines, second.first_line, second.start) == (0, 1, second.end)
    assert "cut off" in second.damage
    assert third.damage == ""


def test_segments_come_one_by_one(tmp_path: Path) -> None:
    """What is asked for is read; so spools are bounded by who asks."""
    (tmp_path / "a").write_bytes(gzip.compress(numbered(100)))
    begun: list[int] = []

    def begin(number: int) -> Path:
        begun.append(number)
        return tmp_path / f"spool-{number}"

    stdin = Stdin(io.BytesIO())
    sources = find_sources([str(tmp_path / "a")], stdin, tmp_path / "nowhere").sources
    segments = Planner(sources, Opener(stdin), Limits(10, MANY), begin).segments(Place(), 1)
    next(segments)
    assert begun == [1]
