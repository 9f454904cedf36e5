"""Rows that are no events, kept as they are: `_other/<kind>/<name>-<number>.ndjson.gz`."""

import re

from partitioner.letters import LinesFile
from partitioner.work import OTHER_FOLDER, Work

_KIND = re.compile(r"[a-z0-9-]{1,50}")
_UNNAMED = "other"


class Asides:
    """Of one segment, a file a kind; each kind is counted. Nothing is written in a dry run."""

    def __init__(self, work: Work, number: int) -> None:
        self._work, self._number = work, number
        self._files: dict[str, LinesFile] = {}
        self.counts: dict[str, int] = {}

    def add(self, kind: str, line: bytes) -> None:
        kind = kind if _KIND.fullmatch(kind) else _UNNAMED
        if kind not in self._files:
            begun = self._work.begun(f"{self._number:05}.{kind}")
            self._files[kind] = LinesFile(begun if self._work.output else None)
        self._files[kind].add(line + b"\n")
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def close(self, name: str) -> None:
        """Returns when all is on the disk under its final name."""
        for kind, file in self._files.items():
            if file.close() and self._work.output:
                folder = self._work.output / OTHER_FOLDER / kind
                folder.mkdir(parents=True, exist_ok=True)
                begun = self._work.begun(f"{self._number:05}.{kind}")
                begun.replace(folder / f"{name}-{self._number:05}.ndjson.gz")
