"""The contiguous settled prefix of a chunk: what a checkpoint may say."""

from collections import deque
from dataclasses import dataclass, replace

from .batches import Batch
from .ledger import Progress
from .settlement import Letter, Settled
from .state import Control


@dataclass(slots=True)
class _Open:
    batch: Batch
    settled: Settled | None = None


class SettledPrefix:
    """Batches begin in order and settle in any; only those before the first unsettled one count."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        """Totals of the chunk up to the last batch of the prefix; `new_dead_letters` stays empty."""
        self.letters: list[Letter] = []
        """Of the prefix, not yet taken for a dead-letter part."""
        self.letters_bytes = 0
        self._open: deque[_Open] = deque()

    def begin(self, batch: Batch) -> None:
        self._open.append(_Open(batch))

    def settle(self, settled: Settled) -> None:
        next(entry for entry in self._open if entry.batch is settled.batch).settled = settled
        while self._open and (first := self._open[0].settled) is not None:
            self._open.popleft()
            self._extend(first)

    def note_control(self, control: Control) -> None:
        self.progress = replace(self.progress, control=control)

    def take_letters(self) -> list[Letter]:
        letters, self.letters, self.letters_bytes = self.letters, [], 0
        return letters

    def _extend(self, settled: Settled) -> None:
        self.letters += settled.letters
        self.letters_bytes += sum(len(letter.content) for _, letter in settled.letters)
        self.progress = replace(
            self.progress,
            position=settled.batch.end,
            records=self.progress.records + settled.accepted + len(settled.letters),
            accepted=self.progress.accepted + settled.accepted,
            rejected=self.progress.rejected + len(settled.letters),
        )
