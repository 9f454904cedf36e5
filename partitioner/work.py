"""Where a run keeps what it needs while it runs: the hidden folder `_work` of its output."""

import os
from dataclasses import dataclass
from pathlib import Path

FOLDER = "_work"
REJECTED_FOLDER = "_rejected"
OTHER_FOLDER = "_other"
_FOLDERS = (
    "spool",
    "begun",
    "finished",
    "drafts",
    "origins",
    "keys",
    "ordered",
    "times",
    "candidates",
    "equal",
    "located",
    "later",
    "joined",
    "sent",
)


@dataclass(frozen=True, slots=True)
class Work:
    """`output` is for finished files, `folder`, on the same disk, for all others. A dry run has no output."""

    output: Path | None
    folder: Path

    def make(self) -> None:
        for name in _FOLDERS:
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def clear(self, *names: str) -> None:
        """Removes the files of these folders."""
        for name in names:
            for path in (self.folder / name).iterdir():
                path.unlink()

    def spool(self, number: int) -> Path:
        """A segment's lines, inflated, until its chunk is made."""
        return self.folder / "spool" / f"{number:05}.ndjson"

    def begun(self, name: str) -> Path:
        """A file that isn't whole yet; another process's is another file."""
        return self.folder / "begun" / f"{name}.{os.getpid()}"

    def finished(self, number: int) -> Path:
        """What is known of a segment whose chunk is made: its `jobs.Finished`."""
        return self.folder / "finished" / f"{number:05}.json"

    def save_finished(self, number: int, data: bytes) -> None:
        """Whole or not at all."""
        write_whole(self.begun(f"{number:05}.json"), self.finished(number), data)

    def draft(self, number: int) -> Path:
        """A chunk some of whose records may yet get other ids."""
        return self.folder / "drafts" / f"{number:05}.ndjson.gz"

    def chunk(self, number: int, name: str) -> Path:
        """A chunk's file: its draft, where there is one."""
        draft = self.draft(number)
        return draft if self.output is None or draft.exists() else self.output / name

    def origins(self, number: int) -> Path:
        """Which line of the input each record of a draft was."""
        return self.folder / "origins" / f"{number:05}.json"

    def keys(self, number: int) -> Path:
        """The keys of a chunk's records, sorted, each once."""
        return self.folder / "keys" / f"{number:05}"

    def ordered_keys(self, number: int) -> Path:
        """The keys of a chunk's records, as they stand."""
        return self.folder / "ordered" / f"{number:05}"

    def times(self, number: int) -> Path:
        """The time of each record of a draft, in Unix seconds."""
        return self.folder / "times" / f"{number:05}"

    def candidates(self, number: int) -> Path:
        """Those records of a segment that may become the canary's."""
        return self.folder / "candidates" / f"{number:05}.json"

    def joined(self, number: int) -> Path:
        """What is known of a chunk that was made of drafts: its `jobs.Joined`."""
        return self.folder / "joined" / f"{number:05}.json"

    def sent(self, chunk_name: str) -> Path:
        """Says that a chunk is in the bucket, and needn't be here."""
        return self.folder / "sent" / chunk_name

    def equal_keys(self, part: int) -> Path:
        """The keys of one part that more than one record has, sorted."""
        return self.folder / "equal" / f"{part:08}"

    def located(self, number: int) -> Path:
        """Which records of a chunk may have copies, with what they are told apart by."""
        return self.folder / "located" / f"{number:05}"

    def later(self, part: int) -> Path:
        """Which records are later copies."""
        return self.folder / "later" / f"{part:08}"


def write_whole(begun: Path, path: Path, data: bytes) -> None:
    """Writes a small file so that at any moment there is either none, the old or the new one."""
    with begun.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    begun.replace(path)
