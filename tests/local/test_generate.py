"""The made-up export: as it says, the same each time."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner

from function.records import check
from local.generate import REFUSED_WHERE, command, generate

UNTIL = datetime(2026, 8, 1, tzinfo=UTC)


def test_holds_what_it_says(tmp_path: Path) -> None:
    """Flaws, exact copies and refusable records are as many as reported; the rest are different records."""
    generated = generate(tmp_path / "a.ndjson", 30_000, until=UNTIL)
    lines = (tmp_path / "a.ndjson").read_bytes().splitlines()
    assert (len(lines), (tmp_path / "a.ndjson").stat().st_size) == (30_000, generated.bytes)
    checked = check(lines, UNTIL.timestamp())
    assert len(checked.flaws) == generated.flawed
    keys = Counter((head.event, head.distinct_id, head.insert_id) for head in checked.heads)
    assert sum(keys.values()) - len(keys) == generated.copies
    (name, value), *_ = REFUSED_WHERE.items()
    refused = [line for line in checked.lines if json.loads(line)["properties"].get(name) == value]
    assert len(refused) == generated.refused
    assert generated.shows == len(keys) - len(refused)
    assert min(generated.flawed, generated.copies, generated.refused) > 0


def test_looks_like_the_real_thing(tmp_path: Path) -> None:
    """About 380 bytes a record, 30 names, ids that are missing now and then, text of all kinds."""
    generate(tmp_path / "a.ndjson", 30_000, until=UNTIL)
    lines = (tmp_path / "a.ndjson").read_bytes().splitlines()
    assert 330 < sum(map(len, lines)) / len(lines) < 430
    checked = check(lines, UNTIL.timestamp())
    assert len({head.event for head in checked.heads}) > 25
    assert 0.03 < checked.added.insert_ids / len(lines) < 0.07
    assert UNTIL.timestamp() - 31 * 86_400 < min(head.time for head in checked.heads)
    assert max(head.time for head in checked.heads) < UNTIL.timestamp()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        generate(tmp_path / f"{name}.ndjson.gz", 5_000, seed=seed, until=UNTIL)
    first, again, other = ((tmp_path / f"{name}.ndjson.gz").read_bytes() for name in "abc")
    assert first == again != other
    generate(tmp_path / "plain.ndjson", 5_000, until=UNTIL)
    assert gzip.decompress(first) == (tmp_path / "plain.ndjson").read_bytes()


def test_the_command_reports(tmp_path: Path) -> None:
    arguments = ["--records", "5000", "--output", str(tmp_path / "a.ndjson"), "--until", "2026-08-01"]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0
    assert "5,000 lines" in result.output
    assert "Mixpanel will show" in result.output
