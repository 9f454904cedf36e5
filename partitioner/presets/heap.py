"""Heap Connect: rows of its tables, from a warehouse or from the Avro files that it writes to S3.

Sources, 2026-08:
https://help.heap.io/hc/en-us/articles/18700033317020-Heap-Connect-Data-Schema (tables; all hold UTC)
https://docs.heap.io/docs/heap-sql-overview-and-schema (columns)
https://github.com/stitchdata/docs, _integration-schemas/heap/v1 (columns of the files on S3)

There are `users`, `sessions`, `pageviews`, a table for each event that is synced, in a warehouse
`all_events`, on S3 `user_migrations`. A customer's own properties are columns beside Heap's.

- A row of an event's table doesn't name its table. So the event is `event_table_name` (`all_events` has it),
  else `type` (a custom event's name, or `click`, `submit`, ... for what Heap captured), else `pageviews` or
  `sessions`, by the columns that it has. `all_events` beside the tables would give events twice.
- `time` is the time. `event_id` is `$insert_id`: an event with several labels is in several tables, but in
  none twice. `ip` is `ip`.
- `user_id`, Heap's id of a person, drawn by chance until that is identified, is `$device_id`. `identity` is
  `$user_id`; events have it only where it was joined from `users`.
- `users` and `user_migrations` are set aside, as `profile` and `alias`.

Not verified, for want of a public sample: how `time` is spelled in each destination.
"""

from zoneinfo import ZoneInfo

from partitioner.presets._values import LEFT_OUT, put, put_country, put_fields, put_identity
from partitioner.shape.rows import Aside, Result, Row, spelling
from partitioner.shape.times import seconds_of

_UTC = ZoneInfo("UTC")

_USER = Aside("profile")
_MIGRATION = Aside("alias")
_OF_A_PAGEVIEW = ("path", "title", "query", "hash", "view_controller", "screen_name")

_NAMES = {
    "city": "$city",
    "region": "$region",
    "browser": "$browser",
    "platform": "$os",
    "device": "$model",
    "carrier": "$carrier",
    "app_version": "$app_version_string",
    "referrer": "$referrer",
    "search_keyword": "mp_keyword",
    **dict.fromkeys(("event_id", "time", "user_id", "identity", "ip", "IP", "event_table_name"), LEFT_OUT),
}
_NAMES_AND_TYPE = {**_NAMES, "type": LEFT_OUT}


def recognises(row: Row) -> bool:
    """By columns that no other export has together; a bare event_id, user_id and time could be anybody's."""
    names = row.keys()
    if names >= {"event_id", "user_id", "session_id", "time"}:
        return "event_table_name" in names or names >= {"library", "landing_page", "platform"}
    return names >= {"user_id", "identity", "joindate"} or names == {"from_user_id", "to_user_id", "time"}


def transform(row: Row) -> Result:
    if "event_id" not in row:
        if "from_user_id" in row:
            return _MIGRATION
        if "joindate" in row or "time" not in row:
            return _USER
    properties: Row = {"time": seconds_of(row.get("time"), _UTC)}
    put_identity(properties, row.get("user_id"), row.get("identity"))
    event_id = row.get("event_id")
    put(properties, "$insert_id", spelling(event_id) or event_id)
    put(properties, "ip", row.get("ip") or row.get("IP"))
    event = row.get("event_table_name")
    names = _NAMES
    if not event:
        event, names = row.get("type"), _NAMES_AND_TYPE
    if not event:
        event = "pageviews" if any(name in row for name in _OF_A_PAGEVIEW) else "sessions"
    put_country(properties, row.get("country"))
    put_fields(properties, row, names, "heap")
    return {"event": event, "properties": properties}
