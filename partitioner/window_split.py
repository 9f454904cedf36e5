"""Leads the second step of a split with windows or a canary: which chunks are made of the fragments."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import msgspec

from partitioner.candidates import choose
from partitioner.jobs import Finished, Fragment, Join, Joined, Recipe, Share
from partitioner.join_plan import plan
from partitioner.manifest import ManifestChunk, ManifestSource, ManifestWindow
from partitioner.pool import Pool
from partitioner.report import WindowReport
from partitioner.segments import Limits
from partitioner.window_files import most_in_canary, segment_of, windows_of_recipe
from partitioner.windows import Window
from partitioner.work import Work
from partitioner.write import sources_of

# An $insert_id of one letter becomes one of 32 digits, and an integer gets quotes.
GROWTH_BYTES = 35


@dataclass(frozen=True, slots=True)
class Layout:
    """Chunks in the order in which they are to be imported, the canary first.

    After a dry run they have no names, and `json_bytes` stand in the first alone, for all.
    """

    chunks: tuple[ManifestChunk, ...]
    windows: tuple[ManifestWindow, ...] = ()
    reports: tuple[WindowReport, ...] = ()
    canary: str = ""


def join_all(
    recipe: Recipe,
    work: Work,
    finished: Mapping[int, Finished],
    parts: int,
    pool: Pool,
    tell: Callable[[str], None],
) -> Layout:
    """Makes the chunks that are missing. Stopped by an error, it can be run again."""
    plans = _Plans(recipe, work, finished, parts)
    jobs = list(plans.jobs())
    if work.output is None:
        chunks = {job.number: plans.estimated(job) for job, _ in jobs}
    else:
        chunks = _made_before(work)
        missing = [job for job, _ in jobs if job.number not in chunks]
        for result in pool.run(iter(missing)):
            assert isinstance(result, Joined)
            chunks[result.number] = result.chunk
            tell(f"{len(chunks):,} of {len(jobs):,} chunks joined")
    of_window: dict[int, list[ManifestChunk]] = {at: [] for at in range(len(plans.windows))}
    for job, window in jobs:
        of_window[window].append(chunks[job.number])
    described = [
        (_described(window, of_window[at]), plans.report_of(at, len(of_window[at])))
        for at, window in enumerate(plans.windows)
        if recipe.windows
    ]
    return Layout(
        chunks=tuple(chunks[job.number] for job, _ in jobs),
        windows=tuple(window for window, _ in described),
        reports=tuple(report for _, report in described),
        canary=next((chunks[job.number].name for job, _ in jobs if job.is_canary), ""),
    )


class _Plans:
    def __init__(self, recipe: Recipe, work: Work, finished: Mapping[int, Finished], parts: int) -> None:
        self._recipe, self._finished, self._parts = recipe, finished, parts
        self._limits = Limits(recipe.records_per_chunk, recipe.chunk_bytes)
        self.windows = windows_of_recipe(recipe)
        self._fragments: dict[int, list[Fragment]] = {at: [] for at in range(len(self.windows))}
        for _, each in sorted(finished.items()):
            for fragment in each.fragments:
                self._fragments[fragment.window].append(fragment)
        segments = [number for number, each in sorted(finished.items()) if each.fragments]
        self._canary = choose(work, segments, most_in_canary(recipe), recipe.chunk_bytes)

    def jobs(self) -> Iterator[tuple[Join, int]]:
        """The chunks in order, each with its window: the canary in that of its records."""
        number = 1
        growth_bytes = GROWTH_BYTES if self._recipe.keep_copies else 0
        for at, fragments in self._fragments.items():
            folder = self.windows[at].folder
            picked = [each.number for each in fragments if each.number in self._canary]
            if picked:
                shares = tuple(Share(each, 0, 0, self._canary[each]) for each in picked)
                yield Join(0, folder, shares, self._sources(shares), self._parts, is_canary=True), at
            for shares in plan(fragments, self._limits, self._canary, growth_bytes):
                yield Join(number, folder, shares, self._sources(shares), self._parts), at
                number += 1

    def _sources(self, shares: tuple[Share, ...]) -> tuple[ManifestSource, ...]:
        segments = [self._finished[segment_of(share.fragment)].segment for share in shares]
        return sources_of(piece for segment in segments for piece in segment.pieces)

    def report_of(self, at: int, chunks: int) -> WindowReport:
        window, fragments = self.windows[at], self._fragments[at]
        return WindowReport(
            window.name,
            window.folder,
            sum(each.records for each in fragments),
            chunks,
            min((each.first_time for each in fragments), default=None),
            max((each.last_time for each in fragments), default=None),
        )

    def estimated(self, job: Join) -> ManifestChunk:
        """Of a dry run, in which nothing is joined."""
        all_fragments = chain.from_iterable(self._fragments.values())
        records = sum(
            len(share.canary) if job.is_canary else share.end - share.first - len(share.canary)
            for share in job.shares
        )
        return ManifestChunk(
            name="canary" if job.is_canary else "",
            records=records,
            bytes=0,
            json_bytes=sum(each.json_bytes for each in all_fragments) if job.is_canary else 0,
            crc32c="",
            first_time=0,
            last_time=0,
        )


def _made_before(work: Work) -> dict[int, ManifestChunk]:
    """Those that are whole; one that isn't, after a crash of the machine, is made again."""
    assert work.output
    found: dict[int, ManifestChunk] = {}
    for path in (work.folder / "joined").iterdir():
        try:
            joined = msgspec.json.decode(path.read_bytes(), type=Joined)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        file = work.output / joined.chunk.name
        if file.exists() and file.stat().st_size == joined.chunk.bytes:
            found[joined.number] = joined.chunk
    return found


def _described(window: Window, chunks: list[ManifestChunk]) -> ManifestWindow:
    return ManifestWindow(
        name=window.name,
        folder=window.folder,
        since=window.since,
        until=window.until,
        records=sum(chunk.records for chunk in chunks),
        chunks=tuple(chunk.name for chunk in chunks),
    )
