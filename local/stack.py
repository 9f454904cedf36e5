"""Bucket, topic, function and simulator, wired as in the cloud, each a process of its own."""

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType
from typing import Generic, NoReturn, Protocol, TypeVar

from function.state import Entry, decode_entry
from local.backlog import Settings
from local.bucket import BucketServer, Notifications, bucket_server
from local.destination import Destination, read_destination
from local.function import MAIN, Function, function
from local.processes import Process, free_port
from local.simulator import TOKEN, Simulator, simulator
from local.topic import TOPIC, Topic, embedded_topic

CHUNKS_BUCKET, STATE_BUCKET = "chunks", "state"


class Running(Protocol):
    @property
    def process(self) -> Process: ...


Handle = TypeVar("Handle", bound=Running)


class Part(Generic[Handle]):
    """A part that can be killed and started again at the same address, on the same folder."""

    def __init__(self, start: Callable[[], AbstractContextManager[Handle]]) -> None:
        self._start, self._exit = start, contextlib.ExitStack()
        self.start()

    def start(self) -> None:
        self.handle = self._exit.enter_context(self._start())

    def kill(self) -> None:
        """SIGKILL; it stays down until `start`."""
        self.handle.process.kill()

    def restart(self) -> None:
        """SIGKILL, then a new one."""
        self.kill()
        self.start()

    def stop(self) -> None:
        self._exit.close()


class Stack:
    """What `stack` yields. Addresses stay the same for its whole life."""

    def __init__(self, folder: Path, *, simulator: Part[Simulator] | None, topic: Part[Topic]) -> None:
        self.folder, self.simulator_part, self.topic_part = folder, simulator, topic
        self.knobs: Mapping[str, str] = {}
        self.bucket_part: Part[BucketServer]
        self.function_part: Part[Function]

    @property
    def logs(self) -> Path:
        """The folder of every process's log."""
        return self.folder / "logs"

    @property
    def destination(self) -> Destination:
        """What the function was told to send to. Raises Refused where that is unusable."""
        return read_destination(self.knobs)

    @property
    def bucket(self) -> BucketServer:
        return self.bucket_part.handle

    @property
    def topic(self) -> Topic:
        return self.topic_part.handle

    @property
    def function(self) -> Function:
        return self.function_part.handle

    @property
    def simulator(self) -> Simulator:
        assert self.simulator_part, "this stack sends to the real thing"
        return self.simulator_part.handle

    def ledgers(self) -> dict[str, Entry]:
        """Every ledger entry, by its object's name."""
        names = self.bucket.names(STATE_BUCKET, "ledger/")
        return {name: decode_entry(self.bucket.read(STATE_BUCKET, name)) for name in names}

    def kill_function(self) -> None:
        self.function_part.kill()

    def restart_function(self) -> None:
        self.function_part.restart()

    def check(self) -> None:
        """Raises StackFailed where a process has ended by itself."""
        for part in (self.bucket_part, self.topic_part, self.function_part, self.simulator_part):
            if part and not part.handle.process.is_running():
                raise part.handle.process.failure("ended by itself")


@contextlib.contextmanager
def stack(  # noqa: PLR0913 (each a part that a test or a command turns, and none of them needs another)
    folder: Path,
    *,
    to: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    switches: Mapping[str, object] | None = None,
    keep_records: bool = False,
    topic: str = "embedded",
    settings: Settings | None = None,
    source: Path = MAIN,
    python: str = sys.executable,
) -> Iterator[Stack]:
    """The whole path, up once this is entered. What is in `folder` outlives it: objects, messages, logs.

    `to`: the credentials of a real project (MIXPANEL_…); without it a simulator, turned by `switches`, whose
    records outlive it too if `keep_records`.
    `environ`: more of the function's knobs. `topic`: embedded or google. `source`, `python`: see `function`.
    Raises StackFailed.
    """
    logs = folder / "logs"
    port, bucket_port, simulator_port = free_port(), free_port(), free_port()
    topic_ports = free_port(), free_port()
    push_to = f"http://127.0.0.1:{port}/"

    def start_simulator() -> AbstractContextManager[Simulator]:
        store = folder / "records" if keep_records else None
        return simulator(log=logs / "simulator.log", port=simulator_port, switches=switches, store=store)

    def start_topic() -> AbstractContextManager[Topic]:
        log = logs / "topic.log"
        if topic == "google":
            from local.google_topic import google_topic  # noqa: PLC0415 (0.7 s that our own topic doesn't need)

            return google_topic(push_to, log=log, settings=settings, port=topic_ports[0])
        return embedded_topic(folder / "topic", push_to, settings=settings, log=log, ports=topic_ports)

    with contextlib.ExitStack() as parts:

        def part(start: Callable[[], AbstractContextManager[Handle]]) -> Part[Handle]:
            made = Part(start)
            parts.callback(made.stop)
            return made

        made = Stack(folder, simulator=None if to else part(start_simulator), topic=part(start_topic))
        notifications = Notifications(CHUNKS_BUCKET, made.topic.host, TOPIC)
        made.bucket_part = part(
            lambda: bucket_server(
                folder / "objects",
                buckets=(CHUNKS_BUCKET, STATE_BUCKET),
                notifications=notifications,
                log=logs / "bucket.log",
                port=bucket_port,
            )
        )
        knobs = to or {"MIXPANEL_TOKEN": TOKEN, "MIXPANEL_URL": made.simulator.url}
        made.knobs = {**knobs, "STATE_BUCKET": STATE_BUCKET, **made.bucket.environ, **(environ or {})}
        made.function_part = part(
            lambda: function(made.knobs, log=logs / "function.log", port=port, source=source, python=python)
        )
        yield made


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end a `with` in good order, as Ctrl-C does, with the shell's exit code for them."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
