"""What must hold once nothing is left that could happen: of each chunk, by what was drawn for it."""

import json
from collections import Counter
from dataclasses import dataclass

from function.state import Entry, Status
from tests.fakes.memory_bucket import _Stored
from tests.torture.contents import Object
from tests.torture.scheduler import Scheduler


@dataclass(frozen=True, slots=True)
class Ending:
    """One chunk: its entry, the newest upload and its generation, and what lives in the bucket."""

    name: str
    entry: Entry | None
    made: Object
    generation: int
    is_poison: bool
    live: _Stored | None
    silent: int
    max_attempts: int
    stored: Counter[bytes]


def check_ending(ending: Ending, scheduler: Scheduler) -> None:
    """That counts add up, and what is listed and stored, was checked with each write to the ledger."""
    if not ending.made.data:
        return  # an empty object is no chunk
    entry = ending.entry
    if entry is None:
        scheduler.violate("a chunk was forgotten", f"{ending.name}: no entry")
    if entry.generation != ending.generation:
        scheduler.violate("the newest content is not the ledger's", f"{ending.name}: {entry}")
    if entry.status not in expected(ending):
        rule = {
            Status.QUARANTINED: "quarantined, and it doesn't kill",
            Status.LOST: "lost, and nobody deleted it",
            Status.REFUSED: "refused, and it is not damaged",
            Status.DONE: "done, and it can't be",
        }.get(entry.status, "unfinished, and nobody works on it")
        scheduler.violate(rule, f"{ending.name}: {entry.status} {entry.message}")
    if entry.status is Status.DONE:
        _check_done(ending, entry, scheduler)
    if entry.status is Status.REFUSED and entry.checkpoint.line < ending.made.whole_lines:
        detail = f"{ending.name}: {entry.checkpoint.line} lines settled of {ending.made.whole_lines}"
        scheduler.violate("refused before what can be read was settled", detail)


def expected(ending: Ending) -> set[Status]:
    may = set()
    if ending.is_poison or ending.silent >= ending.max_attempts:
        may.add(Status.QUARANTINED)
    if ending.live is None:
        may.add(Status.LOST)
    if ending.made.damage:
        may.add(Status.REFUSED)
    elif not ending.is_poison:
        may.add(Status.DONE)
    return may


def _check_done(ending: Ending, entry: Entry, scheduler: Scheduler) -> None:
    lines = ending.made.lines
    if entry.checkpoint.line != len(lines):
        detail = f"{ending.name}: {entry.checkpoint.line} lines of {len(lines)}"
        scheduler.violate("done before its end", detail)
    good = {line.sent for line in lines if line.kind == "good"}
    stored = {sent for sent in good if sent in ending.stored}
    if {key_of(sent) for sent in good} != {key_of(sent) for sent in stored}:
        scheduler.violate("deduplicated contents differ", ending.name)
    if ending.live is not None and ending.live.custom_time is None:
        scheduler.violate("a done chunk never expires", ending.name)


def key_of(sent: bytes) -> tuple[str, ...]:
    """What Mixpanel tells copies by."""
    record = json.loads(sent)
    properties = record["properties"]
    return record["event"], properties["distinct_id"], properties["$insert_id"], str(properties["time"])
