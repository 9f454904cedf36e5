"""What must hold at every step: of each write to the ledger, each custom time, each record that is stored."""

import gzip
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, NoReturn

from function.cloud_event import ChunkRef
from function.config import Config
from function.state import Entry, Status, decode_dead_letter, decode_entry, ledger_name
from tests.fakes.memory_bucket import MemoryBucket
from tests.torture.contents import Line, Object
from tests.torture.scheduler import Host, Scheduler

SPACE = b" \t\r\n"
_FINAL = (Status.DONE, Status.REFUSED, Status.QUARANTINED, Status.LOST)
Letters = tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Known:
    made: Object
    is_poison: bool


class Account:
    """`silent` counts, for each chunk, what was done to its owners that they could not write down; `unheard`,
    how often a bucket's answer was lost to them. Nothing at all befell the owners of who is not `disturbed`.
    """

    def __init__(self, scheduler: Scheduler, config: Config) -> None:
        self._scheduler, self._config = scheduler, config
        self._known: dict[tuple[str, str, int], Known] = {}
        self._generations: dict[tuple[str, int], ChunkRef] = {}
        self._good: dict[bytes, Line] = {}
        self._tried: dict[tuple[str, str, int], bytes] = {}
        self._letters: dict[tuple[str, bytes], Letters] = {}
        self.lines_stored: Counter[bytes] = Counter()
        self.silent: Counter[str] = Counter()
        self.unheard: Counter[str] = Counter()
        self.disturbed: set[str] = set()
        self.state: MemoryBucket | None = None

    def entry_name(self, chunk_name: str) -> str:
        return ledger_name(self._config.destination, chunk_name)

    def uploaded(self, ref: ChunkRef, made: Object, *, is_poison: bool) -> None:
        self._known[ref.name, ref.crc32c, ref.size] = Known(made, is_poison)
        self._generations[ref.name, ref.generation] = ref
        for line in made.lines:
            if line.kind == "good":
                self._good[line.sent] = line

    def stored(self, sent: bytes) -> None:
        """Mixpanel has taken a record."""
        line = self._good.get(sent)
        if line is None:
            self._violate("stored what no export holds", sent[:300].decode(errors="replace"))
        elif sent not in self.lines_stored and not is_equal(line.content, sent):
            self._violate("stored is not equal to its source", f"{line.content!r} as {sent!r}")
        self.lines_stored[sent] += 1

    def tried(self, host: Host, object_name: str, data: bytes) -> None:
        """A host is about to write, whether or not that will arrive."""
        if not object_name.startswith("ledger/"):
            return
        entry = decode_entry(data)
        key = object_name, entry.owner, entry.sequence
        if self._tried.setdefault(key, data) != data:
            self._violate("two writes under one sequence", f"{object_name} {entry.owner} {entry.sequence}")
        self._check_lapse(host, object_name, entry)
        actor = self._scheduler.actor
        if entry.status is Status.LOST and actor is not None and actor.saw_newer:
            self._violate("lost, and there is a newer generation", f"{object_name} {entry.generation}")
        if entry.lease_until is not None and actor is not None and actor.host is host:
            over_seconds = entry.lease_until.timestamp() - actor.ends_at_wall_seconds
            if over_seconds > 0.01:
                self._violate("a lease outlives its invocation", f"by {over_seconds:.1f} s")

    def written(self, object_name: str, before: bytes | None, data: bytes, state: MemoryBucket) -> None:
        """A write to the state bucket has arrived."""
        if not object_name.startswith("ledger/"):
            return
        entry = decode_entry(data)
        name = self._name_of(object_name)
        self._check_counts(name, entry, state)
        if before is not None and before != data:
            self._check_succession(name, decode_entry(before), entry)

    def marked(self, name: str, generation: int, state: MemoryBucket) -> None:
        """A custom time is set: lifecycle may delete that object."""
        found = state._objects.get(self.entry_name(name))
        entry = decode_entry(found.data) if found else None
        ref = self._generations[name, generation]
        if (
            entry is None
            or (entry.crc32c, entry.size) != (ref.crc32c, ref.size)
            or entry.status != Status.DONE
        ):
            self._violate("an unfinished chunk is marked for deletion", f"{name} {generation}: {entry}")

    def deleted(self, object_name: str, state: MemoryBucket) -> None:
        for name, _, _ in self._known:
            found = state._objects.get(self.entry_name(name))
            if found is not None and object_name in decode_entry(found.data).dead_letters:
                self._violate("a listed part is deleted", object_name)

    def letters_of(self, entry: Entry, state: MemoryBucket) -> Letters:
        """Of all listed parts: line and content."""
        found: list[tuple[int, bytes]] = []
        for part in entry.dead_letters:
            stored = state._objects.get(part)
            if stored is None:
                self._violate("a listed part is not there", part)
            key = part, stored.data
            if key not in self._letters:
                self._letters[key] = read_letters(stored.data)
            found += self._letters[key]
        return tuple(sorted(found))

    def _check_lapse(self, host: Host, object_name: str, entry: Entry) -> None:
        """An owner that nothing has befallen writes again while its lease lasts."""
        found = self.state._objects.get(object_name) if self.state is not None else None
        before = None if found is None else decode_entry(found.data)
        if before is None or before.owner != entry.owner or before.lease_until is None:
            return
        late_seconds = self._scheduler.wall_seconds(host) - before.lease_until.timestamp()
        if late_seconds > 0 and self._name_of(object_name) not in self.disturbed:
            self._violate(
                "a lease ran out while its owner worked", f"{object_name}: {late_seconds:.1f} s ago"
            )

    def _name_of(self, object_name: str) -> str:
        return object_name.removeprefix(self.entry_name("")[: -len(".json")]).removesuffix(".json")

    def _check_counts(self, name: str, entry: Entry, state: MemoryBucket) -> None:
        known = self._known.get((name, entry.crc32c, entry.size))
        if known is None:
            self._violate("an entry of what nobody uploaded", f"{name} {entry}")
        settled = known.made.lines[: entry.checkpoint.line]
        good = [line for line in settled if line.kind == "good"]
        bad = tuple(
            (number, (line.sent or line.content).strip(SPACE))
            for number, line in enumerate(settled, 1)
            if line.kind in ("refused", "own")
        )
        counts = (entry.records, entry.accepted, entry.rejected)
        if counts != (len(good) + len(bad), len(good), len(bad)):
            expected = f"{len(good)} good and {len(bad)} bad of {len(settled)} lines"
            self._violate(
                "counts don't add up", f"{name}: records, accepted, rejected {counts}, but {expected}"
            )
        letters = self.letters_of(entry, state)
        if letters != bad:
            detail = f"{name}: letters {numbers_of(letters)}, bad lines {numbers_of(bad)}"
            self._violate("a rejected record is not in exactly one listed part", detail)
        for line in good:
            if line.sent not in self.lines_stored:
                self._violate("a good record was not accepted", f"{name}: {line.sent[:200]!r}")

    def _check_succession(self, name: str, before: Entry, entry: Entry) -> None:
        if entry.generation < before.generation:
            self._violate(
                "an older generation takes over", f"{name}: {before.generation}, {entry.generation}"
            )
        if entry.owner == before.owner and entry.sequence <= before.sequence:
            self._violate("a write overtakes a later one", f"{name}: {before.sequence}, {entry.sequence}")
        if (entry.crc32c, entry.size) != (before.crc32c, before.size):
            if entry.previous is None or entry.previous.generation != before.generation:
                self._violate("what was before is not kept", f"{name}: {entry}")
            return
        if entry.checkpoint.line < before.checkpoint.line:
            self._violate("a checkpoint moves back", f"{name}: {before.checkpoint}, {entry.checkpoint}")
        if before.status is Status.DONE and entry.status is not Status.DONE:
            self._violate("done doesn't stay done", f"{name}: {entry.status}")
        is_claim = entry.sequence == 1 or before.status is Status.DONE
        if entry.owner != before.owner and not is_claim:
            self._violate("an owner writes over another", f"{name}: {before.owner}, {entry.owner}")
        is_same = entry.owner == before.owner or entry.generation != before.generation
        if not is_same and before.lease_until is not None and name not in self.disturbed:
            self._violate("a lease ran out while its owner worked", f"{name}: {before.owner}, {entry.owner}")
        if before.status in _FINAL and entry.status not in _FINAL and entry.generation == before.generation:
            self._violate("a finished chunk is taken up again", f"{name}: {before.status}, {entry.status}")

    def _violate(self, rule: str, detail: str) -> NoReturn:
        self._scheduler.violate(rule, detail)


def numbers_of(letters: Letters) -> list[int]:
    return [line for line, _ in letters]


def read_letters(data: bytes) -> Letters:
    found: list[tuple[int, bytes]] = []
    for line in gzip.decompress(data).splitlines():
        content = decode_dead_letter(line)
        assert content is not None, line
        found.append((json.loads(line)["line"], content.strip(SPACE)))
    return tuple(found)


def is_equal(source: bytes, sent: bytes) -> bool:
    """But for what is added to a record that lacks it."""
    if source == sent:
        return True
    wanted: dict[str, Any] = json.loads(source)
    found: dict[str, Any] = json.loads(sent)
    for name in ("$insert_id", "ip", "distinct_id"):
        if name not in wanted["properties"]:
            found["properties"].pop(name, None)
    return wanted == found
