"""`estimate`: the figures of an import before it begins, by sample, by all rows and by manifest."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from partitioner.cli import main
from tests.fakes.exports import AS_OF, ndjson, record, records, write_varied_export
from tests.fakes.splitting import split_to

DAY_SECONDS = 86_400
NOW = 1_717_200_000


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["estimate", *map(str, arguments), "--as-of", AS_OF, "--quiet"])


def figures(*arguments: str | Path) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def test_an_export_is_told_as_split_would_make_it(tmp_path: Path) -> None:
    """All rows read: records, JSON bytes as sent and rejected lines are those of the split and its folder."""
    export = write_varied_export(tmp_path / "export", 3_000)
    split = split_to(tmp_path / "out", export)
    before, after = figures(export, "--all"), figures(tmp_path / "out")
    assert before["share"] == after["share"] == 1
    for name in ("records", "json_bytes", "rejected"):
        assert before[name] == after[name] == split[name], name
    assert after["chunks"] == split["chunks"]
    assert after["bytes"] == split["bytes"]
    assert before["bytes"] == pytest.approx(split["bytes"], rel=0.15)


@pytest.mark.slow
def test_a_sample_says_its_share(tmp_path: Path) -> None:
    """And comes near the whole; in words it is `about`."""
    export = tmp_path / "a.ndjson"
    export.write_bytes(ndjson(records(300_000)))
    sampled = figures(export)
    assert 0.3 < sampled["share"] < 0.5
    assert sampled["records"] == pytest.approx(300_000, rel=0.01)
    said = run(export).output
    assert said.startswith("about ")
    assert f"a sample of {sampled['share']:.1%} of its rows, spread over it" in said


def test_time_is_what_the_scarcer_limit_makes_it(tmp_path: Path) -> None:
    """30,000 records a second or 2 GB of JSON a minute; a raised limit divides it."""
    small, large = tmp_path / "small.ndjson", tmp_path / "large.ndjson"
    small.write_bytes(ndjson(records(3_000)))
    large.write_bytes(ndjson([record(number, pad="x" * 10_000) for number in range(300)]))
    by_records, by_bytes = figures(small)["by_limit"], figures(large)["by_limit"]
    assert [each["times"] for each in by_records] == [1, 2, 5, 10]
    for each in by_records:
        assert each["seconds"] == pytest.approx(3_000 / (30_000 * each["times"]))
    json_bytes = figures(large)["json_bytes"]
    assert by_bytes[0]["seconds"] == pytest.approx(json_bytes / (2e9 / 60))


def test_cost_is_the_models_by_term(tmp_path: Path) -> None:
    """Each with its price's source and date; egress by this export's own compression."""
    export = tmp_path / "a.ndjson"
    export.write_bytes(ndjson(records(1_000)))
    found = figures(export)
    terms = found["as_deployed"]["terms"]
    assert found["as_deployed"]["usd"] == pytest.approx(sum(term["usd"] for term in terms))
    assert all(term["source"].startswith("https://cloud.google.com/") and term["date"] for term in terms)
    (egress,) = [term for term in terms if term["name"].startswith("egress")]
    assert egress["units"] == pytest.approx(found["bytes"] / 2**30)


def test_what_retention_would_delete(tmp_path: Path) -> None:
    """Whole days older than that: how many, and how many records; of a folder as exactly as chunks tell."""
    export = tmp_path / "a.ndjson"
    lines = [record(number, time=NOW - (number % 1_000) * DAY_SECONDS - 3_600) for number in range(2_000)]
    export.write_bytes(ndjson(lines))
    found = figures(export)["retention"]
    assert (found["days"], found["records_at_least"], found["records_at_most"]) == (730, 540, 540)
    assert found["deleted_days"] == 270
    assert figures(export, "--retention-days", "1826")["retention"]["records_at_most"] == 0
    split_to(tmp_path / "out", export, "--windows", "365d,700d,rest")
    folder = figures(tmp_path / "out")["retention"]
    assert folder["records_at_least"] <= 540 <= folder["records_at_most"] <= 600
    assert folder["deleted_days"] == pytest.approx(270, abs=1)
    said = run(export).output
    assert (
        "540 records of 270 days are older than 730 days (--retention-days): Mixpanel deletes those" in said
    )


def test_only_the_time_that_is_asked_for(tmp_path: Path) -> None:
    """As split would leave out what is before and behind it."""
    export = tmp_path / "a.ndjson"
    export.write_bytes(ndjson([record(number, time=NOW - number * DAY_SECONDS) for number in range(10)]))
    found = figures(export, "--since", str(NOW - 4 * DAY_SECONDS), "--until", str(NOW - DAY_SECONDS))
    assert (found["records"], found["outside"]) == (3, 7)


def test_an_export_of_another_shape(tmp_path: Path) -> None:
    """Is mapped as it would be by split."""
    export = tmp_path / "a.ndjson"
    export.write_bytes(b'{"name":"bought","at":1710000000,"who":"u"}\n' * 5)
    found = figures(export, "--map", "event=name", "--map", "time=at", "--map", "distinct_id=who")
    assert (found["records"], found["rejected"]) == (5, 0)


def test_nothing_to_import(tmp_path: Path) -> None:
    """Exit 1, and why."""
    export = tmp_path / "a.ndjson"
    export.write_bytes(ndjson([record(1, time=None)]))
    result = run(export)
    assert result.exit_code == 1
    assert "there is nothing to import" in result.output
    assert "1 would be rejected" in result.output
