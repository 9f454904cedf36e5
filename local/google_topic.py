"""Google's own Pub/Sub emulator as the stack's topic, where the Cloud SDK has it installed.

It honours ack deadline and retry policy, keeps messages in memory alone, and refuses a retention over 7 days
(0.8.20, 2026-11). It also loses messages: where several are nacked at once it may never push one of them
again, not even after its ack deadline (m: after 5 of 23 kills of the function with four chunks there; a pull
subscription beside it still has the message, and answers of 502 have it happen as well). Then only
lost.deliver_lost helps. Source: https://cloud.google.com/pubsub/docs/emulator (2026-11).
"""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import grpc
from google.protobuf.duration_pb2 import Duration
from google.pubsub_v1.services.publisher import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import PushConfig, RetryPolicy, Subscription

from local.backlog import Settings, read_settings
from local.bucket import PROJECT_ID
from local.processes import StackFailed, answers, clean_environ, free_port, running
from local.topic import TOPIC, Topic

LONGEST_RETENTION_SECONDS = 7 * 86_400
INSTALLED_UNDER = (Path("/usr/lib/google-cloud-sdk"), Path.home() / "google-cloud-sdk")


def find_emulator() -> Path | None:
    """The emulator's start script; None where it isn't installed, or Java isn't."""
    roots = list(INSTALLED_UNDER)
    if gcloud := shutil.which("gcloud"):
        roots.insert(0, Path(gcloud).resolve().parent.parent)
    scripts = [root / "platform" / "pubsub-emulator" / "bin" / "cloud-pubsub-emulator" for root in roots]
    found = next((script for script in scripts if script.exists()), None)
    return found if shutil.which("java") else None


@contextlib.contextmanager
def google_topic(
    push_to: str, *, log: Path, settings: Settings | None = None, port: int | None = None
) -> Iterator[Topic]:
    """Google's emulator with the topic and its push subscription. Forgets everything when it ends.

    Raises StackFailed, also where it isn't installed.
    """
    script = find_emulator()
    if not script:
        raise StackFailed(
            "Google's Pub/Sub emulator isn't installed: gcloud components install pubsub-emulator "
            "(it needs Java), or leave out --topic google"
        )
    port = port or free_port()
    host = f"127.0.0.1:{port}"
    command: list[str | Path] = [script, "--host=127.0.0.1", f"--port={port}"]
    with running(
        "Google's Pub/Sub emulator",
        command,
        log=log,
        environ=clean_environ(),
        is_ready=lambda: answers(port),
        timeout_seconds=60,
    ) as process:
        _subscribe(host, push_to, settings or read_settings())
        yield Topic(host, process)


def _subscribe(host: str, push_to: str, settings: Settings) -> None:
    topic = f"projects/{PROJECT_ID}/topics/{TOPIC}"
    subscription = Subscription(
        name=f"projects/{PROJECT_ID}/subscriptions/importer",
        topic=topic,
        push_config=PushConfig(push_endpoint=push_to),
        ack_deadline_seconds=int(settings.ack_deadline_seconds),
        message_retention_duration=_seconds(min(settings.retention_seconds, LONGEST_RETENTION_SECONDS)),
        retry_policy=RetryPolicy(
            minimum_backoff=_seconds(settings.minimum_backoff_seconds),
            maximum_backoff=_seconds(settings.maximum_backoff_seconds),
        ),
    )
    with grpc.insecure_channel(host) as channel:
        PublisherClient(transport=PublisherGrpcTransport(channel=channel)).create_topic(name=topic)
        subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        subscriber.create_subscription(subscription)


def _seconds(seconds: float) -> Duration:
    return Duration(seconds=int(seconds))
