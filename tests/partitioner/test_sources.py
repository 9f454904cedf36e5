"""The files that an export consists of."""

import gzip
import io
from pathlib import Path

import pytest

from partitioner.exits import Refused
from partitioner.inputs.find import find_sources
from partitioner.sources import Found, Stdin
from tests.fakes.exports import ndjson, records

GOOD = ndjson(records(3))
NOWHERE = Path("/nowhere")


def find(*exports: Path | str, stdin: bytes = b"") -> Found:
    return find_sources([str(export) for export in exports], Stdin(io.BytesIO(stdin)), NOWHERE)


def test_the_form_is_told_by_first_bytes_not_by_the_name(tmp_path: Path) -> None:
    """What is called .gz and isn't, and the other way round."""
    (tmp_path / "plain.gz").write_bytes(GOOD)
    (tmp_path / "packed.ndjson").write_bytes(gzip.compress(GOOD))
    found = find(tmp_path / "plain.gz", tmp_path / "packed.ndjson").sources
    assert [source.codecs for source in found] == [(), ("gzip",)]


def test_a_folder_may_hold_other_things_a_file_may_not(tmp_path: Path) -> None:
    """The first are skipped and named; the second ends the run before it begins."""
    (tmp_path / "a.ndjson").write_bytes(GOOD)
    (tmp_path / "b.html").write_bytes(b"<html>\n")
    found = find(tmp_path)
    assert [source.file for source in found.sources] == [f"{tmp_path}/a.ndjson"]
    assert [(each.file, each.why) for each in found.skipped] == [
        (f"{tmp_path}/b.html", "looks like XML or HTML")
    ]
    with pytest.raises(Refused, match="looks like XML or HTML"):
        find(tmp_path / "a.ndjson", tmp_path / "b.html")


def test_gzip_damaged_at_its_very_beginning_is_still_a_source(tmp_path: Path) -> None:
    """So that the damage is named among what was rejected; that of something else is something else."""
    packed = gzip.compress(GOOD)
    (tmp_path / "a.gz").write_bytes(packed[:12])
    (tmp_path / "b.gz").write_bytes(packed[:-12])
    (tmp_path / "c.gz").write_bytes(gzip.compress(b"<html>\n" * 50)[:-8])
    assert len(find(tmp_path / "a.gz", tmp_path / "b.gz").sources) == 2
    with pytest.raises(Refused, match="HTML"):
        find(tmp_path / "c.gz")


def test_what_was_looked_at_on_stdin_is_read_again() -> None:
    """Once; nothing of it is lost and nothing comes twice."""
    data = ndjson(records(5_000))
    stdin = Stdin(io.BytesIO(data))
    (source,) = find_sources(["-"], stdin, NOWHERE).sources
    assert source.is_stdin
    assert b"".join(stdin.read()) == data


def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    """As a file that goes between being found and being read."""
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    with pytest.raises(Refused, match="no such file"):
        find(tmp_path / "gone")
