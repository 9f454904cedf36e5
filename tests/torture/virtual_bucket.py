"""A bucket as one host sees it: the shared objects, behind the wire."""

from collections.abc import Callable
from datetime import datetime

from function.storage import Stat
from tests.fakes.memory_bucket import MemoryBucket
from tests.torture.scheduler import Host
from tests.torture.wire import T, Wire


class VirtualBucket:
    """`on_write` is shown each write that is tried, before it leaves the host."""

    def __init__(
        self, bucket: MemoryBucket, host: Host, wire: Wire, on_write: Callable[[Host, str, bytes], None]
    ) -> None:
        self.name = bucket.name
        self._bucket, self._host, self._wire, self._on_write = bucket, host, wire, on_write

    def stat(self, object_name: str, *, timeout_seconds: float) -> Stat | None:
        found = self._call(
            "stat", object_name, timeout_seconds, lambda: self._bucket.stat(object_name, timeout_seconds=1)
        )
        actor = self._wire.scheduler.actor
        assert actor is not None
        actor.saw_newer = found is not None
        return found

    def read(self, object_name: str, *, timeout_seconds: float) -> tuple[bytes, int] | None:
        return self._call(
            "read", object_name, timeout_seconds, lambda: self._bucket.read(object_name, timeout_seconds=1)
        )

    def read_range(
        self, object_name: str, generation: int, start: int, end: int, *, timeout_seconds: float
    ) -> bytes:
        def effect() -> bytes:
            return self._bucket.read_range(object_name, generation, start, end, timeout_seconds=1)

        return self._call("range", object_name, timeout_seconds, effect)

    def write(
        self, object_name: str, data: bytes, *, if_generation: int | None, timeout_seconds: float
    ) -> int:
        self._on_write(self._host, object_name, data)

        def effect() -> int:
            return self._bucket.write(object_name, data, if_generation=if_generation, timeout_seconds=1)

        verb = "part" if object_name.startswith("dead-letters/") else "write"
        return self._call(verb, object_name, timeout_seconds, effect)

    def set_custom_time(
        self, object_name: str, generation: int, at: datetime, *, timeout_seconds: float
    ) -> None:
        def effect() -> None:
            self._bucket.set_custom_time(object_name, generation, at, timeout_seconds=1)

        self._call("custom-time", object_name, timeout_seconds, effect)

    def list_names(self, prefix: str, *, timeout_seconds: float) -> list[str]:
        return self._call(
            "list", prefix, timeout_seconds, lambda: self._bucket.list_names(prefix, timeout_seconds=1)
        )

    def delete(self, object_name: str, *, timeout_seconds: float) -> None:
        self._call(
            "delete",
            object_name,
            timeout_seconds,
            lambda: self._bucket.delete(object_name, timeout_seconds=1),
        )

    def _call(self, verb: str, object_name: str, timeout_seconds: float, effect: Callable[[], T]) -> T:
        assert timeout_seconds > 0

        def rewrite() -> None:
            """Somebody copies the object onto itself."""
            if object_name in self._bucket.names():
                self._bucket.put(object_name, self._bucket.get(object_name))

        return self._wire.call_bucket(self._host, verb, object_name, effect, timeout_seconds, rewrite)
