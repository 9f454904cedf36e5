"""Each alert fires in the real run of what it is about, none in a healthy one; all close by themselves."""

import re
import shlex
from collections.abc import Callable, Iterable

import click
import pytest

from partitioner.cli import main
from tests.terraform import runs
from tests.terraform.applied import ROOT, applied
from tests.terraform.log_filter import Entry
from tests.terraform.monitoring import Alert, alerts_of, metrics_of
from tests.terraform.promql import Series, fires, selectors
from tests.terraform.runs import Run, healthy

pytestmark = pytest.mark.slow

EMAIL = "ann@example.com"
MINUTE, HOUR, DAY = 60, 3_600, 86_400
NOW = 1_795_000_020.0
OLDEST_AGE = "pubsub_googleapis_com:subscription_oldest_unacked_message_age"
# How long points of a log-based metric may take to appear.
# Source: https://cloud.google.com/logging/docs/logs-based-metrics/troubleshooting (2026-11).
LATEST_POINT_SECONDS = 10 * MINUTE
# How far a condition may look back over a log-based metric, the time it has to last included.
# Source: https://docs.cloud.google.com/monitoring/alerts/using-promql (2026-11).
LOOK_BACK_SECONDS = 25 * HOUR
# What only the age of the oldest delivery tells, which the platform measures.
BY_AGE = {"deliveries close to expiry", "import stands still"}

RUNS: list[tuple[Callable[[], Run], set[str]]] = [
    (runs.wrong_token, {"credentials or project refused"}),
    (runs.refusing_project, {"credentials or project refused"}),
    (runs.wrong_configuration, {"configuration refused"}),
    (runs.killed_process, {"function crashed", "chunk given up"}),
    (runs.unforeseen_error, {"function crashed"}),
    (runs.deleted_object, {"chunk given up"}),
    (runs.refused_object, {"object refused"}),
    (runs.too_long_a_name, {"object refused"}),
]


@pytest.fixture(scope="module")
def alerts() -> dict[str, Alert]:
    return alerts_of(applied(alert_email=EMAIL))


def series_of(logged: Iterable[tuple[float, Entry]]) -> list[Series]:
    entries = list(logged)
    return [each for metric in metrics_of(applied()).values() for each in metric.series(entries)]


def logged_at(at_seconds: float, run: Run) -> list[tuple[float, Entry]]:
    """No local run takes as long as a metric's minute."""
    return [(at_seconds, entry) for entry in run.entries]


def ages(oldest_at: Callable[[float], float | None], begin: float, end: float) -> Series:
    """The age of the oldest delivery, each minute, where `oldest_at` says since when it has waited."""
    moments = [begin + minute * MINUTE for minute in range(int((end - begin) / MINUTE) + 1)]
    labels = {"monitored_resource": "pubsub_subscription", "subscription_id": "mixpanel-importer"}
    points = [(at, at - since) for at in moments if (since := oldest_at(at)) is not None]
    return Series(OLDEST_AGE, labels, points)


def firing(alerts: dict[str, Alert], series: list[Series], at_seconds: float) -> set[str]:
    return {
        alert.name
        for alert in alerts.values()
        if fires(alert.query, series, at_seconds, duration_seconds=alert.duration_seconds)
    }


@pytest.mark.parametrize(("drive", "expected"), RUNS, ids=[drive.__name__ for drive, _ in RUNS])
def test_a_real_run_pages_for_what_happened_in_it(
    alerts: dict[str, Alert], drive: Callable[[], Run], expected: set[str]
) -> None:
    """And for nothing else; also where its lines are counted late; and it closes within an hour or so."""
    series = series_of(logged_at(NOW, drive()))
    assert firing(alerts, series, NOW) == expected
    assert firing(alerts, series, NOW + LATEST_POINT_SECONDS) == expected
    assert firing(alerts, series, NOW + HOUR) == set()


def test_every_alert_over_a_log_based_metric_is_tried(alerts: dict[str, Alert]) -> None:
    assert {name for _, names in RUNS for name in names} == set(alerts) - BY_AGE


def test_a_healthy_run_of_three_days_pages_nobody(alerts: dict[str, Alert]) -> None:
    """Its lines again every ten minutes, and deliveries that wait for most of it."""
    run, begin = healthy(), NOW - 3 * DAY
    logged = [entry for at in range(0, 3 * DAY, 10 * MINUTE) for entry in logged_at(begin + at, run)]
    series = [*series_of(logged), ages(lambda _: begin, begin, NOW)]
    for hours in range(1, 3 * 24 + 1):
        assert firing(alerts, series, begin + hours * HOUR) == set()


def test_one_line_alone_is_enough(alerts: dict[str, Alert]) -> None:
    """The first of its metric ever: nothing to compare it with."""
    run = runs.wrong_configuration()
    line = next(entry for entry in run.entries if entry.get("jsonPayload", {}).get("message"))
    assert firing(alerts, series_of([(NOW, line)]), NOW) == {"configuration refused"}


