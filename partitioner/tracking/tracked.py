"""What a plan did, and which of its entries it met: summed up over workers."""

from collections.abc import Iterable

import msgspec

MAX_STRANGERS = 200


class RuleCount(msgspec.Struct, frozen=True):
    """How often a rule of the plan changed or left out something. A rule is an entry and what it says."""

    rule: str
    count: int


class Tracked(msgspec.Struct, frozen=True):
    """`met` has a bit for each of the plan's entries, the first in the lowest of the first byte.

    `insert_ids` counts records that were given a keyed `$insert_id`. Strangers are names that stand in no
    entry, some of them, to tell typing errors by.
    """

    counts: tuple[RuleCount, ...] = ()
    met: bytes = b""
    insert_ids: int = 0
    strange_events: tuple[str, ...] = ()
    strange_properties: tuple[str, ...] = ()

    def __add__(self, other: "Tracked") -> "Tracked":
        counts: dict[str, int] = {}
        for each in (*self.counts, *other.counts):
            counts[each.rule] = counts.get(each.rule, 0) + each.count
        met = int.from_bytes(self.met, "little") | int.from_bytes(other.met, "little")
        return Tracked(
            tuple(RuleCount(rule, count) for rule, count in counts.items()),
            met.to_bytes(max(len(self.met), len(other.met)), "little"),
            self.insert_ids + other.insert_ids,
            _some(self.strange_events, other.strange_events),
            _some(self.strange_properties, other.strange_properties),
        )

    def has_met(self, entry: int) -> bool:
        return bool(int.from_bytes(self.met, "little") >> entry & 1)


def bits_of(met: Iterable[bool]) -> bytes:
    """As Tracked has them."""
    flags = list(met)
    number = sum(1 << place for place, is_met in enumerate(flags) if is_met)
    return number.to_bytes((len(flags) + 7) // 8, "little")


def _some(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))[:MAX_STRANGERS]
