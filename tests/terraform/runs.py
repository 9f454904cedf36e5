"""Real runs of the local stack, one for each thing that an alert is about, and what the function logged.

What only the platform logs (that memory ran out, say) no local run can show.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from function.state import Entry as LedgerEntry
from local.backlog import Settings
from local.function import MAIN
from local.stack import CHUNKS_BUCKET, Stack, stack
from tests.end_to_end.chunks import all_are, record, send_ready, upload, wait_until
from tests.terraform.log_entries import entries_of
from tests.terraform.log_filter import Entry
from tests.terraform.shared import shared

SERVICE_NAME = "mixpanel-importer"
HASTY = Settings(
    ack_deadline_seconds=60, minimum_backoff_seconds=0.2, maximum_backoff_seconds=0.5, retention_seconds=600
)
# A pause after a refusal is a ninth of it, a lease an eighteenth.
TIMEOUT_SECONDS = 30
RAISES = """
def on_finalize(cloud_event):
    raise LookupError("nobody has thought of that")
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What the function logged from start to end; ledgers and simulator are as they were before the end."""

    entries: tuple[Entry, ...]
    ledgers: tuple[LedgerEntry, ...]
    simulated: dict[str, Any]


@shared
def healthy() -> Run:
    """Nothing to act on: doubled deliveries, refused records, faults that pass, a deadline."""
    lines = [record(number, plan="stolen" if number % 500 == 7 else "own") for number in range(5_000)]
    contents = {
        "export-00001.ndjson.gz": send_ready(lines[:4_500]),
        "export-00002.ndjson": b"\n".join([*lines[4_500:], b'{"event": "viewed"}', b"no JSON"]),
        "empty.ndjson": b"",
        "_manifests/export.json": b"{}",
    }
    # The one that stalls outlasts the invocation: what was accepted behind it is posted again by the next.
    stalls = {"fault": "stall", "stored": False, "seconds": 40}
    faults: list[object] = ["pass", "429", stalls, "pass", "503", "reset", "html-502", "half-body", "429"]

    def drive(up: Stack) -> None:
        up.simulator.switch(refuse_where={"plan": "stolen"})
        up.simulator.add_faults(faults)
        up.topic.switch(doubled=True)
        upload(up, contents)
        wait_until(up, lambda: all_are(up, "done", 2))
        wait_until(up, lambda: up.topic.state()["outstanding"] == 0)

    return _run(drive)


def wrong_token() -> Run:
    """Until Mixpanel has refused it for the fifth time."""

    def drive(up: Stack) -> None:
        upload(up, {"export.ndjson": record(1)})
        _wait_amid_others(up, "credentials.refused", 5)

    return _run(drive, MIXPANEL_TOKEN="mistyped")


def refusing_project() -> Run:
    """Until the project has refused all for the fifth time."""

    def drive(up: Stack) -> None:
        up.simulator.switch(refuse_all="listed")
        upload(up, {"export.ndjson.gz": send_ready([record(number) for number in range(2_000)])})
        _wait_amid_others(up, "project.refused", 5)

    return _run(drive)


@shared
def wrong_configuration() -> Run:
    def drive(up: Stack) -> None:
        upload(up, {"export.ndjson": record(1)})
        _wait_for(up, "config.refused", 1)

    return _run(drive, MAX_ATTEMPTS="many")


def killed_process() -> Run:
    """As if it had run out of memory; the chunk that was at work is quarantined at the first such end."""

    def drive(up: Stack) -> None:
        up.simulator.add_faults([{"fault": "stall", "stored": False, "seconds": 30}])
        upload(up, {"export.ndjson": record(1)})
        wait_until(up, lambda: up.simulator.state()["most_in_flight"] == 1)
        _worker(up).kill()
        _wait_for(up, "chunk.quarantined", 1)

    return _run(drive, MAX_ATTEMPTS=1)


def deleted_object() -> Run:
    def drive(up: Stack) -> None:
        up.topic.switch(held=True)
        upload(up, {"export.ndjson": record(1)})
        up.bucket.delete(CHUNKS_BUCKET, "export.ndjson")
        up.topic.switch(held=False)
        _wait_for(up, "chunk.lost", 1)

    return _run(drive)


def refused_object() -> Run:
    def drive(up: Stack) -> None:
        upload(up, {"export.zip": b"PK\x03\x04" + bytes(200)})
        _wait_for(up, "chunk.refused", 1)

    return _run(drive)


def too_long_a_name() -> Run:
    """Longer than its ledger entry's name may be; of parts that the local bucket can store."""

    def drive(up: Stack) -> None:
        upload(up, {"/".join(["n" * 200] * 5): record(1)})
        _wait_for(up, "chunk.skipped", 1)

    return _run(drive)


@shared
def unforeseen_error() -> Run:
    """Of a function that raises what ours is not known to raise: what is printed is functions-framework's."""

    def drive(up: Stack) -> None:
        upload(up, {"export.ndjson": record(1)})
        wait_until(up, lambda: "Traceback" in up.function.process.log.read_text())

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "main.py"
        source.write_text(RAISES)
        return _run(drive, source=source)


def _run(drive: Callable[[Stack], None], *, source: Path = MAIN, **knobs: object) -> Run:
    environ = {"TIMEOUT_SECONDS": str(TIMEOUT_SECONDS)} | {name: str(value) for name, value in knobs.items()}
    with tempfile.TemporaryDirectory() as folder:
        with stack(Path(folder), environ=environ, settings=HASTY, source=source) as up:
            drive(up)
            ledgers, simulated = tuple(up.ledgers().values()), up.simulator.state()
        entries = entries_of(up.logs / "function.log", SERVICE_NAME)
    return Run(tuple(entries), ledgers, simulated)


def _wait_for(up: Stack, line: str, count: int) -> None:
    wait_until(up, lambda: _count(up, line) >= count)


def _wait_amid_others(up: Stack, line: str, count: int) -> None:
    """While other deliveries are acknowledged: else the topic, as the real one, would soon wait a minute."""
    for number in range(120):
        if _count(up, line) >= count:
            return
        upload(up, {f"empty-{number}.ndjson": b""})
        time.sleep(0.5)
    raise AssertionError(f"{line} came {_count(up, line)} times in a minute")


def _count(up: Stack, line: str) -> int:
    return sum(each.get("message") == line for each in up.function.log_lines())


def _worker(up: Stack) -> psutil.Process:
    """What gunicorn's master has forked: it goes by the same command."""
    master = psutil.Process(up.function.process.pid)
    (worker,) = [child for child in master.children() if child.cmdline() == master.cmdline()]
    return worker
