"""The deployed function as it is, between a real bucket server and a sink. No topic: nobody else delivers."""

import base64
import contextlib
import http.client
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import google_crc32c

from benchmarks.sink import Sink
from benchmarks.usage import cpu_seconds, descendants, peak_megabytes
from local.bucket import BucketServer
from local.function import MAIN, Function, function

CHUNKS_BUCKET, STATE_BUCKET = "chunks", "state"
# What bounds a run is then the sender alone.
NO_LIMITS = {"MAX_RECORDS_PER_SECOND": "0", "MAX_MEGABYTES_PER_MINUTE": "0"}
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Rig:
    """One function process. Bucket and sink may serve several, one after the other."""

    bucket: BucketServer
    sink: Sink
    function: Function

    def upload(self, content: bytes) -> dict[str, str]:
        """A chunk that no function has seen yet, as the bucket describes it."""
        name = f"export-{next(_numbers):05}"
        return {
            "bucket": CHUNKS_BUCKET,
            "name": name,
            "generation": str(self.bucket.write(CHUNKS_BUCKET, name, content)),
            "size": str(len(content)),
            "crc32c": base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode(),
        }

    def deliver(self, chunk: Mapping[str, str]) -> None:
        """Returns once the function has acknowledged it. Raises RuntimeError where it doesn't."""
        headers = {
            "ce-specversion": "1.0",
            "ce-id": chunk["name"],
            "ce-type": "google.cloud.storage.object.v1.finalized",
            "ce-source": f"//storage.googleapis.com/projects/_/buckets/{CHUNKS_BUCKET}",
            "Content-Type": "application/json",
        }
        netloc = urlsplit(self.function.url).netloc
        with contextlib.closing(http.client.HTTPConnection(netloc, timeout=540)) as connection:
            connection.request("POST", "/", json.dumps(chunk), headers)
            status = connection.getresponse().status
        if status != 200:
            raise RuntimeError(f"the function answered {status}; its log is {self.function.process.log}")

    def import_chunk(self, content: bytes) -> tuple[float, float]:
        """CPU seconds of the worker, and seconds on the clock, from delivery to acknowledgement."""
        chunk = self.upload(content)
        before, began = self.cpu_seconds(), time.perf_counter()
        self.deliver(chunk)
        return self.cpu_seconds() - before, time.perf_counter() - began

    def cpu_seconds(self) -> float:
        """Of the worker; what else there is below the server's master, a watcher, sleeps."""
        return sum(map(cpu_seconds, descendants(self.function.process.pid)))

    def peak_megabytes(self) -> float:
        return max(map(peak_megabytes, descendants(self.function.process.pid)))


@contextlib.contextmanager
def rig(
    bucket: BucketServer,
    sink: Sink,
    *,
    log: Path,
    environ: Mapping[str, str] = NO_LIMITS,
    source: Path = MAIN,
) -> Iterator[Rig]:
    """A fresh function process. Raises StackFailed."""
    knobs = {"MIXPANEL_TOKEN": "token", "MIXPANEL_URL": sink.url, "STATE_BUCKET": STATE_BUCKET}
    with function({**knobs, **bucket.environ, **environ}, log=log, source=source) as started:
        yield Rig(bucket, sink, started)
