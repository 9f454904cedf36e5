"""What one project holds: blocks on disk, counts in memory.

A block is one request's records as they were sent, gzip, behind a note of what is to be known of them;
appended in one write. Millions of records take their compressed size on disk and about 30 bytes each in
memory (tally.py). A store with a folder is read again at the next start.
"""

import os
import struct
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO, Any

import msgspec

from .batches import Judged, judge_batch
from .packing import inflate, split_lines
from .rate import RollingWindow
from .switches import Switches, turn, turned
from .tally import MASK, Seen, Tally

LENGTHS = struct.Struct("<II")


class Note(msgspec.Struct):
    """What is to be known of a block. `skipped`: places of records not kept; `hot`: of renamed ones."""

    received_seconds: float
    peer: str
    skipped: list[int]
    hot: list[int]
    switches: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Block:
    offset: int
    note: Note
    lines: list[bytes]

    @property
    def switches(self) -> Switches:
        return turn(Switches(), self.note.switches)

    def judged(self, unit_seconds: int = 86_400) -> Judged:
        """The verdict on its records as it was when they came, without those that are not kept."""
        judged = judge_batch(
            self.lines, self.switches, self.note.received_seconds, self.note.peer, unit_seconds
        )
        drop_skipped(judged, set(self.note.skipped))
        judged.keys = [
            hot_key(key) if index in self.note.hot else key
            for key, index in zip(judged.keys, judged.indexes, strict=True)
        ]
        return judged


def drop_skipped(judged: Judged, skipped: set[int]) -> None:
    kept = [place for place, index in enumerate(judged.indexes) if index not in skipped]
    judged.keys = [judged.keys[place] for place in kept]
    judged.shards = [judged.shards[place] for place in kept]
    judged.indexes = [judged.indexes[place] for place in kept]


def hot_key(key: int) -> int:
    """A renamed record is no copy of one that kept its name."""
    return hash(("$hotshard_events", key)) & MASK


class Store:
    """Thread-safe: whoever changes it holds `lock`; reading blocks needs none."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = Lock()
        self.window = RollingWindow()
        self._path = path
        self._open()
        if path is not None:
            self._restore()

    def _open(self) -> None:
        # Without a path it is a file without a name: gone with the process, however that ends.
        if self._path is None:
            self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        else:
            self._path.touch()
            self._file = self._path.open("r+b")
        self._offsets = array("Q")
        self._end = 0
        self.copies, self.shards = Seen(), Tally()
        self.events: set[str] = set()
        self.accepted = self.rejected = self.kept = self.json_bytes = self.hot = self.without_ip = 0

    def clear(self) -> None:
        with self.lock:
            os.truncate(self._file.fileno(), 0)
            self._file.close()
            self.window = RollingWindow()
            self._open()

    def close(self) -> None:
        self._file.close()

    def keep(
        self, judged: Judged, body: bytes, received_seconds: float, peer: str, switches: Switches
    ) -> None:
        """Stores a request's records, holding `lock`; `body` is gzip NDJSON, refused ones included."""
        self.accepted += judged.accepted
        self.rejected += len(judged.failures)
        if not judged.indexes:
            return
        skipped = sorted([failure.index for failure in judged.failures] + judged.gone)
        hot = self._count(judged, switches)
        note = msgspec.json.encode(Note(received_seconds, peer, skipped, hot, turned(switches)))
        block = LENGTHS.pack(len(note), len(body)) + note + body
        os.pwrite(self._file.fileno(), block, self._end)
        self._offsets.append(self._end)
        self._end += len(block)

    def _count(self, judged: Judged, switches: Switches) -> list[int]:
        """Counts the kept records; the places of those that are over the hot shard limit."""
        hot: list[int] = []
        limit = switches.hot_shard_records
        for shard, times in Counter(judged.shards).items():
            before = self.shards.add(shard, times)
            if limit and before + times > limit:
                places = [
                    index for index, each in zip(judged.indexes, judged.shards, strict=True) if each == shard
                ]
                hot += places[max(0, limit - before) :]
        renamed = set(hot)
        for index, key in zip(judged.indexes, judged.keys, strict=True):
            self.copies.add(hot_key(key) if index in renamed else key)
        self.hot += len(hot)
        self.kept += len(judged.indexes)
        self.without_ip += judged.without_ip
        self.events |= judged.events
        return sorted(hot)

    def blocks(self, *, newest_first: bool = False) -> Iterator[Block]:
        """Those that stand when it is called, one in memory at a time."""
        offsets: Sequence[int] = self._offsets[:]
        for offset in reversed(offsets) if newest_first else offsets:
            yield self._read(offset)

    def _read(self, offset: int) -> Block:
        note_bytes, body_bytes = LENGTHS.unpack(os.pread(self._file.fileno(), LENGTHS.size, offset))
        content = os.pread(self._file.fileno(), note_bytes + body_bytes, offset + LENGTHS.size)
        note = msgspec.json.decode(content[:note_bytes], type=Note)
        return Block(offset, note, split_lines(inflate(content[note_bytes:])))

    def _restore(self) -> None:
        """Counts what an earlier process left; what it had only half written is cut off."""
        size = os.fstat(self._file.fileno()).st_size
        while self._end + LENGTHS.size <= size:
            lengths = LENGTHS.unpack(os.pread(self._file.fileno(), LENGTHS.size, self._end))
            if self._end + LENGTHS.size + sum(lengths) > size:
                break
            block = self._read(self._end)
            judged = block.judged()
            self._count(judged, turn(block.switches, {"hot_shard_records": 0}))
            self.hot += len(block.note.hot)
            self.accepted += len(judged.indexes)
            self._offsets.append(self._end)
            self._end += LENGTHS.size + sum(lengths)
        os.truncate(self._file.fileno(), self._end)
