"""Every metric that an alert or the dashboard reads is one of ours, or one that Google lists."""

import re

import pytest

from tests.terraform.applied import applied
from tests.terraform.monitoring import alerts_of, charts_of, in_promql, metrics_of
from tests.terraform.platform_metrics import ALIGNERS, PLATFORM_METRICS
from tests.terraform.promql import Selector, selectors

pytestmark = pytest.mark.slow

EMAIL = "ann@example.com"
NAME = "mixpanel-eu"  # its dash is none in PromQL
FILTER = re.compile(
    r'metric\.type="(?P<metric>[^"]+)" resource\.type="(?P<resource>[^"]+)" resource\.labels\.\w+="[^"]+"'
)
BY_PROMQL_NAME = {in_promql(name): metric for name, metric in PLATFORM_METRICS.items()}


@pytest.fixture(scope="module")
def read() -> list[Selector]:
    """By the queries of all alerts and charts."""
    ran = applied(alert_email=EMAIL, name=NAME)
    queries = [alert.query for alert in alerts_of(ran).values()]
    queries += [chart.query for chart in charts_of(ran).values() if chart.query]
    return [selector for query in queries for selector in selectors(query)]


def test_every_metric_of_a_query_exists(read: list[Selector]) -> None:
    """With a query's spelling of it: ours as declared, Google's as listed, on the listed resource."""
    ours = {name for metric in metrics_of(applied(name=NAME)).values() for name in metric.promql_names}
    for selector in read:
        if selector.name in ours:
            assert selector.labels["monitored_resource"] == "cloud_run_revision"
        else:
            listed = BY_PROMQL_NAME[selector.name]
            assert listed.resource in ("*", selector.labels["monitored_resource"])


def test_every_metric_of_ours_is_read(read: list[Selector]) -> None:
    """Each costs money."""
    names = {selector.name for selector in read}
    assert all(names & set(metric.promql_names) for metric in metrics_of(applied(name=NAME)).values())


def test_charts_of_platform_metrics_are_as_listed() -> None:
    """Metric, resource, the labels grouped by, and an aligner that is for this kind of metric."""
    for chart in charts_of(applied()).values():
        if not chart.filter:
            continue
        found = FILTER.fullmatch(chart.filter)
        assert found, chart.filter
        metric = PLATFORM_METRICS[found["metric"]]
        assert metric.resource in ("*", found["resource"])
        assert ALIGNERS[chart.aggregation["perSeriesAligner"]](metric)
        groups = chart.aggregation.get("groupByFields", [])
        assert {group.removeprefix('metric.label."').removesuffix('"') for group in groups} <= metric.labels


def test_nothing_is_listed_that_is_not_read(read: list[Selector]) -> None:
    charts = " ".join(chart.filter for chart in charts_of(applied()).values())
    for name in PLATFORM_METRICS:
        assert f'"{name}"' in charts or in_promql(name) in {selector.name for selector in read}


def test_each_is_listed_with_its_source() -> None:
    assert all(
        metric.source.startswith("https://docs.cloud.google.com/monitoring/api/metrics_gcp")
        for metric in PLATFORM_METRICS.values()
    )
