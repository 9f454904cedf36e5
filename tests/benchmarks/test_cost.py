"""The cost model: its arithmetic, its prices' sources, and the figure in the README."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import main
from benchmarks.cost import A_BILLION, summary_of, table_of
from benchmarks.table import figures_page
from partitioner import prices
from partitioner.cost_model import DAYS_KEPT, MEMORY_GIB, VCPUS, Import, estimate
from partitioner.measured import COMMITTED, Measured, read_measured, write_measured
from partitioner.prices import Price

ROOT = Path(__file__).parent.parent.parent
MEASURED = Measured(
    date="2026-11-24",
    command="python -m benchmarks cost",
    form="send-ready",
    cpu_seconds_a_million=0.5,
    inflation=5.0,
    stored_inflation=4.0,
    writes_a_chunk=5,
    reads_a_chunk=1,
    log_lines_a_chunk=2,
)


def usd_of(what: Import, measured: Measured = MEASURED) -> dict[str, float]:
    return {term.name: term.usd for term in estimate(what, measured).terms}


def test_the_total_is_the_sum_of_the_terms() -> None:
    """As printed too, each term on a line of its own with price, source and date."""
    found = estimate(A_BILLION, MEASURED)
    assert found.usd == pytest.approx(sum(term.price.of(term.units) for term in found.terms))
    table = table_of(A_BILLION, MEASURED, found)
    printed = 0.0
    for term in found.terms:
        line = re.search(rf"^{re.escape(term.name)} +([0-9.]+) .*$", table, re.MULTILINE)
        assert line
        printed += float(line[1])
        assert f"({term.price.source}, {term.price.date})" in line[0]
    assert printed == pytest.approx(found.usd, abs=0.01)


def test_every_term_has_a_price_with_source_and_date() -> None:
    """Google's own pages, read within a year of each other."""
    terms = estimate(A_BILLION, MEASURED).terms
    for term in terms:
        assert term.units > 0
        assert term.price.of(term.units) > 0
        assert term.price.source.startswith("https://cloud.google.com/")
        assert date.fromisoformat(term.price.date) >= date(2026, 1, 1)
    names = " ".join(term.name for term in terms)
    for kind in ("egress", "compute", "storage", "operations", "Pub/Sub", "logs", "metrics"):
        assert kind in names


def test_tiers_are_paid_one_after_the_other() -> None:
    """Each unit at the price of the tier that it lies in."""
    price = Price(1.0, "GiB", "", "", tiers=((10, 3.0), (20, 2.0)))
    assert [price.of(units) for units in (0, 10, 15, 20, 25)] == [0, 30, 40, 50, 55]


def test_bytes_are_paid_as_they_are_posted_and_kept() -> None:
    """Egress compressed as measured, storage for half the run and the days until it is deleted."""
    what = Import(records=1_000_000, bytes=1_000, records_per_second=1_000)
    usd = usd_of(what)
    assert usd["egress, compressed"] == pytest.approx(1e9 / 5 / prices.GIB * 0.12)
    months = (1_000 / 86_400 / 2 + 7) / 30
    assert usd["storage of chunks"] == pytest.approx(1 / 4 * months * 0.02)


def test_instances_are_billed_as_long_as_the_import_runs() -> None:
    """However little CPU that needs; ten of them at the same rate cost ten times as much."""
    one, ten = estimate(A_BILLION, MEASURED), estimate(replace(A_BILLION, instances=10), MEASURED)
    assert one.seconds == ten.seconds == pytest.approx(1e9 / 27_000)
    assert one.cpu_share == pytest.approx(0.5 * 1_000 / one.seconds)
    names = [term.name for term in one.terms]
    at = names.index("compute: CPU")
    assert one.terms[at].usd == pytest.approx(one.seconds * 0.000024)
    assert ten.terms[at].usd == pytest.approx(10 * one.terms[at].usd)


@pytest.mark.parametrize(
    ("what", "measured", "seconds"),
    [
        pytest.param(Import(27_000, 100), MEASURED, 1.0, id="records"),
        pytest.param(Import(1_800, 1_000_000, 1e9), MEASURED, 60.0, id="bytes"),
        pytest.param(Import(1e6, 1, 1e9), replace(MEASURED, cpu_seconds_a_million=30.0), 30.0, id="cpu"),
        pytest.param(
            Import(1e6, 1, 1e9, instances=3), replace(MEASURED, cpu_seconds_a_million=30.0), 10.0, id="cpus"
        ),
    ],
)
def test_the_scarcest_decides_how_long_it_runs(what: Import, measured: Measured, seconds: float) -> None:
    """Records a second, bytes a minute, or the instances' CPU."""
    assert estimate(what, measured).seconds == pytest.approx(seconds)


def test_what_terraform_makes_is_what_is_billed() -> None:
    """CPU, memory and the days that a done chunk is kept."""
    function = (ROOT / "terraform/function.tf").read_text()
    bucket = (ROOT / "terraform/chunks_bucket.tf").read_text()
    assert re.findall(r'available_cpu *= "(\d+)"', function) == [str(VCPUS)]
    assert re.findall(r'available_memory *= "(\w+)"', function) == [f"{MEMORY_GIB}Gi"]
    assert re.findall(r"days_since_custom_time *= (\d+)", bucket) == [str(DAYS_KEPT)]


def test_the_readme_has_the_figure_that_the_command_prints() -> None:
    """Of a billion events of 500 bytes, from what was measured and committed."""
    if not figures_page():
        pytest.skip("the README has no page of figures yet")
    found = estimate(A_BILLION, read_measured(COMMITTED))
    readme = (ROOT / "README.md").read_text()
    assert set(re.findall(r"about \$\d+ a billion 500-byte events", readme)) == {summary_of(A_BILLION, found)}


def test_the_command_prints_and_writes_the_same(tmp_path: Path) -> None:
    """From measurements of before, so that nothing is measured."""
    measured, written = tmp_path / "measured.json", tmp_path / "cost.json"
    write_measured(MEASURED, measured)
    arguments = [
        "cost",
        "--records",
        "2e9",
        "--bytes",
        "380",
        "--measured",
        str(measured),
        "--json",
        str(written),
    ]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    content = json.loads(written.read_text())
    assert content["import"]["records"] == 2e9
    assert content["usd"] == pytest.approx(sum(term["usd"] for term in content["terms"]))
    assert f"{content['usd']:.3f}" in result.output
    assert f"{content['largest']}: " in result.output
    assert f"about ${content['usd'] / 2:.0f} a billion 380-byte events" in result.output
