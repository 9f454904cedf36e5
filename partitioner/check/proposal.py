"""Proposes a tracking plan: all that was seen is kept, but for what the findings say otherwise."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from partitioner.check.findings import Finding
from partitioner.check.mask import on_one_line
from partitioner.check.personal import looks_personal
from partitioner.check.profile import MAX_NAME_CHARACTERS
from partitioner.check.run import Seen
from partitioner.tracking.key import KEY
from partitioner.tracking.plan import ALWAYS_KEPT, DROP, HASH, KEEP, event_entry, toml_key

_STRENGTH = {KEEP: 0, "": 0, HASH: 2, DROP: 3}


def plan_text(seen: Seen, findings: Sequence[Finding], command: str) -> str:
    """The file. `command` is the one that made it."""
    return "\n".join([*_lines(seen, findings, command), ""])


def proposed(findings: Sequence[Finding]) -> dict[str, str]:
    """What to do with each property that anything is to be done with."""
    actions: dict[str, str] = {}
    for each in findings:
        if _strength(each.proposal) > _strength(actions.get(each.of, KEEP)):
            actions[each.of] = each.proposal
    return actions


def _strength(action: str) -> int:
    return _STRENGTH.get(action, 1)


def _lines(seen: Seen, findings: Sequence[Finding], command: str) -> Iterator[str]:
    actions = proposed(findings)
    yield f"# Proposed by `{on_one_line(command)}` from {seen.share:.1%} of the rows."
    yield "# Read it and change it; then give it to `split` with --tracking."
    if actions:
        yield f"# It needs a key, once and for all: export {KEY}=$(openssl rand -hex 32)"
    yield "# Events: keep or drop. Properties: keep, drop, hash, or truncate=N (characters)."
    yield ""
    yield "# Those not named below: keep, drop or refuse (into _rejected/)."
    yield 'unknown_events = "keep"'
    yield 'unknown_properties = "keep"'
    yield ""
    yield "# Of every event; one event's own stand in a table of its own: [events.NAME.properties]"
    yield "[properties]"
    yield from _properties(seen, findings, actions)
    for name, event in seen.profile.events.items():
        if _can_be_named(name):
            yield ""
            yield f"# {event.records:,} records"
            yield f"[{event_entry(name)}]"
            yield f'action = "{KEEP}"'
    hidden = sum(1 for name in (*seen.profile.events, *seen.profile.properties) if not _can_be_named(name))
    if hidden:
        yield ""
        yield f"# Not named: {hidden:,} names that look like personal data themselves, or are too long."


def _properties(seen: Seen, findings: Sequence[Finding], actions: dict[str, str]) -> Iterator[str]:
    notes = defaultdict(list)
    for each in findings:
        notes[each.of].append(f"# {each.kind}: {on_one_line(each.message)}")
    for name in seen.profile.properties:
        if name in ALWAYS_KEPT or not _can_be_named(name):
            continue
        yield from notes[name]
        yield f'{toml_key(name)} = "{actions.get(name, KEEP)}"'


def _can_be_named(name: str) -> bool:
    return len(name) < MAX_NAME_CHARACTERS and not looks_personal(name)
