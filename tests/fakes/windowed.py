"""A folder that `split --windows` wrote, and a function that imports it by hand, look after look."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from function.clock import Clock
from function.state import Entry
from partitioner.manifest import Manifest, ManifestChunk, read_manifest
from partitioner.places import Place
from tests.fakes.cloud import Cloud
from tests.fakes.exports import AS_OF, ndjson, record
from tests.fakes.hand_clock import HandClock
from tests.fakes.splitting import split_to

DAY_SECONDS = 86_400
AS_OF_SECONDS = 1_717_200_000
WINDOWS = "7d,30d,rest"


def write_windowed(folder: Path, *options: str, days: tuple[int, ...] = (1, 2, 20, 400)) -> Manifest:
    """Three windows of small chunks, the first with a canary of all that is in its first chunk."""
    lines = [
        record(number, time=AS_OF_SECONDS - days[number % len(days)] * DAY_SECONDS) for number in range(120)
    ]
    export = folder.parent / f"{folder.name}.ndjson"
    export.write_bytes(ndjson(lines))
    split_to(folder, export, "--windows", WINDOWS, "--records-per-chunk", "10", *options)
    assert AS_OF == "2024-06-01"
    return read_manifest(folder)


class HandFunction:
    """Each time that a command sleeps, `import_one` is asked what becomes of each chunk that is there.

    None is nothing yet; an entry's generation becomes the object's. `looks` has the names that stood in the
    bucket each time.
    """

    def __init__(
        self,
        cloud: Cloud,
        target: Place,
        manifest: Manifest,
        import_one: Callable[[ManifestChunk], Entry | None],
    ) -> None:
        self._cloud, self._target, self._import_one = cloud, target, import_one
        self._chunks = {target.folder + chunk.name: chunk for chunk in manifest.chunks}
        self._written: set[str] = set()
        self._time = HandClock()
        self.looks: list[list[str]] = []
        self.clock = Clock(self._time.wall_seconds, self._time.monotonic_seconds, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self._time.advance(seconds)
        assert len(self.looks) < 200, "it waits for ever"
        there = [name for name in self._cloud.names() if name in self._chunks]
        self.looks.append([name.removeprefix(self._target.folder) for name in there])
        for name in there:
            entry = self._import_one(self._chunks[name]) if name not in self._written else None
            if entry:
                generation = self._cloud.blob(name).generation
                self._cloud.write_entry(name, replace(entry, generation=generation))
                if entry.status in {"done", "refused"}:
                    self._written.add(name)
