"""The simulator of Mixpanel as a process, and a handle on it."""

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.processes import Process, free_port, own_environ, running
from local.web import call, is_up

# The simulator's own, for a project that is there without being asked for (local/mixpanel/projects.py).
TOKEN = "simulator-token"  # noqa: S105 (it opens nothing but the simulator)


@dataclass(frozen=True, slots=True)
class Simulator:
    """Its administration, as local/mixpanel describes it. Calls raise NoAnswer."""

    url: str
    process: Process

    def state(self) -> Any:
        """Counts since its start or the last reset."""
        return self.call("GET", "state")

    def add_faults(self, script: Sequence[object]) -> None:
        self.call("POST", "faults", list(script))

    def faults(self) -> Any:
        """What is left of the fault script, and what was used."""
        return self.call("GET", "faults")

    def switch(self, **switches: object) -> None:
        self.call("PUT", "switches", switches)

    def call(self, method: str, path: str, body: object = None) -> Any:
        return call(method, f"{self.url}/_simulator/{path}", body)


@contextlib.contextmanager
def simulator(
    *,
    log: Path,
    port: int | None = None,
    switches: Mapping[str, object] | None = None,
    store: Path | None = None,
) -> Iterator[Simulator]:
    """A simulator on loopback, empty at its start or with what `store` holds. Raises StackFailed."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    command: list[str | Path] = [sys.executable, "-m", "local", "simulator", "--port", str(port)]
    if store:
        command += ["--store", store]

    def is_ready() -> bool:
        return is_up(f"{url}/_simulator/state")

    with running("simulator", command, log=log, environ=own_environ(), is_ready=is_ready) as process:
        handle = Simulator(url, process)
        if switches:
            handle.switch(**switches)
        yield handle
