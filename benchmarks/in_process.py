"""The real importer, ledger and sender in this process, between buckets in memory and a taker of all."""

import base64
import time
from dataclasses import dataclass, replace

import google_crc32c

from function.answers import Answer, Outcome
from function.clock import Clock
from function.cloud_event import ChunkRef
from function.config import read_config
from function.doors import Doors, open_doors
from function.governor import Governor
from function.mixpanel import Parcel
from function.sender import Sender
from tests.fakes.memory_bucket import MemoryBucket

# The longest an invocation may be told to take.
TIMEOUT_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Taker:
    """In Mixpanel's place: accepts everything, each batch after so many seconds."""

    latency_seconds: float = 0.0

    def post(self, parcel: Parcel, timeout_seconds: float) -> Answer:
        del timeout_seconds
        if self.latency_seconds:
            time.sleep(self.latency_seconds)
        return Answer(Outcome.ACCEPTED, status=200, imported=parcel.records)


class RepeatedObject(MemoryBucket):
    """A bucket whose one chunk is `period` over and over, made as it is read: its size takes no room."""

    def __init__(self, period: bytes, times: int) -> None:
        super().__init__("chunks")
        self._period, self._times = period, times

    def chunk(self) -> ChunkRef:
        """Its checksum takes a second for each 10 GB."""
        crc32c = 0
        for _ in range(self._times):
            crc32c = google_crc32c.extend(crc32c, self._period)
        checksum = base64.b64encode(crc32c.to_bytes(4, "big")).decode()
        return ChunkRef(self.name, "export", self.put("export", b""), self._size, checksum)

    @property
    def _size(self) -> int:
        return len(self._period) * self._times

    def read_range(
        self, object_name: str, generation: int, start: int, end: int, *, timeout_seconds: float
    ) -> bytes:
        super().read_range(object_name, generation, 0, 0, timeout_seconds=timeout_seconds)
        at, wanted = start % len(self._period), min(end, self._size) - start
        pieces = [self._period[at : at + wanted]]
        while (missing := wanted - sum(map(len, pieces))) > 0:
            pieces.append(self._period[:missing])
        return b"".join(pieces)


def open_in_process(chunks: MemoryBucket, state: MemoryBucket, taker: Taker | None = None) -> Doors:
    """All doors of a process, without limits of its own."""
    environ = {"MIXPANEL_TOKEN": "token", "STATE_BUCKET": "state"}
    config = replace(read_config(environ), timeout_seconds=TIMEOUT_SECONDS)
    clock = Clock()
    sender = Sender(taker or Taker(), Governor(0, 0), clock, threads=config.batches_in_flight)
    return open_doors(config, clock, sender, chunks_bucket=lambda _: chunks, state_bucket=state)
