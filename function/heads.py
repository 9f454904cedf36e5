"""What tells records apart: one head by itself, or those of many records in columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import overload

import msgspec


class Head(msgspec.Struct, frozen=True, gc=False):
    """As sent. All text is fit for UTF-8."""

    event: str
    time: int
    """Unix seconds, whichever unit the record has."""
    distinct_id: str
    """As text; $user_id or $device_id where it says nothing."""
    insert_id: str


@dataclass(frozen=True, slots=True, eq=False)
class Heads(Sequence[Head]):
    """A list of heads, kept as one list for each of their fields: many are seldom asked for one by one."""

    events: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    distinct_ids: list[str] = field(default_factory=list)
    insert_ids: list[str] = field(default_factory=list)

    @overload
    def __getitem__(self, at: int) -> Head: ...
    @overload
    def __getitem__(self, at: slice) -> "Heads": ...
    def __getitem__(self, at: int | slice) -> "Head | Heads":
        if isinstance(at, slice):
            return Heads(self.events[at], self.times[at], self.distinct_ids[at], self.insert_ids[at])
        return Head(self.events[at], self.times[at], self.distinct_ids[at], self.insert_ids[at])

    def __len__(self) -> int:
        return len(self.events)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment] # a list, to whoever looks

    def insert(self, at: int, head: Head) -> None:
        self.events.insert(at, head.event)
        self.times.insert(at, head.time)
        self.distinct_ids.insert(at, head.distinct_id)
        self.insert_ids.insert(at, head.insert_id)
