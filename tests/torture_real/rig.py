"""The stack of real processes with a link between any two of them, each to be broken by itself."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.backlog import Settings
from local.bucket import Notifications, bucket_server
from local.function import function
from local.processes import free_port
from local.simulator import TOKEN, simulator
from local.stack import CHUNKS_BUCKET, STATE_BUCKET, Part, Stack
from local.topic import TOPIC, embedded_topic
from tests.torture_real.plan import LINKS
from tests.torture_real.tcp_proxy import Link, network

# As the real subscription's, but for a test's patience.
HASTY = Settings(
    ack_deadline_seconds=60, minimum_backoff_seconds=0.3, maximum_backoff_seconds=1.5, retention_seconds=3_600
)
# A tenth of the default, so that a killed owner's lease is over in three seconds; few batches in flight, so
# that a chunk takes long enough to be struck.
KNOBS = {"TIMEOUT_SECONDS": "54", "BATCHES_IN_FLIGHT": "3"}


@dataclass(frozen=True, slots=True)
class Rig:
    """`links` by name: who calls, and who is called."""

    stack: Stack
    links: dict[str, Link]

    @property
    def client_environ(self) -> dict[str, str]:
        """What a command of the partitioner's needs to find the bucket, by a link of its own."""
        return {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{self.links['client-bucket'].port}"}


@contextlib.contextmanager
def rig(folder: Path) -> Iterator[Rig]:
    """Wired as local.stack does it. Raises StackFailed."""
    logs = folder / "logs"
    ports = {name: free_port() for name in ("function", "bucket", "simulator", "topic", "administration")}
    with contextlib.ExitStack() as parts:
        links_of = parts.enter_context(network())
        links = {name: links_of.link(ports[name.partition("-")[2]]) for name in LINKS}
        simulator_part = Part(lambda: simulator(log=logs / "simulator.log", port=ports["simulator"]))
        parts.callback(simulator_part.stop)
        topic_part = Part(
            lambda: embedded_topic(
                folder / "topic",
                f"http://127.0.0.1:{links['topic-function'].port}/",
                settings=HASTY,
                log=logs / "topic.log",
                ports=(ports["topic"], ports["administration"]),
            )
        )
        parts.callback(topic_part.stop)
        made = Stack(folder, simulator=simulator_part, topic=topic_part)
        notifications = Notifications(CHUNKS_BUCKET, f"127.0.0.1:{links['bucket-topic'].port}", TOPIC)
        made.bucket_part = Part(
            lambda: bucket_server(
                folder / "objects",
                buckets=(CHUNKS_BUCKET, STATE_BUCKET),
                notifications=notifications,
                log=logs / "bucket.log",
                port=ports["bucket"],
            )
        )
        parts.callback(made.bucket_part.stop)
        made.knobs = {
            "MIXPANEL_TOKEN": TOKEN,
            "MIXPANEL_URL": f"http://127.0.0.1:{links['function-simulator'].port}",
            "STATE_BUCKET": STATE_BUCKET,
            "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{links['function-bucket'].port}",
            **KNOBS,
        }
        made.function_part = Part(
            lambda: function(made.knobs, log=logs / "function.log", port=ports["function"])
        )
        parts.callback(made.function_part.stop)
        yield Rig(made, links)
