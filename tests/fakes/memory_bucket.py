"""A bucket in memory with the cloud's exact semantics, and a script of what goes wrong with coming calls.

Source: https://docs.cloud.google.com/storage/docs/request-preconditions and .../metadata (2026-08).
Where fake-gcs-server differs (preconditions on patch and delete), this one does as the cloud does.
"""

import base64
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import TypeVar

import google_crc32c

from function.errors import ObjectGone, PreconditionFailed, StorageUnavailable
from function.storage import Stat

_T = TypeVar("_T")


class Fault(Enum):
    UNAVAILABLE = "nothing arrives"
    LOST_REPLY = "it arrives, its reply does not"
    LATE = "nothing arrives until deliver_late()"


@dataclass(frozen=True, slots=True)
class _Stored:
    generation: int
    data: bytes
    custom_time: datetime | None = None


@dataclass(slots=True)
class _Scripted:
    verb: str
    what: "Fault | Callable[[], object]"


class MemoryBucket:
    """Thread-safe. `calls` lists (verb, object name) in order, `longest_seconds` the longest time-out given.

    `script("write", Fault.LOST_REPLY)` concerns the next call with that verb for which nothing earlier is
    scripted; a function instead of a Fault is called right before it, to race it. `assert bucket.is_spent()`
    at a test's end proves that all was met.
    """

    def __init__(self, name: str = "bucket", first_generation: int = 1_000) -> None:
        self.name = name
        self.calls: list[tuple[str, str]] = []
        self.longest_seconds = 0.0
        self._objects: dict[str, _Stored] = {}
        self._script: deque[_Scripted] = deque()
        self.late: list[Callable[[], object]] = []
        self._generation = first_generation
        self._lock = threading.RLock()

    # For tests

    def script(self, verb: str, *what: "Fault | Callable[[], object]") -> None:
        self._script.extend(_Scripted(verb, one) for one in what)

    def is_spent(self) -> bool:
        return not self._script

    def deliver_late(self, calls: int = 1_000) -> int:
        """Lets so many of the late calls arrive, in order; returns how many of them took effect."""
        late, self.late = self.late[:calls], self.late[calls:]
        return sum(_arrives(call) for call in late)

    def put(self, object_name: str, data: bytes) -> int:
        """An upload by somebody else, past the script; returns the generation."""
        return self._write(object_name, data, None)

    def get(self, object_name: str) -> bytes:
        return self._objects[object_name].data

    def names(self) -> list[str]:
        return sorted(self._objects)

    # What function.storage.Bucket asks for

    def stat(self, object_name: str, *, timeout_seconds: float) -> Stat | None:
        return self._call("stat", object_name, timeout_seconds, lambda: self._stat(object_name))

    def read(self, object_name: str, *, timeout_seconds: float) -> tuple[bytes, int] | None:
        return self._call("read", object_name, timeout_seconds, lambda: self._read(object_name))

    def read_range(
        self, object_name: str, generation: int, start: int, end: int, *, timeout_seconds: float
    ) -> bytes:
        return self._call(
            "read_range",
            object_name,
            timeout_seconds,
            lambda: self._pinned(object_name, generation).data[start:end],
        )

    def write(
        self, object_name: str, data: bytes, *, if_generation: int | None, timeout_seconds: float
    ) -> int:
        return self._call(
            "write", object_name, timeout_seconds, lambda: self._write(object_name, data, if_generation)
        )

    def set_custom_time(
        self, object_name: str, generation: int, at: datetime, *, timeout_seconds: float
    ) -> None:
        self._call(
            "set_custom_time",
            object_name,
            timeout_seconds,
            lambda: self._set_custom_time(object_name, generation, at),
        )

    def list_names(self, prefix: str, *, timeout_seconds: float) -> list[str]:
        return self._call(
            "list_names", prefix, timeout_seconds, lambda: [n for n in self.names() if n.startswith(prefix)]
        )

    def delete(self, object_name: str, *, timeout_seconds: float) -> None:
        self._call("delete", object_name, timeout_seconds, lambda: self._delete(object_name))

    def _call(self, verb: str, object_name: str, timeout_seconds: float, call: Callable[[], _T]) -> _T:
        assert timeout_seconds > 0
        with self._lock:
            self.longest_seconds = max(self.longest_seconds, timeout_seconds)
            self.calls.append((verb, object_name))
            scripted = next((one for one in self._script if one.verb == verb), None)
            if scripted is not None:
                self._script.remove(scripted)
        what = scripted.what if scripted is not None else None
        if callable(what):
            what()
        elif what is Fault.LATE:
            self.late.append(call)
            raise StorageUnavailable(f"{verb} of {object_name}: no answer, it may yet arrive")
        elif what is Fault.LOST_REPLY:
            _arrives(call)
            raise StorageUnavailable(f"{verb} of {object_name}: no answer, it had arrived")
        elif what is Fault.UNAVAILABLE:
            raise StorageUnavailable(f"{verb} of {object_name}: no answer")
        with self._lock:
            return call()

    def _stat(self, object_name: str) -> Stat | None:
        stored = self._objects.get(object_name)
        if stored is None:
            return None
        return Stat(stored.generation, len(stored.data), checksum_of(stored.data), stored.custom_time)

    def _read(self, object_name: str) -> tuple[bytes, int] | None:
        stored = self._objects.get(object_name)
        return None if stored is None else (stored.data, stored.generation)

    def _pinned(self, object_name: str, generation: int) -> _Stored:
        stored = self._objects.get(object_name)
        if stored is None or stored.generation != generation:
            raise ObjectGone(f"{object_name} has no generation {generation}")
        return stored

    def _write(self, object_name: str, data: bytes, if_generation: int | None) -> int:
        with self._lock:
            stored = self._objects.get(object_name)
            standing = stored.generation if stored else 0
            if if_generation is not None and if_generation != standing:
                raise PreconditionFailed(f"{object_name} is at generation {standing}, not {if_generation}")
            self._generation += 1
            self._objects[object_name] = _Stored(self._generation, bytes(data))
            return self._generation

    def _set_custom_time(self, object_name: str, generation: int, at: datetime) -> None:
        stored = self._pinned(object_name, generation)
        if stored.custom_time is None or stored.custom_time < at:
            self._objects[object_name] = replace(stored, custom_time=at)

    def _delete(self, object_name: str) -> None:
        self._objects.pop(object_name, None)


def checksum_of(data: bytes) -> str:
    """As the bucket gives it: crc32c, big-endian, in base64."""
    return base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()


def _arrives(call: Callable[[], object]) -> bool:
    try:
        call()
    except (PreconditionFailed, ObjectGone):
        return False
    return True
