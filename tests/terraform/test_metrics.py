"""Log-based metrics, run against the lines that a real local run logged."""

import pytest

from function.logs import Line, Reason
from tests.terraform.applied import applied
from tests.terraform.log_filter import Entry
from tests.terraform.monitoring import Metric, metrics_of
from tests.terraform.runs import SERVICE_NAME, healthy, unforeseen_error, wrong_configuration

pytestmark = pytest.mark.slow

NAMES = (
    "bytes_posted",
    "chunks",
    "crashes",
    "records_accepted",
    "records_rejected",
    "refusals",
    "requests_rate_limited",
)
# What a label may say: few values, and never a name that a user gave.
LABEL_VALUES = {
    "outcome": {line.value for line in Line if line.startswith("chunk.")},
    "reason": {reason.value for reason in Reason},
    "refusal": {line.value for line in Line if line.endswith(".refused")},
}


@pytest.fixture(scope="module")
def metrics() -> dict[str, Metric]:
    return metrics_of(applied())


@pytest.fixture(scope="module")
def logged() -> list[Entry]:
    """Of a healthy run, of one that is configured wrongly, and of one that crashes."""
    return [*healthy().entries, *wrong_configuration().entries, *unforeseen_error().entries]


def test_each_metric_is_tried_here(metrics: dict[str, Metric]) -> None:
    assert tuple(sorted(metrics)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_finds_its_lines(metrics: dict[str, Metric], logged: list[Entry], name: str) -> None:
    """At least one; each yields a number that adds something, and a known value for each label."""
    metric = metrics[name]
    matched = metric.matched(logged)
    assert matched
    for entry in matched:
        value = metric.value_of(entry)
        assert isinstance(value, int)
        assert value >= 1
        labels = metric.labels_of(entry)
        assert all(labels[label] in LABEL_VALUES[label] for label in metric.label_extractors)


def test_sums_are_what_the_ledgers_say(metrics: dict[str, Metric]) -> None:
    """Records posted again after a deadline are counted once, as in the ledgers."""
    run = healthy()
    accepted = sum(ledger.accepted for ledger in run.ledgers)
    assert metrics["records_accepted"].total(run.entries) == accepted
    assert accepted < run.simulated["accepted"]
    rejected = metrics["records_rejected"].by("reason", run.entries)
    assert rejected == {"mixpanel": 10, "own-rules": 2}
    assert rejected.total() == sum(ledger.rejected for ledger in run.ledgers)


def test_429s_are_what_mixpanel_answered(metrics: dict[str, Metric]) -> None:
    run = healthy()
    assert metrics["requests_rate_limited"].total(run.entries) == run.simulated["requests"]["429"] == 2


def test_chunks_are_counted_by_what_became_of_them(metrics: dict[str, Metric]) -> None:
    """An invocation that ended before its chunk was done is counted beside the one that ended it."""
    outcomes = metrics["chunks"].by("outcome", healthy().entries)
    assert outcomes["chunk.done"] == 2
    assert outcomes["chunk.deferred"] >= 1
    assert set(outcomes) == {"chunk.done", "chunk.deferred"}


def test_only_a_skipped_chunk_that_is_an_error_counts(metrics: dict[str, Metric]) -> None:
    """A healthy run skips copies, empty objects and manifests."""
    entries = healthy().entries
    skipped = [entry for entry in entries if entry.get("jsonPayload", {}).get("message") == "chunk.skipped"]
    assert len(skipped) >= 3
    assert not metrics["chunks"].matched(skipped)


def test_memory_that_ran_out_is_a_crash(metrics: dict[str, Metric]) -> None:
    """The one line that no local run prints: Cloud Run's own, in the log run.googleapis.com/varlog/system.

    Source: https://docs.cloud.google.com/run/docs/troubleshooting (2026-11).
    """
    entry = {
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": SERVICE_NAME}},
        "severity": "ERROR",
        "textPayload": "Memory limit of 1024 MiB exceeded with 1031 MiB used. Consider increasing the limit.",
    }
    assert metrics["crashes"].matched([entry]) == [entry]


@pytest.mark.parametrize("name", NAMES)
def test_another_services_lines_are_not_counted(
    metrics: dict[str, Metric], logged: list[Entry], name: str
) -> None:
    """Neither of another deployment's function nor of another kind of resource."""
    other = {"type": "cloud_run_revision", "labels": {"service_name": "other-importer"}}
    job = {"type": "cloud_run_job", "labels": {"service_name": SERVICE_NAME}}
    for resource in (other, job):
        assert not metrics[name].matched({**entry, "resource": resource} for entry in logged)


def test_two_deployments_share_no_metric(metrics: dict[str, Metric]) -> None:
    """Nor a name of one in queries, where dashes and slashes become the same character."""
    others = metrics_of(applied(name="mixpanel-eu"))
    ours = {name for metric in metrics.values() for name in metric.promql_names}
    theirs = {name for metric in others.values() for name in metric.promql_names}
    assert not ours & theirs
    assert {metric.filter for metric in metrics.values()}.isdisjoint(
        metric.filter for metric in others.values()
    )


def test_each_label_is_declared(metrics: dict[str, Metric]) -> None:
    """The API refuses an extractor without its label, and the other way round."""
    assert all(metric.declared_labels == set(metric.label_extractors) for metric in metrics.values())


def test_a_number_that_lines_carry_needs_a_distribution(metrics: dict[str, Metric]) -> None:
    """A counter with an extractor would be refused, and a distribution without one."""
    kinds = {metric.value_type for metric in metrics.values() if metric.value_extractor}
    assert kinds == {"DISTRIBUTION"}
    assert {metric.value_type for metric in metrics.values() if not metric.value_extractor} == {"INT64"}
