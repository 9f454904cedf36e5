"""Log lines whose deltas add up, and that hold no record's contents."""

import json
import logging

import pytest

from function.chunk_log import SAMPLES_PER_CHUNK, ChunkLog
from function.clock import Clock
from function.cloud_event import ChunkRef
from function.courier import Tally
from function.logs import LOGGER_NAME, Line, Reason
from function.state import DeadLetter, Entry, Position, Status

CHUNK = ChunkRef("chunks", "export.ndjson.gz", 7, 100, "AAAAAA==")


def entry(records: int, rejected: int) -> Entry:
    return Entry(
        status=Status.IMPORTING,
        attempts=2,
        crc32c="",
        size=100,
        generation=7,
        checkpoint=Position(offset=records),
        records=records,
        accepted=records - rejected,
        rejected=rejected,
    )


def fields(caplog: pytest.LogCaptureFixture, line: Line) -> list[dict[str, object]]:
    return [vars(record)["json_fields"] for record in caplog.records if record.message == line]


def test_deltas_count_what_no_line_counted_before(caplog: pytest.LogCaptureFixture) -> None:
    """An earlier owner's 100 are no part of it; progress and the end add up to this one's 400."""
    caplog.set_level(logging.INFO, LOGGER_NAME)
    tally = Tally()
    chunk_log = ChunkLog(CHUNK, "us-1", Clock())
    chunk_log.begin(entry(100, 1), tally)
    tally.posted_bytes, tally.retried = 10, 1
    chunk_log.confirmed(entry(300, 2), [])
    chunk_log.progress()
    tally.posted_bytes, tally.rate_limited = 25, 1
    chunk_log.confirmed(entry(500, 5), [])
    chunk_log.end_with_totals(Line.CHUNK_DONE)
    (progress,), (done,) = fields(caplog, Line.CHUNK_PROGRESS), fields(caplog, Line.CHUNK_DONE)
    assert (progress["records_delta"], done["records_delta"], done["records"]) == (200, 200, 500)
    assert (progress["rejected_delta"], done["rejected_delta"]) == (1, 3)
    assert (progress["bytes_delta"], done["bytes_delta"]) == (10, 15)
    assert (progress["retried_delta"], done["retried_delta"], done["rate_limited_delta"]) == (1, 0, 1)
    assert fields(caplog, Line.CHUNK_RESUMED)[0]["offset"] == 100
    assert (done["chunk"], done["generation"], done["destination"], done["attempts"]) == (
        CHUNK.name,
        7,
        "us-1",
        2,
    )


def test_rejections_are_one_line_a_group_with_few_samples(caplog: pytest.LogCaptureFixture) -> None:
    """100 records of two reasons: two lines, at most 20 ids in all, and never a record."""
    caplog.set_level(logging.INFO, LOGGER_NAME)
    chunk_log = ChunkLog(CHUNK, "us-1", Clock())
    letters = [
        (
            Reason.MIXPANEL,
            DeadLetter(
                json.dumps({"properties": {"$insert_id": f"id-{n}", "mail": "private"}}).encode(),
                n,
                "time",
                "late" if n % 4 else "early",
            ),
        )
        for n in range(100)
    ]
    chunk_log.confirmed(entry(100, 100), letters)
    lines = fields(caplog, Line.BATCH_REJECTED)
    assert [line["count"] for line in lines] == [75, 25]
    samples = [sample for line in lines for sample in json.loads(json.dumps(line["sample_insert_ids"]))]
    assert len(samples) == SAMPLES_PER_CHUNK
    assert "private" not in str(lines)
