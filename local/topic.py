"""The topic as the stack starts it: our own (local.broker), or Google's emulator (local.google_topic)."""

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.backlog import Settings, read_settings
from local.processes import Process, StackFailed, free_port, own_environ, running
from local.web import call, is_up

TOPIC = "chunks"


@dataclass(frozen=True, slots=True)
class Topic:
    """`host` is what PUBSUB_EMULATOR_HOST is set to; `admin_url` is empty for Google's emulator."""

    host: str
    process: Process
    admin_url: str = ""

    def state(self) -> dict[str, Any]:
        """Counts and switches, as local.pusher has them. Raises NoAnswer, StackFailed."""
        answer: dict[str, Any] = self._call("GET", "")
        return answer

    def redeliver(self) -> int:
        """Every message ever published is delivered once more; how many that are."""
        count: int = self._call("POST", "/redeliver")["redelivered"]
        return count

    def switch(self, **switches: bool) -> None:
        """doubled, shuffled, held."""
        self._call("PUT", "/switches", switches)

    def _call(self, method: str, path: str, body: object = None) -> Any:
        if not self.admin_url:
            raise StackFailed("Google's emulator has no counts and switches: use the embedded topic")
        return call(method, self.admin_url + path, body)


@contextlib.contextmanager
def embedded_topic(
    folder: Path,
    push_to: str,
    *,
    settings: Settings | None = None,
    log: Path | None = None,
    ports: tuple[int, int] | None = None,
    seed: int | None = None,
) -> Iterator[Topic]:
    """Our own topic on loopback; its messages live in `folder` and outlive it. `ports`: gRPC, administration.

    Raises StackFailed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings_file = folder / "settings.json"
    settings_file.write_text(json.dumps(asdict(settings or read_settings())))
    port, admin_port = ports or (free_port(), free_port())
    command: list[str | Path] = [sys.executable, "-m", "local.broker", "--folder", folder]
    command += ["--push-to", push_to, "--port", str(port), "--admin-port", str(admin_port)]
    command += ["--settings", settings_file]
    if seed is not None:
        command += ["--seed", str(seed)]
    admin_url = f"http://127.0.0.1:{admin_port}/topic"
    log = log or folder.with_name(folder.name + ".log")

    def is_ready() -> bool:
        return is_up(admin_url)

    with running("topic", command, log=log, environ=own_environ(), is_ready=is_ready) as process:
        yield Topic(f"127.0.0.1:{port}", process, admin_url)
