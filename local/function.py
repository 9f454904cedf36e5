"""The function as a process: the real functions-framework, as the cloud starts it."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.processes import Process, answers, clean_environ, free_port, running

MAIN = Path(__file__).parent.parent / "function" / "main.py"
LET_GO_SECONDS = 5.0
# What a deployment sets beside the knobs: for functions-framework, and for the C library.
FRAMEWORK = {
    "FUNCTION_TARGET": "on_finalize",
    "FUNCTION_SIGNATURE_TYPE": "cloudevent",
    "MALLOC_ARENA_MAX": "2",
    "THREADS": "40",
    "WORKERS": "1",
    "DEBUG": "",
}


@dataclass(frozen=True, slots=True)
class Function:
    url: str
    process: Process

    def log_lines(self) -> list[dict[str, Any]]:
        """What it has logged so far, without what isn't structured."""
        return LogReader(self.process.log).read()


class LogReader:
    """The structured lines of a log that grows, each once; with `at_end` only those still to come."""

    def __init__(self, log: Path, *, at_end: bool = False) -> None:
        self.path = log
        self._offset = log.stat().st_size if at_end and log.exists() else 0

    def read(self) -> list[dict[str, Any]]:
        """What has come since the last call."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._offset)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        lines = []
        for line in whole.splitlines():
            with contextlib.suppress(ValueError):
                content = json.loads(line)
                if isinstance(content, dict):
                    lines.append(content)
        return lines


@contextlib.contextmanager
def function(
    environ: Mapping[str, str],
    *,
    log: Path,
    port: int | None = None,
    source: Path = MAIN,
    python: str = sys.executable,
) -> Iterator[Function]:
    """The function of `source` on loopback, configured by `environ` alone. Raises StackFailed.

    `python`: of an environment that holds what the function needs.
    """
    port = port or free_port()
    _wait_until_let_go(port)
    settings = {**FRAMEWORK, "FUNCTION_SOURCE": str(source), "HOST": "127.0.0.1", "PORT": str(port)}
    # Where gunicorn puts its control socket: else two side by side would share one in the home folder.
    settings["XDG_RUNTIME_DIR"] = str(log.parent)
    with running(
        "function",
        # -P: as in the cloud, where the current folder is not on the path either.
        [python, "-P", "-m", "functions_framework"],
        log=log,
        environ=clean_environ(PYTHONUNBUFFERED="1") | settings | dict(environ),
        is_ready=lambda: answers(port),
        # gunicorn would wait for the requests under way; whatever ends them, they are delivered again.
        grace_seconds=1,
    ) as process:
        yield Function(f"http://127.0.0.1:{port}/", process)


def _wait_until_let_go(port: int) -> None:
    """The workers of one that was killed may listen a moment longer, and be taken for the new one."""
    ends_at = time.monotonic() + LET_GO_SECONDS
    while answers(port) and time.monotonic() < ends_at:
        time.sleep(0.01)
