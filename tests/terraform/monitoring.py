"""Metrics, alerts and dashboard of an applied configuration, and what the metrics make of log entries."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.terraform.applied import Ran
from tests.terraform.log_filter import Entry, extract, parse
from tests.terraform.promql import Series

LOG_BASED = "logging.googleapis.com/user/"
COMMAND = re.compile(r"^ {4}(\S.*)$", re.MULTILINE)
POINT_SECONDS = 60


def in_promql(metric_type: str) -> str:
    """Source: https://cloud.google.com/monitoring/promql/promql-mapping (2026-11)."""
    domain, path = metric_type.split("/", 1)
    return re.sub(r"[^A-Za-z0-9]", "_", domain) + ":" + re.sub(r"[^A-Za-z0-9]", "_", path)


@dataclass(frozen=True)
class Metric:
    """A log-based metric."""

    name: str
    filter: str
    value_extractor: str | None
    label_extractors: Mapping[str, str]
    value_type: str
    declared_labels: frozenset[str]

    @cached_property
    def promql_names(self) -> tuple[str, ...]:
        """What it offers to a query."""
        name = in_promql(LOG_BASED + self.name)
        return (f"{name}_sum", f"{name}_count") if self.value_type == "DISTRIBUTION" else (name,)

    def matched(self, entries: Iterable[Entry]) -> list[Entry]:
        matcher = parse(self.filter)
        return [entry for entry in entries if matcher(entry)]

    def labels_of(self, entry: Entry) -> dict[str, str]:
        extracted = {
            label: str(extract(extractor, entry)) for label, extractor in self.label_extractors.items()
        }
        return {"monitored_resource": entry["resource"]["type"], **extracted}

    def value_of(self, entry: Entry) -> Any:
        """The number that counts; a counter counts entries."""
        return extract(self.value_extractor, entry) if self.value_extractor else 1

    def total(self, entries: Iterable[Entry]) -> Any:
        return sum(self.value_of(entry) for entry in self.matched(entries))

    def by(self, label: str, entries: Iterable[Entry]) -> Counter[str]:
        totals: Counter[str] = Counter()
        for entry in self.matched(entries):
            totals[self.labels_of(entry)[label]] += self.value_of(entry)
        return totals

    def series(self, logged: Iterable[tuple[float, Entry]]) -> list[Series]:
        """`logged` are Unix seconds and entries. A point a minute, and none for a minute without any."""
        points: dict[tuple[tuple[str, str], ...], dict[float, list[float]]] = defaultdict(
            lambda: defaultdict(list)
        )
        matcher = parse(self.filter)
        for at_seconds, entry in logged:
            if matcher(entry):
                minute_ends = -(-at_seconds // POINT_SECONDS) * POINT_SECONDS
                labels = tuple(sorted(self.labels_of(entry).items()))
                points[labels][minute_ends].append(self.value_of(entry))
        return [
            Series(
                name,
                dict(labels),
                [
                    (at, len(values) if name.endswith("_count") else sum(values))
                    for at, values in sorted(minutes.items())
                ],
            )
            for labels, minutes in points.items()
            for name in self.promql_names
        ]


@dataclass(frozen=True, slots=True)
class Alert:
    """A policy of one condition."""

    name: str
    when: str
    query: str
    duration_seconds: int
    text: str

    @property
    def commands(self) -> list[str]:
        """The indented lines of its text."""
        return COMMAND.findall(self.text)


@dataclass(frozen=True, slots=True)
class Chart:
    """Has a `query` (PromQL), or a `filter` and `aggregation`; `place` is x, y, width, height."""

    title: str
    query: str
    filter: str
    aggregation: Mapping[str, Any]
    limits: tuple[float, ...]
    place: tuple[int, int, int, int]


def metrics_of(ran: Ran) -> dict[str, Metric]:
    """By the part of the name behind the deployment's."""
    found = {}
    for values in _resources(ran, "google_logging_metric."):
        (descriptor,) = values["metric_descriptor"]
        found[values["name"].partition("/")[2]] = Metric(
            values["name"],
            values["filter"],
            values["value_extractor"],
            values["label_extractors"] or {},
            descriptor["value_type"],
            frozenset(label["key"] for label in descriptor["labels"]),
        )
    return found


def alerts_of(ran: Ran) -> dict[str, Alert]:
    """By the part of the name behind the deployment's."""
    found = {}
    for values in _resources(ran, "google_monitoring_alert_policy."):
        (condition,) = values["conditions"]
        (promql,) = condition["condition_prometheus_query_language"]
        (documentation,) = values["documentation"]
        name = values["display_name"].partition(": ")[2]
        found[name] = Alert(
            name,
            condition["display_name"],
            promql["query"],
            int(promql["duration"].removesuffix("s")),
            documentation["content"],
        )
    return found


def charts_of(ran: Ran) -> dict[str, Chart]:
    """The dashboard's, by title."""
    layout = dashboard_of(ran)["mosaicLayout"]
    return {tile["widget"]["title"]: _chart(tile) for tile in layout["tiles"]}


def dashboard_of(ran: Ran) -> dict[str, Any]:
    (values,) = _resources(ran, "google_monitoring_dashboard.")
    content: dict[str, Any] = json.loads(values["dashboard_json"])
    return content


def _chart(tile: dict[str, Any]) -> Chart:
    chart = tile["widget"]["xyChart"]
    (data_set,) = chart["dataSets"]
    asked = data_set["timeSeriesQuery"]
    filtered = asked.get("timeSeriesFilter", {})
    return Chart(
        tile["widget"]["title"],
        asked.get("prometheusQuery", ""),
        filtered.get("filter", ""),
        filtered.get("aggregation", {}),
        tuple(limit["value"] for limit in chart.get("thresholds", ())),
        (tile.get("xPos", 0), tile.get("yPos", 0), tile["width"], tile["height"]),
    )


def table_rows(ran: Ran) -> list[list[str]]:
    """The README's cells: name, when it pages, and the first command that does more than read the log."""
    names = {
        ran.state["google_storage_bucket.chunks"]["name"]: "CHUNKS_BUCKET",
        ran.state["google_storage_bucket.state"]["name"]: "STATE_BUCKET",
    }
    rows = []
    for alert in alerts_of(ran).values():
        command = next(line for line in alert.commands if not line.startswith("gcloud logging read"))
        for name, placeholder in names.items():
            command = command.replace(name, placeholder)
        rows.append([f"`{alert.name}`", alert.when, f"`{command}`"])
    return sorted(rows)


def _resources(ran: Ran, prefix: str) -> list[dict[str, Any]]:
    return [values for address, values in ran.state.items() if address.startswith(prefix)]
