"""The first step of two: a segment's records, checked and mended, in a fragment for each window of time."""

from collections.abc import Sequence

from function.records import Checked
from partitioner.candidates import MOST_RECORDS, Candidates
from partitioner.fragment_file import FragmentFile
from partitioner.interval import chosen
from partitioner.jobs import Fragment, Recipe
from partitioner.windows import MAX_WINDOWS, Edges, Window, windows_of
from partitioner.work import Work

# A fragment lives until the run ends: room on the disk is worth less than time.
LEVEL = 1
# What waits to be compressed in each of up to 32 open files, and where chunks are cut: so much short of full
# is one at the most. Of a small chunk it is a smaller part.
BATCH_BYTES = 256_000
PARTS_OF_A_CHUNK = 8


class WindowFiles:
    """Of one segment. A window's file is made with its first record."""

    def __init__(self, recipe: Recipe, work: Work, number: int) -> None:
        self._recipe, self._work, self._number = recipe, work, number
        self._windows = windows_of_recipe(recipe)
        self._edges = Edges.of(self._windows)
        self._files: dict[int, FragmentFile] = {}
        self._candidates = Candidates(most_in_canary(recipe))

    def add(self, checked: Checked, file: str, first: int, indexes: Sequence[int]) -> None:
        """As a FragmentFile takes them."""
        windows = self._edges.windows_of(checked.heads.times)
        for window in sorted(set(windows)):
            places = [place for place, each in enumerate(windows) if each == window]
            some = chosen(checked, places)
            fragment = self._files.get(window) or self._open(window)
            self._candidates.add(
                window, _number_of(self._number, window), fragment.records, some.lines, some.heads.events
            )
            rows = indexes if len(places) == len(windows) else [indexes[place] for place in places]
            fragment.add(some, file, first, rows)

    def close(self) -> tuple[Fragment, ...]:
        """Returns, when all is on the disk, the fragments, the newest first."""
        if self._files:
            self._candidates.save(self._work.candidates(self._number))
        return tuple(self._close(window, file) for window, file in sorted(self._files.items()))

    def _open(self, window: int) -> FragmentFile:
        recipe = self._recipe
        path = self._work.begun(f"{_number_of(self._number, window):05}.fragment")
        file = self._files[window] = FragmentFile(
            path if self._work.output else None,
            recipe.batch_records,
            min(BATCH_BYTES, recipe.chunk_bytes // PARTS_OF_A_CHUNK + 1),
            keeps_origins=recipe.keep_copies,
            level=LEVEL,
        )
        file.keep_times()
        return file

    def _close(self, window: int, file: FragmentFile) -> Fragment:
        number = _number_of(self._number, window)
        file.file.close()
        if file.path:
            file.path.replace(self._work.draft(number))
        assert file.first_time is not None
        return Fragment(
            number,
            window,
            file.file.records,
            file.file.bytes,
            file.file.json_bytes,
            file.first_time,
            file.last_time,
            file.save(self._work, number),
            file.file.batches.tobytes(),
        )


def windows_of_recipe(recipe: Recipe) -> tuple[Window, ...]:
    """One without a folder where there is only a canary to be made."""
    return windows_of(recipe.windows, recipe.as_of) if recipe.windows else (Window(),)


def most_in_canary(recipe: Recipe) -> int:
    return min(MOST_RECORDS, recipe.records_per_chunk)


def segment_of(fragment: int) -> int:
    return fragment // MAX_WINDOWS


def _number_of(segment: int, window: int) -> int:
    return segment * MAX_WINDOWS + window
