"""What was seen, as tables to read or as JSON. Values that may be anyone's are masked in both."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from partitioner.check.busy import date_of
from partitioner.check.findings import REJECTED, Finding, is_private
from partitioner.check.mask import masked, shown, shown_name
from partitioner.check.profile import PropertyProfile
from partitioner.check.proposal import proposed
from partitioner.check.run import Seen
from partitioner.meter import show_bytes
from partitioner.paths import Skipped

_MAX_EVENTS, _MAX_PROPERTIES, _MAX_FINDINGS = 30, 60, 60
_MAX_NAME, _MAX_EXAMPLE = 40, 24
_ALL = "all of them: --json"


def lines(seen: Seen, findings: Sequence[Finding], skipped: Sequence[Skipped]) -> Iterator[str]:
    """For people."""
    profile = seen.profile
    share = "all of them" if seen.share == 1 else f"{seen.share:.1%}, in pieces spread over the export"
    yield f"{seen.read_rows:,} of {seen.all_rows:,} rows were read: {share}"
    yield f"{profile.records:,} records ({show_bytes(profile.json_bytes)} of JSON){_span(seen)}"
    if profile.asides:
        yield f"no events: {', '.join(f'{count:,} {kind}' for kind, count in profile.asides.items())}"
    total = profile.records + profile.rejected
    if profile.rejected:
        yield f"{profile.rejected:,} would be rejected ({profile.rejected / total:.2%})"
    for damage in profile.damages:
        yield f"damaged: {damage.file}, from line {damage.line:,} on: {damage.message}"
    for each in skipped:
        yield f"skipped: {each.file}: {each.why}"
    yield ""
    yield from _table(_event_rows(seen), _MAX_EVENTS)
    yield ""
    yield from _table(_property_rows(seen), _MAX_PROPERTIES)
    yield ""
    yield from _findings(findings)


def as_json(seen: Seen, findings: Sequence[Finding], skipped: Sequence[Skipped]) -> dict[str, Any]:
    profile = seen.profile
    by_property = proposed(findings)
    return {
        "rows": seen.all_rows,
        "rows_read": seen.read_rows,
        "share": seen.share,
        "records": profile.records,
        "json_bytes": profile.json_bytes,
        "first_time": profile.first_time,
        "last_time": profile.last_time if profile.first_time is not None else None,
        "no_events": profile.asides,
        "rejected": profile.rejected,
        "reasons": profile.reasons,
        "damages": profile.damages,
        "skipped": skipped,
        "older_than_days": {str(days): count for days, count in profile.older.items()},
        "hot_distinct_ids": [
            {"day": date_of(each.day), "distinct_id": shown(each.distinct_id), "records": each.records}
            for each in seen.busy
        ],
        "events": [
            {
                "name": shown_name(name),
                "records": event.records,
                "properties": {shown_name(each): count for each, count in event.properties.items()},
            }
            for name, event in profile.events.items()
        ],
        "records_of_other_events": profile.other_records,
        "properties": [
            {
                "name": shown_name(name),
                "values": values.values,
                "empty": values.empty,
                "fill": _fill(seen, values),
                "types": values.types,
                "distinct": seen.distinct[name],
                "examples": _examples(seen, name, values),
                "proposal": by_property.get(name, "keep"),
            }
            for name, values in profile.properties.items()
        ],
        "values_of_other_properties": profile.other_values,
        "findings": [
            {"kind": each.kind, "of": shown_name(each.of), "message": each.message, "count": each.count}
            for each in findings
        ],
    }


def _span(seen: Seen) -> str:
    profile = seen.profile
    if profile.first_time is None:
        return ""
    first, last = (
        datetime.fromtimestamp(time, UTC).date().isoformat()
        for time in (profile.first_time, profile.last_time)
    )
    return f" of {first}" if first == last else f" from {first} to {last}"


def _event_rows(seen: Seen) -> Iterator[Sequence[str]]:
    events = seen.profile.events
    total = sum(event.records for event in events.values()) + seen.profile.other_records
    yield "event", ">records", ">share", ">properties"
    for name, event in sorted(events.items(), key=lambda each: -each[1].records):
        share = f"{event.records / total:.1%}"
        yield _cut(shown_name(name), _MAX_NAME), f"{event.records:,}", share, f"{len(event.properties):,}"
    if other := seen.profile.other_records:
        yield "other events", f"{other:,}", f"{other / total:.1%}", ""


def _property_rows(seen: Seen) -> Iterator[Sequence[str]]:
    yield "property", ">values", ">fill", "type", ">distinct", "examples"
    for name, values in seen.profile.properties.items():
        types = sorted(values.types, key=lambda kind: -values.types[kind])
        yield (
            _cut(shown_name(name), _MAX_NAME),
            f"{values.said:,}",
            f"{_fill(seen, values):.1%}",
            ", ".join(types) or "empty",
            f"{seen.distinct[name]:,}",
            ", ".join(_cut(each, _MAX_EXAMPLE) for each in _examples(seen, name, values)),
        )
    if other := seen.profile.other_values:
        yield "other properties", f"{other:,}", "", "", "", ""


def _fill(seen: Seen, values: PropertyProfile) -> float:
    """The share of records that say something of it."""
    profile = seen.profile
    records = sum(event.records for event in profile.events.values()) + profile.other_records
    return values.said / max(1, records)


def _examples(seen: Seen, name: str, values: PropertyProfile) -> list[str]:
    show = masked if is_private(name, values, seen.distinct[name]) else shown
    return list(dict.fromkeys(map(show, values.examples)))


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield "nothing was found that speaks against sending it"
        return
    yield f"{len(findings):,} finding{'' if len(findings) == 1 else 's'}"
    for each in findings[:_MAX_FINDINGS]:
        of = f" in {_cut(shown_name(each.of), _MAX_NAME)}" if each.of and each.kind != REJECTED else ""
        count = f"{each.count:,} " if each.kind == REJECTED else ""
        proposal = f" -> {each.proposal}" if each.proposal else ""
        yield f"  {each.kind}{of}: {count}{each.message}{proposal}"
    if len(findings) > _MAX_FINDINGS:
        yield f"  … and {len(findings) - _MAX_FINDINGS:,} more ({_ALL})"


def _table(rows: Iterable[Sequence[str]], most: int) -> Iterator[str]:
    """The first row is the head; `>` in front of a name has its column stand right."""
    head, *body = rows
    shown_rows = [[name.removeprefix(">") for name in head], *body[:most]]
    widths = [max(len(row[place]) for row in shown_rows) for place in range(len(head))]
    for row in shown_rows:
        cells = [
            cell.rjust(width) if name.startswith(">") else cell.ljust(width)
            for name, cell, width in zip(head, row, widths, strict=True)
        ]
        yield "  ".join(cells).rstrip()
    if len(body) > most:
        yield f"… and {len(body) - most:,} more ({_ALL})"


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
