"""Amplitude: what its Export API gives, a zip of gzipped files with an event a line.

Sources, 2026-08:
https://amplitude.com/docs/apis/analytics/export (the fields; times are UTC, which their text doesn't say)
https://amplitude.com/docs/data/destination-catalog/snowflake (the same columns)
https://github.com/amplitude/Amplitude-JavaScript/pull/425 (on the web, os_name is the browser, os_version its
version)

- `event_type` is the event, as it is named (`[Amplitude] Page Viewed` too), `event_time` its time.
- `uuid`, which each event has its own of, is `$insert_id`. Amplitude's own `$insert_id` isn't used: it need
  not be unique among devices. `ip_address` is `ip`.
- `device_id` is `$device_id`, `user_id` is `$user_id`.
- `event_properties` are the record's properties, each of `groups` is one too, a Mixpanel group key.
- `user_properties`, as they were at the event, stay together under this name, `group_properties` under
  `group_properties.<group type>` (Mixpanel takes three levels of objects). All else stays under its name.
  `--tracking` leaves out what should not be on Mixpanel.
- `$identify` and `$groupidentify` are set aside as `identify` and `group`.
- Left out is what says how Amplitude got the event: $insert_id, $insert_key, $schema, data, data_type, and
  the times client_event_time, client_upload_time, processed_time, server_received_time, server_upload_time.

Not verified: which fields exports of other kinds (S3, Snowflake) leave out; none but event_type and
event_time is needed.
"""

from zoneinfo import ZoneInfo

from partitioner.presets._values import (
    LEFT_OUT,
    object_in,
    put,
    put_country,
    put_fields,
    put_identity,
    put_own,
)
from partitioner.shape.rows import Aside, Result, Row
from partitioner.shape.times import seconds_of

_UTC = ZoneInfo("UTC")
_ASIDES = {"$identify": Aside("identify"), "$groupidentify": Aside("group")}

_USED = (
    *("event_type", "event_time", "uuid", "device_id", "user_id", "ip_address"),
    *("event_properties", "groups", "group_properties"),
)
_DELIVERY = (
    *("$insert_id", "$insert_key", "$schema", "data", "data_type"),
    *("client_event_time", "client_upload_time", "processed_time", "server_received_time"),
    "server_upload_time",
)
_NAMES = {
    **dict.fromkeys((*_USED, *_DELIVERY), LEFT_OUT),
    "city": "$city",
    "region": "$region",
    "location_lat": "$latitude",
    "location_lng": "$longitude",
    "os_name": "$os",
    "os_version": "$os_version",
    "device_brand": "$brand",
    "device_manufacturer": "$manufacturer",
    "device_model": "$model",
    "device_carrier": "$carrier",
    "version_name": "$app_version_string",
}
_NAMES_ON_THE_WEB = {**_NAMES, "os_name": "$browser", "os_version": "$browser_version"}


def transform(row: Row) -> Result:
    event = row.get("event_type")
    if event in _ASIDES:
        return _ASIDES[event]
    properties: Row = {"time": seconds_of(row.get("event_time"), _UTC)}
    put_identity(properties, row.get("device_id"), row.get("user_id"))
    put(properties, "$insert_id", row.get("uuid"))
    put(properties, "ip", row.get("ip_address"))
    put_own(properties, object_in(row, "event_properties"), "event_properties")
    put_country(properties, row.get("country"))
    put_fields(properties, object_in(row, "groups"), {}, "groups")
    of_groups = {
        f"group_properties.{group}": its for group, its in object_in(row, "group_properties").items()
    }
    put_fields(properties, of_groups, {}, "amplitude")
    names = _NAMES_ON_THE_WEB if row.get("platform") == "Web" else _NAMES
    put_fields(properties, row, names, "amplitude")
    return {"event": event, "properties": properties}


def recognises(row: Row) -> bool:
    return "amplitude_id" in row and {"event_type", "event_time", "event_properties"} <= row.keys()
