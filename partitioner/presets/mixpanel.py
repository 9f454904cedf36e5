"""Mixpanel: what the raw export of another project gives, a record a line.

Sources, 2026-08:
https://docs.mixpanel.com/reference/raw-event-export
https://docs.mixpanel.com/docs/export-methods
https://docs.mixpanel.com/docs/orgs-and-projects/managing-projects#manage-timezones-for-projects
https://docs.mixpanel.com/docs/data-structure/property-reference/reserved-properties

- `time` stays as it is. In exports of projects made before 2023-01-01 (another page says March 2023) it is
  the project's local time, spelled as if it were UTC, and nothing in a record says so: it is then off by
  the zone's offset. A preset of your own can call this one and correct it (README.md, Presets).
- `$insert_id`, distinct_id, `$device_id` and `$user_id` stay, so that copies are told as before.
- Left out is what Mixpanel notes on a record when it takes it in, and notes anew: _reserved.BOOKKEEPING.
- `$identify`, `$create_alias` and `$merge` are set aside as `identify`, `alias` and `merge`: projects with
  simplified id merge refuse them, and batches that hold them.
- A `$hotshard_events` gets back its name and its distinct_id, which Mixpanel had put into mp_original_*
  (https://docs.mixpanel.com/docs/debugging/distinct-id-limits).
"""

from partitioner.presets._reserved import BOOKKEEPING
from partitioner.shape.rows import Aside, Result, Row

_ASIDES = {"$identify": Aside("identify"), "$create_alias": Aside("alias"), "$merge": Aside("merge")}
_ORIGINALS = ("mp_original_event_name", "mp_original_distinct_id")


def transform(row: Row) -> Result:
    event = row["event"]
    if event in _ASIDES:
        return _ASIDES[event]
    properties = {name: value for name, value in row["properties"].items() if name not in BOOKKEEPING}
    if event == "$hotshard_events" and properties.keys() >= set(_ORIGINALS):
        event, properties["distinct_id"] = map(properties.pop, _ORIGINALS)
    return {"event": event, "properties": properties}


def recognises(row: Row) -> bool:
    """A record that Mixpanel has taken in before."""
    properties = row.get("properties")
    return "event" in row and isinstance(properties, dict) and "mp_processing_time_ms" in properties
