"""The stack's processes: each logs to a file of its own and never outlives the process that started it."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
LOG_TAIL_LINES = 15
PORTS = range(15_000, 32_000)
_given_out: set[int] = set()
# What the user's own shell may hold and a process of the stack must not see: it would send to the real thing.
FOREIGN_PREFIXES = ("MIXPANEL_", "GOOGLE_", "GCLOUD_", "CLOUDSDK_", "PUBSUB_", "STORAGE_", "FUNCTION_")


class StackFailed(Exception):  # noqa: N818 (what happened, in the words the user reads)
    """A process of the stack didn't start, or ended; the message holds its log's place and last lines."""


@dataclass(slots=True)
class Process:
    """A running command, the leader of its own process group."""

    name: str
    log: Path
    popen: subprocess.Popen[bytes]
    _leash: int = field(repr=False)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def is_running(self) -> bool:
        return self.popen.poll() is None

    def stop(self, grace_seconds: float = 5) -> None:
        """SIGTERM, then SIGKILL for whatever of the group is left; fine to call twice."""
        if self._leash < 0:
            return
        if self.is_running():
            self.popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(grace_seconds)
        self.kill()

    def kill(self) -> None:
        """SIGKILL for the whole group at once, as a crash would have it."""
        if self._leash < 0:
            return
        # The watcher holds the group's number until here, so it can't be anybody else's by now.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()
        os.close(self._leash)
        self._leash = -1

    def failure(self, what: str) -> StackFailed:
        lines = self.log.read_text("utf-8", "replace").splitlines() if self.log.exists() else []
        tail = "".join(f"\n    {line}" for line in lines[-LOG_TAIL_LINES:])
        return StackFailed(f"{self.name} {what}; its log is {self.log}{tail}")


def start_process(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    environ: Mapping[str, str],
    folder: Path | None = None,
) -> Process:
    """Starts `command`, its output appended to `log`. Ends with us, also when we are killed."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if shutil.which(command[0]) is None:
        raise StackFailed(f"{name} can't start: there is no program {command[0]}")
    held, leash = os.pipe()
    try:
        with log.open("ab") as output:
            popen = subprocess.Popen(
                [sys.executable, "-I", "-S", str(LAUNCHER), str(held), *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environ),
                cwd=folder,
                pass_fds=[held],
                start_new_session=True,
            )
    finally:
        os.close(held)
    return Process(name, log, popen, leash)


@contextlib.contextmanager
def running(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    environ: Mapping[str, str],
    is_ready: Callable[[], bool],
    timeout_seconds: float = 30,
    grace_seconds: float = 5,
) -> Iterator[Process]:
    """The same for the length of a `with`, entered once `is_ready` says so. Raises StackFailed."""
    process = start_process(name, command, log=log, environ=environ)
    try:
        wait_until_ready(process, is_ready, timeout_seconds)
        yield process
    finally:
        process.stop(grace_seconds)


def wait_until_ready(process: Process, is_ready: Callable[[], bool], timeout_seconds: float) -> None:
    """Raises StackFailed where the process ends, or isn't ready in time."""
    deadline = time.monotonic() + timeout_seconds
    while not is_ready():
        if not process.is_running():
            raise process.failure(f"ended at its start (exit code {process.popen.returncode})")
        if time.monotonic() > deadline:
            raise process.failure(f"wasn't ready after {timeout_seconds:.0f} s")
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Whether something listens on this port of the loopback interface."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def free_port() -> int:
    """A port that nothing listens on, which no other process is given as long as this one runs.

    Below the range that outgoing connections take theirs from, so that none slips in before it is used.
    """
    while True:
        port = secrets.choice(PORTS)
        if port in _given_out:
            continue
        held = socket.socket()
        try:
            held.bind(("127.0.0.1", port))
        except OSError:
            held.close()
            continue
        if sys.platform == "linux":
            # From now on it keeps others' probes out, and lets in a server: those ask for SO_REUSEADDR too,
            # which Linux grants beside a socket that doesn't listen (man 7 socket, 2024-06).
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.detach()
        else:
            held.close()
        _given_out.add(port)
        return port


def clean_environ(**settings: str) -> dict[str, str]:
    """Our own environment without what names real accounts, and with no proxy between loopback addresses."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_PREFIXES)}
    environ["NO_PROXY"] = environ["no_proxy"] = "127.0.0.1,localhost"
    return environ | settings


def own_environ() -> dict[str, str]:
    """For a process that runs a module of ours, from whatever folder."""
    root = str(LAUNCHER.parent.parent)
    return clean_environ(PYTHONPATH=root, PYTHONUNBUFFERED="1")
