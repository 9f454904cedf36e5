"""The sink and the sender as guides have it: that both do what the table says of them."""

import gzip
import json
from pathlib import Path

import pytest

from benchmarks.exports import UNTIL, dense_lines, make_export, send_ready, usual_lines
from benchmarks.guide import send_as_guides_do
from benchmarks.sink import sink
from function.batches import read_batches
from function.records import check
from function.state import Position
from local.web import fetch
from tests.fakes.bytes_source import BytesSource


def test_the_sink_counts_what_it_takes(tmp_path: Path) -> None:
    """Records and bytes of each body, whatever its form."""
    body = gzip.compress(b'{"event": "a"}\n{"event": "b"}\n')
    with sink(log=tmp_path / "sink.log") as taker:
        answer = fetch("POST", f"{taker.url}/import", body)
        tally = taker.tally()
    assert json.loads(answer)["num_records_imported"] == 2
    assert (tally.requests, tally.records, tally.bytes) == (1, 2, len(body))
    assert tally.most_at_once == 1


def test_the_guides_sender_sends_each_record_on_connections_of_their_own(tmp_path: Path) -> None:
    """2,000 a batch, one batch at a time."""
    file = tmp_path / "export.ndjson"
    file.write_bytes(usual_lines(4_100))
    with sink(log=tmp_path / "sink.log") as taker:
        use = send_as_guides_do(file, taker.url)
        tally = taker.tally()
    assert use.records == tally.records == 4_100
    assert tally.requests == 3
    assert tally.connections == 3 + 2  # one looked whether it is up, one asked for the tally
    assert tally.most_at_once == 1
    assert use.cpu_seconds > 0
    assert use.peak_megabytes > 10


@pytest.mark.slow
def test_all_forms_of_an_export_hold_the_same_records() -> None:
    """The chunk is what the partitioner makes of the lines that are sent plain and compressed."""
    export = make_export(2_500)
    lines = export.plain.splitlines()
    assert len(lines) == export.records == 2_500
    assert gzip.decompress(export.gzip) == export.plain
    batches = list(read_batches(BytesSource(export.ready), Position()))
    assert sum(batch.json_bytes for batch in batches) == export.json_bytes
    mended = check(lines, UNTIL.timestamp()).lines
    assert [line for batch in batches for line in batch.lines()] == mended


def test_dense_records_are_legal_and_hardly_compress() -> None:
    """What 32 chunks at once are made of."""
    plain = dense_lines(20, 20_000)
    assert not check(plain.splitlines(), UNTIL.timestamp()).flaws
    (batch,) = read_batches(BytesSource(send_ready(plain)), Position())
    assert batch.records == 20
    assert len(batch.body) > 0.7 * batch.json_bytes
