"""The dashboard: what is on it, what its queries yield for a real run, and that no plan changes it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.terraform.applied import applied
from tests.terraform.monitoring import Chart, charts_of, dashboard_of, metrics_of
from tests.terraform.promql import Vector, evaluate
from tests.terraform.runs import healthy, wrong_configuration

pytestmark = pytest.mark.slow

NOW = 1_795_000_020.0
COLUMNS = 48


@pytest.fixture(scope="module")
def charts() -> dict[str, Chart]:
    return charts_of(applied())


@pytest.mark.parametrize(
    "words",
    [
        "Records accepted a second",
        "rejected in 5 minutes, by reason",
        "429s: share",
        "Oldest unacknowledged delivery",
        "Chunks in 5 minutes, by outcome",
        "Memory",
        "Instances",
        "Cost: bytes a second to Mixpanel",
        "Cost: billed instance seconds",
        "Cost: bytes a second into the logs",
    ],
)
def test_shows(charts: dict[str, Chart], words: str) -> None:
    """One chart of each."""
    assert sum(words in title for title in charts) == 1


def test_the_limit_is_drawn_where_it_is_set() -> None:
    """Records a second, instances; the age at which deliveries are dropped; full memory."""
    charts = charts_of(applied(records_per_second=50_000, max_instances=2))
    limits = {title.split(",")[0]: chart.limits for title, chart in charts.items() if chart.limits}
    assert limits == {
        "Records accepted a second": (50_000,),
        "Oldest unacknowledged delivery": (31 * 86_400,),
        "Memory: the fullest instance": (1,),
        "Instances": (2,),
    }


def test_queries_yield_what_a_real_run_logged(charts: dict[str, Chart]) -> None:
    """Rates are of 5 minutes, sums by label add up, the share of 429s is one."""
    run = healthy()
    entries = [*run.entries, *wrong_configuration().entries]
    series = [
        each
        for metric in metrics_of(applied()).values()
        for each in metric.series((NOW, entry) for entry in entries)
    ]
    shown = {
        title.split(",")[0]: evaluate(chart.query, series, NOW)
        for title, chart in charts.items()
        if chart.query
    }
    accepted, rejected = (sum(getattr(each, of) for each in run.ledgers) for of in ("accepted", "rejected"))
    assert only(shown["Records accepted a second"]) == accepted / 300
    assert sum(shown["Records rejected in 5 minutes"].values()) == rejected
    assert only(shown["429s: share of all requests"]) == 2 / (2 + accepted / 2_000)
    assert shown["Chunks in 5 minutes"][frozenset({("outcome", "chunk.done")})] == 2
    assert shown["Refusals in 5 minutes"] == {frozenset({("refusal", "config.refused")}): 1}
    assert only(shown["Cost: bytes a second to Mixpanel (egress)"]) > 0


def only(vector: Vector) -> float:
    (value,) = vector.values()
    return value


def test_charts_lie_side_by_side(charts: dict[str, Chart]) -> None:
    """Within the columns, none over another."""
    taken: set[tuple[int, int]] = set()
    for chart in charts.values():
        x, y, width, height = chart.place
        assert x + width <= COLUMNS
        cells = {(column, row) for column in range(x, x + width) for row in range(y, y + height)}
        assert not cells & taken
        taken |= cells


def test_nothing_is_said_that_google_leaves_out_of_its_answer() -> None:
    """Zeros, empty texts and empty lists: the provider would show a change in every plan.

    Source: removeComputedKeys in google/services/monitoring/resource_monitoring_dashboard.go of
    hashicorp/terraform-provider-google (2026-11) drops what only the answer has, not what it lacks.
    """
    assert all(value not in (0, "", None, [], {}) for value in leaves(dashboard_of(applied())))


def leaves(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not inner:
        yield value
    for each in inner:
        yield from leaves(each)
