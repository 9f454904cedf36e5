"""In which steps the chunks of a manifest go up: what has to be settled before the next begins."""

from collections.abc import Iterator
from dataclasses import dataclass

from partitioner.exits import Refused
from partitioner.manifest import Manifest, ManifestChunk


@dataclass(frozen=True, slots=True)
class Step:
    """Chunks that go up together. `name` is a window's; the last step of all isn't waited for."""

    name: str
    chunks: tuple[ManifestChunk, ...]
    is_canary: bool = False
    is_last: bool = False


def steps_of(manifest: Manifest, *, by_window: bool, canary: bool) -> tuple[Step, ...]:
    """At least one, and none but that without chunks. Raises Refused where there is no canary."""
    if canary and not manifest.canary:
        raise Refused("there is no canary here: split with --canary, or with --windows, makes one")
    steps = list(_steps(manifest, by_window=by_window, canary=canary)) or [Step("", ())]
    last = steps.pop()
    return *steps, Step(last.name, last.chunks, last.is_canary, is_last=True)


def _steps(manifest: Manifest, *, by_window: bool, canary: bool) -> Iterator[Step]:
    chunks = {chunk.name: chunk for chunk in manifest.chunks}
    if canary:
        yield Step("canary", (chunks.pop(manifest.canary),), is_canary=True)
    windows = [(window.name, window.chunks) for window in manifest.windows] if by_window else []
    for name, names in windows or [("", tuple(chunks))]:
        step = tuple(chunks[each] for each in names if each in chunks)
        if step:
            yield Step(name, step)
