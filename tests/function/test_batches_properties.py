"""Whatever a chunk is made of and wherever its reading begins again: each line once, in order, none lost."""

import google_crc32c
from hypothesis import given, settings

from function.batches import Limits
from function.members import plain_body
from function.state import Position
from tests.fakes.chunk_files import ready_member
from tests.fakes.drawn_chunks import (
    Made,
    Ready,
    assert_resumes,
    expected_lines,
    gzip_chunks,
    limits,
    lines_of,
    plain_chunks,
    read_all,
    read_lines,
    short_line_limits,
)


@settings(deadline=None)
@given(plain_chunks() | gzip_chunks(), limits)
def test_each_line_is_sent_or_rejected_once(made: Made, limits: Limits) -> None:
    """All lines are accounted for, in batches within their limits, up to the whole object's checksum."""
    batches, error = read_all(made.data, Position(), limits)
    assert error is None
    assert read_lines(batches) == expected_lines(made.runs)
    assert [batch.start for batch in batches] == [Position(), *(batch.end for batch in batches[:-1])]
    end = batches[-1].end
    assert (end.offset, end.inflated, end.crc32c) == (len(made.data), 0, google_crc32c.value(made.data))
    ready = {plain_body(ready_member(run.records)) for run in made.runs if isinstance(run, Ready)}
    for batch in batches:
        assert batch.body in ready or batch.records <= limits.batch_records
        assert batch.body in ready or batch.json_bytes <= limits.batch_bytes


@settings(deadline=None)
@given(plain_chunks() | gzip_chunks(), limits)
def test_reading_goes_on_from_any_batch(made: Made, limits: Limits) -> None:
    """A batch depends on what follows its start alone, so that a checkpoint is all that need be kept."""
    batches, error = read_all(made.data, Position(), limits)
    assert_resumes(made.data, batches, error, limits)


@settings(deadline=None)
@given(plain_chunks() | gzip_chunks(), short_line_limits)
def test_line_beyond_all_limits_ends_the_chunk(made: Made, limits: Limits) -> None:
    """All lines before it are read, and each checkpoint leads to the same end."""
    batches, error = read_all(made.data, Position(), limits)
    texts = [line for run in made.runs if isinstance(run, bytes) for line in lines_of(run)]
    has_one = any(len(text) > limits.line_bytes for text in texts)
    assert (error and error.reason) == ("line-too-long" if has_one else None)
    lines = expected_lines(made.runs)
    end = batches[-1].end if batches else Position()
    assert read_lines(batches) == [line for line in lines if line[0] <= end.line]
    assert_resumes(made.data, batches, error, limits)


@settings(deadline=None)
@given(plain_chunks() | gzip_chunks(), limits, limits)
def test_reading_goes_on_with_other_blocks(made: Made, limits: Limits, other: Limits) -> None:
    """What is sent does not depend on how the object's bytes come in, before a checkpoint or behind it."""
    batches, _ = read_all(made.data, Position(), limits)
    for batch in batches:
        again, error = read_all(made.data, batch.end, other)
        assert error is None
        assert read_lines(again) == [line for line in expected_lines(made.runs) if line[0] > batch.end.line]
        assert (again or [batch])[-1].end == batches[-1].end
