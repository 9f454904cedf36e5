"""Sources opened again where a run goes on, and what lies in a bucket or had to be inflated first."""

import gzip
import io
import tarfile
from pathlib import Path

import fastavro
import pytest

from partitioner.exits import Refused
from partitioner.inputs.find import find_sources
from partitioner.inputs.opener import Opener
from partitioner.inputs.remote import close_clients
from partitioner.jobs import Recipe, Setup, WriteChunk
from partitioner.planner import Planner
from partitioner.pool import Pool
from partitioner.segments import Limits, Place
from partitioner.sources import Found, Stdin
from tests.fakes.cloud import Cloud
from tests.fakes.exports import ndjson, records

NOBODY = Stdin(io.BytesIO())


def find(*exports: Path | str) -> Found:
    return find_sources([str(export) for export in exports], NOBODY, Path("/nowhere"))


def avro(count: int) -> bytes:
    out = io.BytesIO()
    schema = {"type": "record", "name": "Row", "fields": [{"name": "n", "type": "long"}]}
    fastavro.writer(out, schema, [{"n": number} for number in range(count)], sync_interval=1_000)
    return out.getvalue()


def tarred(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def test_files_of_a_tar_in_any_order(tmp_path: Path) -> None:
    """One that is passed is read from the beginning again; so a run can go on anywhere."""
    files = {name: ndjson(records(5, start)) for name, start in (("a", 1), ("b", 10), ("c", 20))}
    (tmp_path / "t").write_bytes(gzip.compress(tarred(**files)))
    sources = find(tmp_path / "t").sources
    opener = Opener(NOBODY)
    for at in (0, 1, 2, 1, 1, 0, 2):
        assert b"".join(opener.lines(sources[at])) == [*files.values()][at]


def test_the_files_of_a_tar_are_inflated_once(tmp_path: Path) -> None:
    """However many there are: in order, the archive is read but once."""
    files = {f"{number:03}": ndjson(records(200, number)) for number in range(50)}
    (tmp_path / "t").write_bytes(gzip.compress(tarred(**files)))
    sources = find(tmp_path / "t").sources
    opener = Opener(NOBODY)
    read_bytes = 0
    for source in sources:
        lines = opener.lines(source)
        assert b"".join(lines) == files[source.file.rpartition("!")[2]]
        read_bytes += lines.bytes_read
    assert read_bytes <= (tmp_path / "t").stat().st_size


def test_damage_of_what_is_inflated_first_is_named(tmp_path: Path) -> None:
    """Avro in gzip that is cut off: the rows are there up to the damage, and that is said behind them."""
    (tmp_path / "a").write_bytes(gzip.compress(avro(20_000), 1)[:-3_000])
    (source,) = find(tmp_path / "a").sources
    (tmp_path / "spool").mkdir()
    rows, _ = Opener(NOBODY, tmp_path).row_file(source)
    assert 0 < rows.rows < 20_000
    assert "cut off" in rows.damage


@pytest.mark.slow
def test_a_bucket_is_read_on_at_the_byte(cloud: Cloud) -> None:
    """Of lines that are stored as they are, with and without a mark: what stands before isn't read again."""
    lines = ndjson(records(20_000))
    for name, mark in (("a", b""), ("b", b"\xef\xbb\xbf")):
        cloud.put(name, mark + lines)
        (source,) = find(f"gs://{cloud.chunks}/{name}").sources
        start = lines.index(b"\n", len(lines) - 5_000) + 1
        reads = Opener(NOBODY).lines(source, start)
        assert b"".join(reads) == lines[start:]
        assert reads.start == start
        assert reads.bytes_read == len(lines) - start
    close_clients()


@pytest.mark.slow
def test_a_worker_that_cannot_read_a_bucket_ends_the_run(cloud: Cloud, tmp_path: Path) -> None:
    """As the command itself would: by saying what is the matter, and not by a fault of its own."""
    cloud.put("a", avro(1_000))
    found = find(f"gs://{cloud.chunks}/a")
    segments = Planner(found.sources, Opener(NOBODY), Limits(1_000, 10**6), lambda _: None)
    (segment,) = segments.segments(Place(), 1)
    cloud.put("a", avro(1_001))
    setup = Setup(Recipe("a", 0, 1_000, 10**6, 1_000, 10**6, keep_copies=False), "", str(tmp_path))
    with Pool(setup, 1) as pool, pytest.raises(Refused, match="a has changed since the run began"):
        list(pool.run([WriteChunk(segment)]))
    close_clients()
