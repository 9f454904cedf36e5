"""Buckets in memory, the simulator in a thread, and processes of the function that come and go.

Time stands still but for what a test adds to it, so that what lies ahead is known to the second.
"""

import base64
import gzip
import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import google_crc32c

from function.answers import Answer
from function.clock import Clock
from function.cloud_event import ChunkRef
from function.config import Config, read_config
from function.doors import Doors, open_doors
from function.errors import Transient
from function.governor import Governor
from function.importer import import_chunk
from function.mixpanel import Mixpanel, Parcel
from function.sender import Sender
from function.state import Entry, decode_entry, ledger_name
from local.mixpanel.faults import Fault as Answered
from local.mixpanel.reading import export_records
from local.mixpanel.simulator import Simulator
from local.mixpanel.switches import Switches, turn
from tests.end_to_end.fates import SPACE, members_of
from tests.end_to_end.odd_records import NOW_SECONDS
from tests.fakes.memory_bucket import Fault, MemoryBucket

TOKEN = "project-token"
NO_LIMITS = {"records_per_second": 0, "megabytes_per_minute": 0}
TROUBLES = ("deadline", "killed", "unforeseen", "credentials", "unwritten", "unheard", "late")


class Killed(BaseException):
    """Nothing is said or written any more."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What befalls a process when it is about to post for the nth time."""

    kind: str
    post: int


@dataclass(frozen=True, slots=True)
class Letter:
    """`content` is the rejected line, byte for byte but for white space around it."""

    content: bytes
    line: int
    field: str
    message: str
    file: str


class _TroubledSender(Sender):
    post_count = 0
    trouble: Callable[[int], None]

    def submit(self, lane: str, parcel: Parcel, deadline_seconds: float) -> Future[Answer]:
        self.post_count += 1
        self.trouble(self.post_count)
        return super().submit(lane, parcel, deadline_seconds)


class World:
    """One import of one export, from empty buckets on. The simulator is emptied and may be used again."""

    def __init__(self, simulator: Simulator, **switches: Any) -> None:
        self.chunks, self.state = MemoryBucket("chunks"), MemoryBucket("state")
        environ = {"MIXPANEL_TOKEN": TOKEN, "STATE_BUCKET": "state", "BATCHES_IN_FLIGHT": "3"}
        self.config: Config = read_config({**environ, "MIXPANEL_URL": simulator.url})
        self.passed_seconds = self.jumped_seconds = 0.0
        self._simulator = simulator
        self.is_lenient = not switches
        simulator.state.reset()
        simulator.state.switches = turn(Switches(), {**NO_LIMITS, **switches})
        simulator.state.wall_seconds = self.wall_seconds
        self._clock = Clock(self.wall_seconds, lambda: time.monotonic() + self.jumped_seconds)

    def wall_seconds(self) -> float:
        return NOW_SECONDS + self.passed_seconds

    def upload(self, name: str, data: bytes) -> ChunkRef:
        generation = self.chunks.put(name, data)
        crc32c = base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()
        return ChunkRef("chunks", name, generation, len(data), crc32c)

    def import_all(self, chunks: list[ChunkRef], troubles: list[Trouble]) -> None:
        """All at once in a process of their own, once for each trouble and then without any."""
        for trouble in troubles:
            self._import_once(chunks, trouble)
        self._import_once(chunks, None)

    def entry(self, chunk: ChunkRef) -> Entry:
        return decode_entry(self.state.get(ledger_name(self.config.destination, chunk.name)))

    def letters(self, chunk: ChunkRef) -> list[Letter]:
        return [
            letter for part in self.entry(chunk).dead_letters for letter in read_letters(self.state.get(part))
        ]

    def stored(self) -> Counter[bytes]:
        """Each record as it was sent, and how often it was stored."""
        state = self._simulator.state
        return Counter(export_records(state, project=None, deduplicated="0", form="sent", limit=0))

    def _import_once(self, chunks: list[ChunkRef], trouble: Trouble | None) -> None:
        mixpanel = Mixpanel(self.config.import_url, self.config.auth, self.config.batches_in_flight)
        sender = _TroubledSender(mixpanel, Governor(0, 0), self._clock, threads=self.config.batches_in_flight)
        sender.trouble = lambda count: self._strike(trouble) if trouble and trouble.post == count else None
        doors = self._doors(sender)
        with ThreadPoolExecutor(max(1, len(chunks))) as pool:
            for outcome in [pool.submit(import_chunk, chunk, doors) for chunk in chunks]:
                error = outcome.exception()
                if error is not None and (trouble is None or not _is_expected(error)):
                    raise error
        sender.close()
        self._simulator.state.faults.clear()
        self.state.deliver_late()
        self.state._script.clear()
        self.jumped_seconds = 0.0
        if trouble is not None:
            self.passed_seconds += self.config.lease_seconds

    def _strike(self, trouble: Trouble) -> None:
        match trouble.kind:
            case "deadline":
                self.jumped_seconds = self.config.timeout_seconds - self.config.margin_seconds
            case "killed":
                raise Killed
            case "unforeseen":
                raise ArithmeticError("unforeseen")
            case "credentials":
                self._simulator.state.faults.extend([Answered("401")])
            case "unwritten":
                self.state.script("write", Fault.UNAVAILABLE)
            case "unheard":
                self.state.script("write", Fault.LOST_REPLY)
            case "late":
                self.state.script("write", Fault.LATE)

    def _doors(self, sender: Sender) -> Doors:
        return open_doors(
            self.config, self._clock, sender, chunks_bucket=lambda _: self.chunks, state_bucket=self.state
        )


def _is_expected(error: BaseException) -> bool:
    return isinstance(error, Transient | Killed | ArithmeticError)


def read_letters(data: bytes) -> list[Letter]:
    """A part, or one of the partitioner's files of rejected records."""
    return [_letter(line) for line in gzip.decompress(data).removesuffix(b"\n").split(b"\n")]


def _letter(line: bytes) -> Letter:
    text = line.decode()
    said = json.loads(text)
    if "record" in said:
        start, end = members_of(text)["record"]
        content = text[start:end].encode()
    elif "raw" in said:
        content = said["raw"].encode()
    else:
        content = base64.b64decode(said["raw_base64"], validate=True)
    return Letter(content.strip(SPACE), said["line"], said["field"], said["message"], said.get("file", ""))
