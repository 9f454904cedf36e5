"""Every benchmark in its small version: that it runs to its end and says all that it should."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import SECTIONS, main
from benchmarks.in_process import RepeatedObject, Taker, open_in_process
from benchmarks.ledger import count
from function.importer import import_chunk
from function.state import Status
from tests.fakes.memory_bucket import MemoryBucket


@pytest.mark.slow
@pytest.mark.parametrize(
    "section",
    ["sending", "memory", "ledger", "start", "simulator", "formats", "large", "presets", "checking"],
)
def test_a_section_says_each_goal_with_its_references(section: str, tmp_path: Path) -> None:
    """Small, so no goal counts; each has a figure, what was promised, references, and its own command."""
    written = tmp_path / "goals.json"
    result = CliRunner().invoke(main, [section, "--small", "--json", str(written)])
    assert result.exit_code == 0, result.output
    goals = json.loads(written.read_text())["goals"]
    assert goals
    for goal in goals:
        assert goal["name"].startswith(section)
        assert goal["figure"]
        assert goal["goal"]
        assert goal["references"]
        assert goal["command"] == f"python -m benchmarks {section}"
        assert f"{goal['name']} " in result.output
    assert len({goal["name"] for goal in goals}) == len(goals)


def test_every_section_has_a_command() -> None:
    """`python -m benchmarks` runs them all; each alone has a help of its own."""
    for section in SECTIONS:
        result = CliRunner().invoke(main, [section, "--help"])
        assert result.exit_code == 0
        assert "--small" in result.output


def test_ledger_calls_are_counted_by_verb() -> None:
    """Claim, done and custom time are written; a done chunk that comes again is read once."""
    counted = count(2_000 * 3, 0.1)
    assert counted.imported["write"] >= 2
    assert counted.imported["set_custom_time"] == 1
    assert counted.imported["read_range"] >= 1
    assert dict(counted.again) == {"read": 1}


@pytest.mark.parametrize("times", [1, 7, 5_000])
def test_a_repeated_object_reads_like_its_bytes_in_a_row(times: int) -> None:
    """From any place, also beyond the end of one period and of the object."""
    period = b"0123456789"
    made, whole = RepeatedObject(period, times), period * times
    chunk = made.chunk()
    assert chunk.size == len(whole)
    for start, end in ((0, 3), (8, 12), (5, 47), (9, 10), (len(whole) - 4, len(whole) + 4)):
        found = made.read_range("export", chunk.generation, start, end, timeout_seconds=1)
        assert found == whole[start:end]


def test_an_import_in_process_ends_as_done() -> None:
    """The checksum of what is made as it is read is that of the object."""
    line = b'{"event":"a","properties":{"time":1700000000,"distinct_id":"d","$insert_id":"i","ip":0}}\n'
    chunks = RepeatedObject(line, 4_100)
    report = import_chunk(chunks.chunk(), open_in_process(chunks, MemoryBucket("state"), Taker()))
    assert report.status is Status.DONE
    assert report.totals.accepted == 4_100
