"""The embedded topic as a process: published to by real clients, pushing to a real server."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.pubsub_v1.services.publisher import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.types import PubsubMessage

from local.backlog import Settings
from local.bucket import Notifications, bucket_server
from local.google_topic import find_emulator, google_topic
from local.topic import TOPIC, Topic, embedded_topic

pytestmark = pytest.mark.slow

QUICK = Settings(
    ack_deadline_seconds=2, minimum_backoff_seconds=0.1, maximum_backoff_seconds=1, retention_seconds=600
)
SECONDS = Settings(
    ack_deadline_seconds=10,
    minimum_backoff_seconds=1,
    maximum_backoff_seconds=2,
    retention_seconds=31 * 86_400,
)


@dataclass
class Subscriber:
    """Keeps what is pushed, and answers with the next of `statuses`, then 200."""

    statuses: list[int] = field(default_factory=list)
    pushed: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.pushed) >= count)
        return self.pushed


def wait_until(is_so: Callable[[], bool], timeout_seconds: float = 10) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    made = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.pushed.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(made.statuses.pop(0) if made.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def publish(topic: Topic, *contents: bytes) -> list[str]:
    with grpc.insecure_channel(topic.host) as channel:
        client = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        messages = [PubsubMessage(data=content, attributes={"objectId": "x"}) for content in contents]
        answer = client.publish(topic=f"projects/local/topics/{TOPIC}", messages=messages)
        return list(answer.message_ids)


def test_pushes_the_envelope_of_pubsub(subscriber: Subscriber, tmp_path: Path) -> None:
    """The body that a push endpoint of Google's gets, both spellings of each name included."""
    with embedded_topic(tmp_path / "topic", subscriber.url) as topic:
        (message_id,) = publish(topic, b"hello")
        (pushed,) = subscriber.wait_for(1)
        wait_until(lambda: topic.state()["acked"] == 1)
    message = pushed["message"]
    assert base64.b64decode(message["data"]) == b"hello"
    assert message["attributes"] == {"objectId": "x"}
    assert message["messageId"] == message["message_id"] == message_id
    assert message["publishTime"] == message["publish_time"]
    assert pushed["subscription"].startswith("projects/local/subscriptions/")


def test_delivers_again_until_acknowledged(subscriber: Subscriber, tmp_path: Path) -> None:
    subscriber.statuses += [503, 500]
    with embedded_topic(tmp_path / "topic", subscriber.url, settings=QUICK) as topic:
        publish(topic, b"again")
        subscriber.wait_for(3)
        wait_until(lambda: topic.state()["outstanding"] == 0)
        state = topic.state()
    assert (state["published"], state["delivered"], state["nacked"], state["acked"]) == (1, 3, 2, 1)


def test_killed_it_loses_nothing(subscriber: Subscriber, tmp_path: Path) -> None:
    """Published and not delivered before SIGKILL: delivered by the next process on the same folder."""
    with embedded_topic(tmp_path / "topic", subscriber.url) as topic:
        topic.switch(held=True)
        publish(topic, b"one", b"two")
        topic.process.kill()
    assert subscriber.pushed == []
    with embedded_topic(tmp_path / "topic", subscriber.url) as topic:
        subscriber.wait_for(2)
        wait_until(lambda: topic.state()["outstanding"] == 0)
    with embedded_topic(tmp_path / "topic", subscriber.url) as topic:
        assert topic.state()["outstanding"] == 0


def test_everything_again_and_everything_twice(subscriber: Subscriber, tmp_path: Path) -> None:
    with embedded_topic(tmp_path / "topic", subscriber.url, settings=QUICK) as topic:
        publish(topic, b"one", b"two")
        wait_until(lambda: topic.state()["acked"] == 2)
        topic.switch(doubled=True)
        assert topic.redeliver() == 2
        subscriber.wait_for(6)


def test_an_unknown_switch_is_refused(subscriber: Subscriber, tmp_path: Path) -> None:
    with (
        embedded_topic(tmp_path / "topic", subscriber.url) as topic,
        pytest.raises(Exception, match="no such switch: fast"),
    ):
        topic.switch(fast=True)


def test_an_upload_becomes_a_push(subscriber: Subscriber, tmp_path: Path) -> None:
    """fake-gcs-server publishes here what GCS publishes, and only for the bucket it was told."""
    with embedded_topic(tmp_path / "topic", subscriber.url) as topic:
        _upload_becomes_a_push(topic, subscriber, tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(find_emulator() is None, reason="Google's Pub/Sub emulator isn't installed")
def test_an_upload_becomes_a_push_through_googles_emulator(subscriber: Subscriber, tmp_path: Path) -> None:
    """The same push from Google's own program, also after a nack."""
    subscriber.statuses += [503]
    with google_topic(subscriber.url, log=tmp_path / "emulator.log", settings=SECONDS) as topic:
        _upload_becomes_a_push(topic, subscriber, tmp_path, pushes=2)


def _upload_becomes_a_push(topic: Topic, subscriber: Subscriber, tmp_path: Path, pushes: int = 1) -> None:
    notifications = Notifications("chunks", topic.host, TOPIC)
    with bucket_server(tmp_path / "objects", notifications=notifications) as server:
        client: Any = storage.Client(
            project="local",
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": server.url},
        )
        client.bucket("state").blob("quiet").upload_from_string(b"x")
        blob = client.bucket("chunks").blob("a/b.ndjson.gz")
        blob.upload_from_string(b"content")
        pushed = subscriber.wait_for(pushes)[-1]
    assert len(subscriber.pushed) == pushes
    attributes = pushed["message"]["attributes"]
    assert (attributes["bucketId"], attributes["objectId"]) == ("chunks", "a/b.ndjson.gz")
    assert attributes["eventType"] == "OBJECT_FINALIZE"
    assert attributes["objectGeneration"] == str(blob.generation)
    resource = json.loads(base64.b64decode(pushed["message"]["data"]))
    assert resource["crc32c"] == blob.crc32c
