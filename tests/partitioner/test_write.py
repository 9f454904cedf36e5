"""One segment becomes one chunk, and what is no record becomes rejected records."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec

from function.state import DeadLetter, encode_dead_letter
from partitioner.jobs import Damage, Finished, Recipe
from partitioner.lines import MAX_LINE_BYTES
from partitioner.segments import Piece, Place, Segment
from partitioner.work import Work
from partitioner.write import write_chunk
from tests.fakes.exports import TIME_SECONDS, ndjson, record, records

RECIPE = Recipe("export", TIME_SECONDS + 86_400, 200_000, 200_000_000, 2_000, 2_000_000, keep_copies=False)


def write(
    folder: Path, data: bytes, *, holds_letters: bool = False, damage: str = "", output: Path | None = None
) -> Finished:
    output = output or folder
    path = folder / "input"
    path.write_bytes(data)
    work = Work(output, output / "_work")
    work.make()
    piece = Piece("input", str(path), 0, len(data), 1, data.count(b"\n"), holds_letters, damage)
    return write_chunk(Segment(7, (piece,), Place(), 0), RECIPE, work)


def letters(folder: Path) -> list[dict[str, Any]]:
    data = gzip.decompress((folder / "_rejected" / "export-00007.ndjson.gz").read_bytes())
    return [json.loads(line) for line in data.splitlines()]


def chunk_lines(folder: Path, finished: Finished) -> list[bytes]:
    assert finished.chunk
    return gzip.decompress((folder / finished.chunk.name).read_bytes()).splitlines()


def test_each_line_is_sent_or_rejected_with_its_place(tmp_path: Path) -> None:
    """Blank lines are neither; what is sent is the line as it was."""
    lines = [record(1), b"", b"noise", record(2) + b"\r", record(3, time=None)]
    finished = write(tmp_path, b"\n".join(lines))
    assert chunk_lines(tmp_path, finished) == [record(1), record(2)]
    assert [(each["line"], each["file"], each.get("raw")) for each in letters(tmp_path)] == [
        (3, "input", "noise"),
        (5, "input", None),
    ]
    assert letters(tmp_path)[1]["record"] == json.loads(record(3, time=None))
    assert letters(tmp_path)[1]["field"] == "properties.time"
    assert finished.rejected == 2


def test_a_chunk_is_told_by_its_content(tmp_path: Path) -> None:
    """Tomorrow's export of the same name makes other names, today's once more the same."""
    names = []
    for day, data in enumerate((ndjson(records(5)), ndjson(records(5)), ndjson(records(5, start=5)))):
        (tmp_path / str(day)).mkdir()
        chunk = write(tmp_path / str(day), data).chunk
        assert chunk
        names.append(chunk.name)
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("export-00007-")


def test_rejected_records_are_taken_out_of_their_wrapping(tmp_path: Path) -> None:
    """Dead letters are input: what is mended is sent, what isn't is rejected as it first was."""
    wrapped = [
        encode_dead_letter(DeadLetter(record(1), 17, "f", "why", "file")),
        encode_dead_letter(DeadLetter(b"noise", 18, "f", "why")),
        encode_dead_letter(DeadLetter(b"\xff", 19, "f", "why")),
        b"not wrapped\n",
    ]
    finished = write(tmp_path, b"".join(wrapped), holds_letters=True)
    assert chunk_lines(tmp_path, finished) == [record(1)]
    assert [each.get("raw") or each["raw_base64"] for each in letters(tmp_path)] == [
        "noise",
        "/w==",
        "not wrapped",
    ]
    assert [each["line"] for each in letters(tmp_path)] == [2, 3, 4]


def test_damage_is_a_rejected_line(tmp_path: Path) -> None:
    """With what was begun of it; nothing that was cut off is taken for a record."""
    finished = write(tmp_path, record(1) + b"\n" + record(2), damage="it is cut off")
    assert chunk_lines(tmp_path, finished) == [record(1)]
    (letter,) = letters(tmp_path)
    assert (letter["record"], letter["line"], letter["message"]) == (
        json.loads(record(2)),
        2,
        "it is cut off",
    )
    assert finished.damages == (Damage("input", 2, "it is cut off"),)


def test_damage_behind_a_whole_line_is_a_rejected_line_too(tmp_path: Path) -> None:
    """An empty one: the next."""
    finished = write(tmp_path, record(1) + b"\n", damage="it is cut off")
    assert chunk_lines(tmp_path, finished) == [record(1)]
    assert [(each["raw"], each["line"]) for each in letters(tmp_path)] == [("", 2)]


def test_of_a_line_over_16_mb_the_beginning_is_kept(tmp_path: Path) -> None:
    """Lines after it are read as ever."""
    finished = write(tmp_path, record(1) + b"\n" + b"x" * (MAX_LINE_BYTES + 5) + b"\n" + record(2) + b"\n")
    assert chunk_lines(tmp_path, finished) == [record(1), record(2)]
    (letter,) = letters(tmp_path)
    assert (letter["raw"], letter["line"]) == ("x" * 1000, 2)


def test_a_line_over_1_mb_is_kept_whole(tmp_path: Path) -> None:
    """Too long to send, not to look at."""
    long = record(1, pad="x" * 1_100_000)
    assert write(tmp_path, long).chunk is None
    assert [each["record"] for each in letters(tmp_path)] == [json.loads(long)]


def test_without_a_record_there_is_no_chunk(tmp_path: Path) -> None:
    """Its number is not used."""
    finished = write(tmp_path, b"\n\nnoise\n")
    assert finished.chunk is None
    assert [path.name for path in tmp_path.glob("*.gz")] == []


def test_what_is_written_down_is_what_is_returned(tmp_path: Path) -> None:
    """So a run that goes on knows all that the killed one knew."""
    finished = write(tmp_path, ndjson([record(1), record(1), b"noise"]))
    assert finished.repeats == 1
    saved = (tmp_path / "_work" / "finished" / "00007.json").read_bytes()
    assert msgspec.json.decode(saved, type=Finished) == finished
    assert list((tmp_path / "_work" / "begun").iterdir()) == []


def test_done_again_it_makes_the_same_files(tmp_path: Path) -> None:
    """Byte for byte, rejected records too."""
    data = ndjson([*records(500), b"noise", *records(500)])
    folders = [tmp_path / name for name in ("one", "two")]
    finished = []
    for folder in folders:
        folder.mkdir()
        finished.append(write(tmp_path, data, output=folder))
    assert finished[0] == finished[1]
    assert finished[0].chunk
    for name in (finished[0].chunk.name, "_rejected/export-00007.ndjson.gz"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
