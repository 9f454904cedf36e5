"""The files that an export consists of."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from partitioner.exits import Refused
from partitioner.inputs.find import _rows_wanted, find_sources
from partitioner.inputs.remote import close_clients
from partitioner.sources import Found, Stdin
from tests.fakes.cloud import Cloud
from tests.fakes.exports import ndjson, records
from tests.fakes.faulty_proxy import faulty_proxy

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


def test_first_rows_of_many_files_are_few(tmp_path: Path) -> None:
    """A hundred of each at first, then one, then none: memory doesn't grow with the number of files."""
    for number in range(110):
        (tmp_path / f"{number:03}").write_bytes(ndjson(records(150)))
    firsts = find(tmp_path).firsts
    assert [len(first.rows) for first in firsts] == [100] * 100 + [1] * 10
    assert _rows_wanted(20_000) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "compress"), [("plain", bytes), ("twice", lambda data: gzip.compress(gzip.compress(data)))]
)
def test_an_object_in_a_bucket_is_looked_at_by_one_read(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, name: str, compress: Callable[[bytes], bytes]
) -> None:
    """Beside the request that finds it: a bucket may hold very many."""
    cloud.put(name, compress(GOOD))
    with faulty_proxy(cloud.url, ["ok"] * 9) as proxy:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        close_clients()
        (first,) = find(f"gs://{cloud.chunks}/{name}").firsts
        assert len(first.rows) == 3
        assert len(proxy.script) == 7
    close_clients()
