"""PostHog: events of a batch export (lines of JSON, Parquet), or of the events API.

Sources, 2026-08:
https://posthog.com/docs/cdp/batch-exports/s3 (uuid, event, distinct_id, person_id, properties,
person_properties, elements_chain, timestamp, created_at, _inserted_at; in Parquet, the two objects are texts)
https://posthog.com/docs/cdp/batch-exports/bigquery (has team_id, ip, set, set_once, elements)
https://posthog.com/docs/api/events (`id` in the place of uuid, and an object `person`)

The CSV that PostHog's own tables save has other columns (`properties.$browser`), and is a case for --map.

- `timestamp`, in UTC, is the time. `uuid` is `$insert_id`, `properties.$ip` is `ip`.
- PostHog's `$` properties mostly have Mixpanel's names, and stay, as do `$session_id` and the flags
  (`$feature/...`): each is what the event said. `--tracking` leaves out what should not be on Mixpanel; with
  more than about 200 flags it must, for Mixpanel takes 255 properties.
- Left out is `_inserted_at`, of which PostHog says that it is safe to ignore.
- Whose it is: `distinct_id` is an anonymous id where `$is_identified` is false, or, without that,
  `$process_person_profile` is. Else it is the user's, unless it equals `$device_id`, the browser's first
  anonymous id, which stays with it after login.
- `$identify`, `$set`, `$create_alias`, `$merge_dangerously`, `$groupidentify` and the rows of the persons
  model are set aside, as `identify`, `profile`, `alias` and `group`.

Not verified: what `$is_identified` says on each platform; it is in the SDKs' public source, in no document.
"""

from typing import Any
from zoneinfo import ZoneInfo

from partitioner.presets._reserved import WORKING
from partitioner.presets._values import LEFT_OUT, free_name, object_in, put, put_fields, put_identity
from partitioner.shape.rows import Aside, Result, Row
from partitioner.shape.times import seconds_of

_UTC = ZoneInfo("UTC")

_ASIDES = {
    "$identify": Aside("identify"),
    "$set": Aside("profile"),
    "$create_alias": Aside("alias"),
    "$merge_dangerously": Aside("alias"),
    "$groupidentify": Aside("group"),
}
_PERSON = Aside("profile")

_NAMES = {
    "$lib": "mp_lib",
    "$geoip_city_name": "$city",
    "$geoip_subdivision_1_name": "$region",
    "$geoip_country_code": "mp_country_code",
    "$app_version": "$app_version_string",
    "$app_build": "$app_build_number",
    "$device_manufacturer": "$manufacturer",
    "$device_model": "$model",
    "$network_carrier": "$carrier",
    "$network_wifi": "$wifi",
}
_IDENTITY = ("distinct_id", "$device_id", "$user_id")
_WORKING = tuple(sorted(WORKING))  # in one order, so that a record's bytes are the same each time
_FIELDS = {
    **dict.fromkeys(("uuid", "id", "event", "distinct_id", "timestamp", "ip"), LEFT_OUT),
    **dict.fromkeys(("properties", "person_properties", "_inserted_at"), LEFT_OUT),
}


def recognises(row: Row) -> bool:
    """Events by the fields that all exports share and one of PostHog's own, persons by a field of theirs."""
    names = row.keys()
    if not names >= {"event", "distinct_id", "timestamp", "properties"}:
        return names >= {"person_id", "distinct_id", "person_distinct_id_version"}
    return "uuid" in names or ("id" in names and not names.isdisjoint({"elements", "elements_chain"}))


def transform(row: Row) -> Result:
    event = row.get("event")
    if event is None and "person_distinct_id_version" in row:
        return _PERSON
    if event in _ASIDES:
        return _ASIDES[event]
    own = object_in(row, "properties")
    properties: Row = {"time": seconds_of(row.get("timestamp"), _UTC)}
    _put_whose(properties, row.get("distinct_id"), own)
    put(properties, "$insert_id", row.get("uuid") or row.get("id"))
    put(properties, "ip", own.get("$ip") or row.get("ip"))
    properties.update(_renamed(own, properties))
    person = object_in(row, "person_properties")
    put_fields(properties, {"person_properties": person}, {}, "posthog")
    put_fields(properties, row, _FIELDS, "posthog")
    return {"event": event, "properties": properties}


def _put_whose(properties: Row, distinct_id: Any, own: Row) -> None:
    device_id = own.get("$device_id")
    is_identified = own.get("$is_identified", own.get("$process_person_profile"))
    if is_identified is False:
        put_identity(properties, distinct_id, None)
    elif distinct_id == device_id:
        put_identity(properties, device_id, own.get("$user_id"))
    else:
        put_identity(properties, device_id, distinct_id)


def _renamed(own: Row, taken: Row) -> Row:
    """The event's properties under Mixpanel's names; those that would work there as `properties.<name>`.

    Left out are ids and the address where they stand in `taken`.
    """
    renamed = dict(own)
    for name, better in _NAMES.items():
        if name in renamed and better not in renamed:
            renamed[better] = renamed.pop(name)
    for name in _IDENTITY:
        if name in renamed and renamed[name] in (taken.get("$device_id"), taken.get("$user_id")):
            del renamed[name]
    for name in _WORKING:
        if name in renamed:
            renamed[free_name(f"properties.{name}", "properties", renamed)] = renamed.pop(name)
    if "ip" in taken and renamed.get("$ip") == taken["ip"]:
        del renamed["$ip"]
    return renamed
