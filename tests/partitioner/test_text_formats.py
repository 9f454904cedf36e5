"""CSV and JSON arrays through the planner and through `split`: numbers of rows, damage, and going on."""

import csv
import gzip
import io
import json
from pathlib import Path

from partitioner.formats import Csv
from partitioner.formats.csv_rows import read_rows
from partitioner.formats.rows import Unreadable
from partitioner.inputs.find import find_sources
from partitioner.inputs.opener import Opener
from partitioner.lines import split_lines
from partitioner.planner import Planner
from partitioner.segments import Limits, Place, Segment
from partitioner.sources import Stdin
from tests.fakes.exports import TIME_SECONDS, record
from tests.fakes.splitting import rejected, run_split, sent_lines, split_to

MANY = 1_000_000_000
NAMES = ("event", "time", "distinct_id", "note")
MAPPED = ("--map", "event=event", "--map", "time=time", "--map", "distinct_id=distinct_id")


def table(count: int) -> bytes:
    """Every third row goes over two lines."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(NAMES)
    for number in range(count):
        note = f"one,\n{number}" if number % 3 == 0 else "é"
        writer.writerow(("seen", TIME_SECONDS + number, f"u{number}", note))
    return file.getvalue().encode()


def array(count: int) -> bytes:
    return json.dumps([{"event": "seen", "n": number} for number in range(count)], indent=1).encode()


def plan(
    tmp_path: Path, *exports: Path, lines: int, start: tuple[Place, int] = (Place(), 1)
) -> list[Segment]:
    stdin = Stdin(io.BytesIO())
    sources = find_sources([str(each) for each in exports], stdin, tmp_path / "nowhere").sources
    spool = lambda number: tmp_path / f"spool-{number}"  # noqa: E731 (shorter than a function)
    return list(Planner(sources, Opener(stdin), Limits(lines, MANY), spool).segments(*start))


def contents(segments: list[Segment]) -> list[bytes]:
    return [
        b"".join(Path(each.path).read_bytes()[each.start : each.end] for each in segment.pieces)
        for segment in segments
    ]


def test_a_header_is_a_row_and_a_row_is_one_however_many_lines_it_has(tmp_path: Path) -> None:
    """As a table shows them, so that what is named is found."""
    (tmp_path / "a.csv").write_bytes(table(5))
    (tmp_path / "b.json").write_bytes(array(3))
    segments = plan(tmp_path, tmp_path / "a.csv", tmp_path / "b.json", lines=2)
    places = [
        (piece.file[-5:], piece.first_line, piece.lines) for segment in segments for piece in segment.pieces
    ]
    assert places == [("a.csv", 2, 2), ("a.csv", 4, 2), ("a.csv", 6, 1), (".json", 1, 1), (".json", 2, 2)]


def test_going_on_from_any_segment_gives_the_ones_after_it(tmp_path: Path) -> None:
    """A killed run skips what is finished, also in the midst of an array or a table."""
    (tmp_path / "a.csv").write_bytes(table(250))
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(array(300)))
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(table(150)))
    exports = sorted(tmp_path.iterdir())
    whole = plan(tmp_path, *exports, lines=70)
    data = contents(whole)
    for number, segment in enumerate(whole, 1):
        rest = plan(tmp_path, *exports, lines=70, start=(segment.after, number + 1))
        assert contents(rest) == data[number:]
        assert [each.pieces for each in rest] == [each.pieces for each in whole[number:]]
        plan(tmp_path, *exports, lines=70)  # the spools as they were


def test_rows_that_are_none_are_rejected_as_they_stand_in_the_file(tmp_path: Path) -> None:
    """With the number of their row, and what is wrong with them."""
    rows = table(60).decode().split("\n")
    rows[4] += ',"more\nof it"'
    rows.insert(9, 'seen,1,"u')
    (tmp_path / "a.csv").write_text("\n".join(rows), newline="")
    report = split_to(tmp_path / "out", tmp_path / "a.csv", *MAPPED)
    assert report["records"] == 59
    letters = [(each["line"], each["message"], each["raw"]) for each in rejected(tmp_path / "out")]
    assert letters == [
        (4, "must have 4 columns, and has 5", rows[4]),
        (8, "a quoted cell isn't closed", 'seen,1,"u'),
    ]


def test_a_table_that_is_cut_off_gives_its_whole_rows(tmp_path: Path) -> None:
    """The rest is named and kept, its newlines as they are."""
    rows = table(2_000)
    packed = gzip.compress(rows)
    (tmp_path / "a.csv.gz").write_bytes(packed[: len(packed) // 2])
    report = split_to(tmp_path / "out", tmp_path / "a.csv.gz", *MAPPED)
    assert report["records"] > 500
    (damage,) = report["damages"]
    assert "cut off" in damage["message"]
    last = rejected(tmp_path / "out")[-1]
    assert last["line"] == damage["line"]
    assert last["raw"] in rows.decode()


def test_an_array_gives_the_records_that_its_elements_are_alone(tmp_path: Path) -> None:
    """Byte for byte, however they are spread over lines; a broken one is rejected under its number."""
    elements = [record(number, big=123456789012345678901) for number in range(100)]
    broken = b'{"event": "seen", "properties": {"time": no}}'
    (tmp_path / "a.json").write_bytes(
        b"[\n" + b",\n".join([*elements[:40], broken, *elements[40:]]) + b"\n]\n"
    )
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(elements))
    split_to(tmp_path / "array", tmp_path / "a.json")
    split_to(tmp_path / "lines", tmp_path / "a.ndjson")
    assert sent_lines(tmp_path / "array") == sent_lines(tmp_path / "lines")
    assert [(each["line"], each["raw"]) for each in rejected(tmp_path / "array")] == [(41, broken.decode())]


def test_an_array_without_an_end_is_damaged(tmp_path: Path) -> None:
    """What is whole is read; the damage counts as a rejected row and is named."""
    elements = b",".join(record(number) for number in range(100))
    (tmp_path / "a.json").write_bytes(b"[" + elements[:-10])
    ran = run_split(tmp_path / "a.json", "--output", tmp_path / "out", "--as-of", "2024-06-01")
    assert ran.exit_code == 0
    assert "a.json, from line 100 on: the JSON array is cut off: its closing bracket is missing" in ran.out
    assert len(sent_lines(tmp_path / "out")) == 99


def test_a_line_says_by_itself_that_its_quote_is_not_closed() -> None:
    """A worker sees only its own piece."""
    rows = read_rows(split_lines(b'1,"2\xff\n3,4\n'), Csv(("a", "b")))
    assert isinstance(rows[0], Unreadable)
    assert rows[1] == {"a": 3, "b": 4}