def test_a_refusal_that_passes_within_minutes_pages_nobody(alerts: dict[str, Alert]) -> None:
    """Four lines, a minute apart; the fifth does."""
    refused = {
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": runs.SERVICE_NAME}},
        "severity": "ERROR",
        "jsonPayload": {"message": "credentials.refused"},
    }
    four = [(NOW + minute * MINUTE, refused) for minute in range(4)]
    assert firing(alerts, series_of(four), NOW + 4 * MINUTE) == set()
    five = [*four, (NOW + 4 * MINUTE, refused)]
    assert firing(alerts, series_of(five), NOW + 4 * MINUTE) == {"credentials or project refused"}


def test_a_day_without_an_accepted_record_pages(alerts: dict[str, Alert]) -> None:
    """What was accepted until a delivery began to wait does not count, nor does a younger delivery page."""
    waits_since = NOW - 26 * HOUR
    accepted = series_of(logged_at(waits_since - HOUR, healthy()))
    age = ages(lambda _: waits_since, waits_since, NOW)
    assert firing(alerts, [*accepted, age], NOW) == {"import stands still"}
    assert firing(alerts, [*accepted, age], waits_since + 24 * HOUR) == set()


def test_one_accepted_record_within_the_day_pages_nobody(alerts: dict[str, Alert]) -> None:
    """Slow is not still."""
    begin = NOW - 3 * DAY
    accepted = series_of(logged_at(NOW - 23 * HOUR, healthy()))
    assert firing(alerts, [*accepted, ages(lambda _: begin, begin, NOW)], NOW) == set()


def test_going_on_after_a_pause_pages_nobody(alerts: dict[str, Alert]) -> None:
    """Three days old deliveries, and the first accepted records counted 20 minutes after it is over.

    The policy is made when the pause ends: how long its condition has held is counted from then on.
    """
    begin, resumed = NOW - 3 * DAY, NOW
    moments = [resumed + minutes * MINUTE for minutes in range(180)]
    logged = [entry for at in moments[20::10] for entry in logged_at(at, healthy())]
    series = [*series_of(logged), ages(lambda _: begin, begin, moments[-1])]
    for alert in alerts.values():
        for at in moments:
            if at - alert.duration_seconds >= resumed:
                held = fires(alert.query, series, at, duration_seconds=alert.duration_seconds)
                assert not held, (alert.name, at)


def test_deliveries_page_ten_days_before_they_expire(alerts: dict[str, Alert]) -> None:
    """Whatever else happens: records are accepted meanwhile."""
    waits_since = NOW - 21 * DAY
    age = ages(lambda _: waits_since, NOW - HOUR, NOW + HOUR)
    accepted = series_of(logged_at(NOW - HOUR, healthy()))
    assert firing(alerts, [*accepted, age], NOW - MINUTE) == set()
    assert firing(alerts, [*accepted, age], NOW + MINUTE) == {"deliveries close to expiry"}


def test_nothing_looks_back_further_than_may_be(alerts: dict[str, Alert]) -> None:
    for alert in alerts.values():
        for selector in selectors(alert.query):
            assert selector.window_seconds + alert.duration_seconds <= LOOK_BACK_SECONDS


def test_without_an_address_there_are_none() -> None:
    assert alerts_of(applied()) == {}


def test_standing_still_on_purpose_pages_nobody(alerts: dict[str, Alert]) -> None:
    """Paused, all others stay: deliveries expire all the same."""
    paused = alerts_of(applied(alert_email=EMAIL, paused=True))
    assert set(alerts) - set(paused) == {"import stands still"}


def test_each_text_names_a_command_to_run(alerts: dict[str, Alert]) -> None:
    """Of programs that whoever is paged has, and one of them does more than read the log."""
    for alert in alerts.values():
        assert any(not command.startswith("gcloud ") for command in alert.commands)
        assert all(
            command.startswith(("python -m partitioner ", "terraform apply", "gcloud logging read "))
            for command in alert.commands
        )


def test_each_command_could_be_typed(alerts: dict[str, Alert]) -> None:
    """The partitioner has it, with these options; Terraform's variables are declared."""
    declared = (ROOT / "terraform" / "variables.tf").read_text()
    for alert in alerts.values():
        for command in [part for line in alert.commands for part in line.split(" && ")]:
            if command.startswith("python -m partitioner "):
                name, *words = shlex.split(command)[3:]
                click_command = main.commands[name]
                click_command.make_parser(click.Context(click_command)).parse_args(words)
        for variable in re.findall(r"TF_VAR_(\w+)|-var (\w+)=", alert.text):
            assert f'variable "{"".join(variable)}"' in declared
