"""The metrics of Google's own that alerts and dashboard read, as its lists have them."""

from collections.abc import Callable
from dataclasses import dataclass

PUBSUB_AND_RUN = "https://docs.cloud.google.com/monitoring/api/metrics_gcp_p_z"  # 2026-11
LOGGING = "https://docs.cloud.google.com/monitoring/api/metrics_gcp_i_o"  # 2026-11


@dataclass(frozen=True, slots=True)
class PlatformMetric:
    """`resource` is the type of what it is measured on; *: whatever logs."""

    kind: str
    value_type: str
    resource: str
    labels: frozenset[str]
    source: str


PLATFORM_METRICS = {
    "logging.googleapis.com/byte_count": PlatformMetric(
        "DELTA", "INT64", "*", frozenset({"log", "severity"}), LOGGING
    ),
    "pubsub.googleapis.com/subscription/num_undelivered_messages": PlatformMetric(
        "GAUGE", "INT64", "pubsub_subscription", frozenset(), PUBSUB_AND_RUN
    ),
    "pubsub.googleapis.com/subscription/oldest_unacked_message_age": PlatformMetric(
        "GAUGE", "INT64", "pubsub_subscription", frozenset(), PUBSUB_AND_RUN
    ),
    "run.googleapis.com/container/billable_instance_time": PlatformMetric(
        "DELTA", "DOUBLE", "cloud_run_revision", frozenset(), PUBSUB_AND_RUN
    ),
    "run.googleapis.com/container/instance_count": PlatformMetric(
        "GAUGE", "INT64", "cloud_run_revision", frozenset({"state"}), PUBSUB_AND_RUN
    ),
    "run.googleapis.com/container/memory/utilizations": PlatformMetric(
        "DELTA", "DISTRIBUTION", "cloud_run_revision", frozenset({"container_name"}), PUBSUB_AND_RUN
    ),
}

# Which metrics each way of making one value of a minute's points is for.
# Source: https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#Aligner (2026-11).
ALIGNERS: dict[str, Callable[[PlatformMetric], bool]] = {
    "ALIGN_MAX": lambda metric: metric.value_type in ("INT64", "DOUBLE"),
    "ALIGN_PERCENTILE_99": lambda metric: metric.value_type == "DISTRIBUTION",
    "ALIGN_RATE": lambda metric: metric.kind == "DELTA" and metric.value_type in ("INT64", "DOUBLE"),
}
