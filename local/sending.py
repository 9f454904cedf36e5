"""Chunks through a running stack: upload, then wait until the ledger says what became of each."""

import os
import time
from pathlib import Path
from typing import Any

from function.logs import Line
from function.state import Status
from local.function import LogReader
from local.lost import deliver_lost
from local.stack import CHUNKS_BUCKET, STATE_BUCKET, Stack
from partitioner.account import Account
from partitioner.exits import Refused
from partitioner.following import sought_of
from partitioner.manifest import Manifest
from partitioner.meter import Meter, show_bytes, show_records
from partitioner.places import Place, open_bucket
from partitioner.uploading import upload
from partitioner.watch import follow

LOOK_SECONDS = 0.5
SETTLING_SECONDS = 5.0
STILL_SECONDS = 20.0
# Nothing that is waited out here: only the user can put it right.
HOPELESS = (Line.CONFIG_REFUSED, Line.CREDENTIALS_REFUSED, Line.PROJECT_REFUSED)


def send(stack: Stack, chunks: Path, manifest: Manifest) -> Account:
    """Shows progress on stderr; the account is of all settled.

    Raises Refused where Mixpanel refuses credentials or project, StackFailed, and what Bucket raises.
    """
    # The storage client knows no other way to say where the emulator is.
    os.environ.update(stack.bucket.environ)
    log = LogReader(stack.function.process.log, at_end=True)
    with open_bucket(CHUNKS_BUCKET) as bucket:
        upload(
            chunks,
            Place(CHUNKS_BUCKET),
            bucket,
            progress=lambda verb, total: Meter(verb, total, show_bytes),
        )
    moved_seconds, tallies = time.monotonic(), None
    with Meter("settled", manifest.records, show_records) as meter, open_bucket(STATE_BUCKET) as state:
        teller = _Teller(log, meter)
        accounts = follow(
            sought_of(manifest),
            state,
            stack.destination.name,
            interval_seconds=LOOK_SECONDS,
        )
        for account in accounts:
            meter.set(account.total.records, _note(account))
            teller.tell()
            if account.is_settled:
                continue
            stack.check()
            if account.tallies != tallies:
                moved_seconds, tallies = time.monotonic(), account.tallies
            elif not stack.topic.admin_url and time.monotonic() - moved_seconds > STILL_SECONDS:
                moved_seconds = time.monotonic()
                deliver_lost(stack)  # Google's emulator forgets messages: see google_topic
    _let_settle(stack)
    return account


class _Teller:
    """Passes on what of the function's log the user should see at once, each sentence once."""

    def __init__(self, log: LogReader, meter: Meter) -> None:
        self._log, self._meter = log, meter
        self._said: set[str] = set()

    def tell(self) -> None:
        """Raises Refused for what doesn't pass by itself."""
        for line in self._log.read():
            sentence = _sentence(line)
            if sentence and sentence not in self._said:
                self._said.add(sentence)
                self._meter.say(sentence)
            if line.get("message") in HOPELESS:
                raise Refused(
                    "only you can put that right; then run the same command again: it goes on, and nothing "
                    f"is sent twice. The function's log: {self._log.path}"
                )


def _let_settle(stack: Stack) -> None:
    """The ledger says done a moment before the delivery is acknowledged."""
    if not stack.topic.admin_url:
        return
    deadline = time.monotonic() + SETTLING_SECONDS
    while stack.topic.state()["outstanding"] and time.monotonic() < deadline:
        time.sleep(0.05)


def _note(account: Account) -> str:
    return f"{account.chunks(Status.DONE):,} of {account.total.chunks:,} chunks done"


def _sentence(line: dict[str, Any]) -> str:
    """What of the function's log the user should see at once."""
    name = line.get("message", "")
    if name == Line.BATCH_RETRIED:
        return f"{name}: {line.get('reason')} (status {line.get('status')}); it waits and tries again"
    if line.get("severity") == "ERROR":
        return f"{name}: {line.get('detail') or line.get('reason', '')}"
    return ""
