"""The records that `smoke` sends: legal, new in every run, and a chunk like any other."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

from function.members import read_header
from function.records import flaw_of
from function.state import is_chunk_name
from partitioner.smoke_chunk import DISTINCT_ID, EVENT, RECORDS, make_smoke_chunk, name_run
from tests.fakes.cloud import crc32c_of

NOW = datetime(2026, 8, 1, 12, 30, 15, tzinfo=UTC)


def test_is_a_send_ready_chunk_of_legal_records(tmp_path: Path) -> None:
    """One batch, described as its file is, under a name that the function takes."""
    sent = make_smoke_chunk(name_run(NOW), NOW, tmp_path)
    data = sent.path.read_bytes()
    assert (sent.chunk.records, sent.chunk.bytes) == (RECORDS, len(data))
    assert sent.chunk.crc32c == crc32c_of(data)
    header = read_header(data, 0)
    assert header
    assert (header.member_bytes, header.records) == (len(data), RECORDS)
    assert is_chunk_name(sent.chunk.name)
    lines = gzip.decompress(data).splitlines()
    assert [flaw_of(line, NOW.timestamp()) for line in lines] == [None] * RECORDS
    records = [json.loads(line) for line in lines]
    assert {record["event"] for record in records} == {EVENT}
    assert {record["properties"]["distinct_id"] for record in records} == {DISTINCT_ID}
    assert {record["properties"]["time"] for record in records} == {int(NOW.timestamp())}


def test_a_run_has_ids_of_its_own(tmp_path: Path) -> None:
    """Mixpanel shows every record of two runs of the same second: no id stands twice."""
    runs = [name_run(NOW), name_run(NOW)]
    ids = [
        json.loads(line)["properties"]["$insert_id"]
        for run in runs
        for line in gzip.decompress(make_smoke_chunk(run, NOW, tmp_path).path.read_bytes()).splitlines()
    ]
    assert len(set(ids)) == 2 * RECORDS


def test_a_run_made_again_is_the_same(tmp_path: Path) -> None:
    """Its ids come from its name, not from chance."""
    first = make_smoke_chunk("run-1", NOW, tmp_path).path.read_bytes()
    assert make_smoke_chunk("run-1", NOW, tmp_path).path.read_bytes() == first
