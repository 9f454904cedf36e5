"""What is worth knowing before an export is sent, each with what a tracking plan could say of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from partitioner.check.busy import MAX_RECORDS_A_DAY, date_of
from partitioner.check.column import MAX_LARGE_BYTES, MAX_TEXT_CHARACTERS, NUMBER, TEXT
from partitioner.check.mask import shown, shown_name
from partitioner.check.named import is_id, may_be_written_by_users, personal_kind
from partitioner.check.profile import MAX_EVENTS, MAX_PROPERTIES, PropertyProfile
from partitioner.check.run import Seen
from partitioner.tracking.plan import ALWAYS_KEPT, DROP, HASH, IDENTITY

PERSONAL, USER_TEXT, MANY_VALUES, LARGE, MIXED, CASE, LIMIT, TIME, BUSY, REJECTED = (
    "personal data",
    "user-generated text",
    "high cardinality",
    "large objects",
    "mixed types",
    "case",
    "limit",
    "time",
    "hot distinct_id",
    "rejected",
)

_TRUNCATED = 100
TRUNCATE = f"truncate={_TRUNCATED}"

# Ids, mostly: nothing can be grouped by them.
_MANY_VALUES, _MANY_SHARE = 1_000, 0.5
_WORDED_SHARE = 0.3
_WRITTEN_DISTINCT_SHARE, _WRITTEN_DISTINCT = 0.2, 20


class Finding(msgspec.Struct, frozen=True):
    """`of` is the event or property by its own name, empty where it is about all. No message holds a value
    that looks personal. `proposal` is an action of a tracking plan, empty for none.
    """

    kind: str
    of: str
    message: str
    count: int
    proposal: str = ""


def findings_of(seen: Seen) -> list[Finding]:
    found: list[Finding] = []
    for name, values in seen.profile.properties.items():
        found += _of_property(name, values, seen.distinct[name])
    found += _of_names("event", seen.profile.events)
    found += _of_names("property", seen.profile.properties)
    found += _of_limits(seen)
    found += _of_times(seen)
    found += _of_busy(seen)
    found += _of_rejected(seen)
    return found


def is_private(name: str, values: PropertyProfile, distinct: int) -> bool:
    """Whether no value should be shown, finding or not: what hardly comes twice may be anyone's."""
    if name in IDENTITY or name == "$insert_id" or values.personal or personal_kind(name):
        return True
    if _is_written(name, values, distinct):
        return True
    texts = values.types.get(TEXT, 0)
    return 2 * distinct > values.said and (texts > 0 or distinct >= _MANY_VALUES) and name != "time"


def _of_property(name: str, values: PropertyProfile, distinct: int) -> Iterator[Finding]:
    written = _is_written(name, values, distinct)
    yield from _personal(name, values, written=written)
    if written:
        yield Finding(
            USER_TEXT,
            name,
            f"about {distinct:,} different texts, of up to {values.longest:,} characters",
            values.types.get(TEXT, 0),
            TRUNCATE if values.longest > _TRUNCATED else DROP,
        )
    elif _has_many(name, values, distinct):
        yield Finding(MANY_VALUES, name, f"about {distinct:,} values in {values.said:,}", distinct)
    if values.over_large:
        yield Finding(
            LARGE,
            name,
            f"lists or objects of up to {values.largest:,} bytes; Mixpanel takes {MAX_LARGE_BYTES:,}",
            values.over_large,
            DROP,
        )
    if len(values.types) > 1:
        kinds = sorted(values.types.items(), key=lambda kind: -kind[1])
        said = ", ".join(f"{kind} {count:,}" for kind, count in kinds)
        yield Finding(MIXED, name, said, sum(count for _, count in kinds[1:]))
    if values.over_long and name not in IDENTITY:
        yield Finding(
            LIMIT,
            name,
            f"texts of up to {values.longest:,} characters; Mixpanel cuts them at {MAX_TEXT_CHARACTERS}",
            values.over_long,
        )


def _personal(name: str, values: PropertyProfile, *, written: bool) -> Iterator[Finding]:
    """What people wrote is better dropped: hashed it says nothing, and cut it still has what stands first."""
    # Of ip Mixpanel makes a place, and keeps that alone.
    is_left = name in ALWAYS_KEPT or name == "ip"
    proposal = "" if is_left else DROP if written else HASH
    for kind, count in values.personal.items():
        yield Finding(PERSONAL, name, f"{kind} in {count:,} of {values.said:,} values", count, proposal)
    kind = personal_kind(name)
    if kind and kind not in values.personal and values.said:
        yield Finding(PERSONAL, name, f"{kind}, by its name", values.said, proposal)


def _is_written(name: str, values: PropertyProfile, distinct: int) -> bool:
    texts = values.types.get(TEXT, 0)
    if name in IDENTITY or not texts:
        return False
    differ = distinct >= _WRITTEN_DISTINCT and distinct > _WRITTEN_DISTINCT_SHARE * values.said
    has_words = values.worded > _WORDED_SHARE * texts
    return differ and (has_words or may_be_written_by_users(name))


def _has_many(name: str, values: PropertyProfile, distinct: int) -> bool:
    """Of numbers only those that are ids: others are measured, and what is measured differs."""
    if name in IDENTITY or name in ALWAYS_KEPT:
        return False
    if TEXT not in values.types and not (NUMBER in values.types and is_id(name)):
        return False
    return distinct >= _MANY_VALUES and distinct > _MANY_SHARE * values.said


def _of_names(what: str, names: Iterable[str]) -> Iterator[Finding]:
    by_folded: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_folded[name.casefold()].append(name)
    for same in by_folded.values():
        if len(same) > 1:
            listed = ", ".join(f'"{shown_name(name)}"' for name in same)
            yield Finding(CASE, same[0], f"{what} names that differ by case only: {listed}", len(same))


def _of_limits(seen: Seen) -> Iterator[Finding]:
    profile = seen.profile
    if profile.over_long_names:
        message = f"names of over {MAX_TEXT_CHARACTERS} characters; Mixpanel cuts them there"
        yield Finding(LIMIT, "", message, profile.over_long_names)
    if profile.other_records:
        message = (
            f"more than {MAX_EVENTS:,} names of events, which is what Mixpanel shows; those behind are "
            "counted together"
        )
        yield Finding(LIMIT, "", message, profile.other_records)
    if profile.other_values:
        message = f"more than {MAX_PROPERTIES:,} names of properties; those behind are counted together"
        yield Finding(LIMIT, "", message, profile.other_values)


def _of_times(seen: Seen) -> Iterator[Finding]:
    for days, count in seen.profile.older.items():
        if count:
            since = "in projects made before 2025-09-01" if days > 1_000 else "by default"
            message = (
                f"{count:,} records are older than {round(days / 365.25)} years, "
                f"which is what Mixpanel keeps {since}"
            )
            yield Finding(TIME, "", message, count)


def _of_busy(seen: Seen) -> Iterator[Finding]:
    for each in seen.busy:
        message = (
            f"{shown(each.distinct_id)} has about {each.records:,} records on {date_of(each.day)}; over "
            f"{MAX_RECORDS_A_DAY:,} Mixpanel takes them from the user, and calls them $hotshard_events"
        )
        yield Finding(BUSY, "distinct_id", message, each.records)


def _of_rejected(seen: Seen) -> Iterator[Finding]:
    for reason in seen.profile.reasons:
        places = ", ".join(f"{sample.file}:{sample.line}" for sample in reason.samples)
        yield Finding(REJECTED, reason.field, f"{reason.message} ({places})", reason.count)
