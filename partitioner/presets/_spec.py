"""The calls of Segment's spec, which RudderStack has too: track, page, screen, identify, group, alias.

Source: https://segment.com/docs/connections/spec/common/ (2026-08)

- `timestamp` is the time (`originalTimestamp`, then `receivedAt` where there is none); `messageId` is
  `$insert_id` (where Mixpanel doesn't take it, the check makes a hash of it).
- `anonymousId` is `$device_id`, `userId` is `$user_id`, `context.ip` is `ip` (0.0.0.0 is none).
- `properties` are the record's properties. Of `context`, what Mixpanel has a name for gets that name; all
  else becomes `context.<name>`, an object as it is.
- identify, group and alias are set aside, as is any other kind of call, under their names.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from partitioner.presets._values import (
    object_in,
    object_of,
    put,
    put_country,
    put_fields,
    put_identity,
    put_own,
    put_parts,
)
from partitioner.shape.rows import Aside, Record, Row, Unusable
from partitioner.shape.times import seconds_of

CALLS = frozenset({"track", "page", "screen", "identify", "group", "alias"})

USED = (
    *("type", "event", "timestamp", "originalTimestamp", "receivedAt", "messageId"),
    *("anonymousId", "userId", "properties", "context"),
)
"""Fields that both vendors' tables of names leave out, for they are used here."""

_UTC = ZoneInfo("UTC")  # their times all have a zone
_PARTS: dict[str, dict[str, str]] = {
    "app": {"version": "$app_version_string", "build": "$app_build_number"},
    "campaign": {
        "source": "utm_source",
        "medium": "utm_medium",
        "name": "utm_campaign",
        "content": "utm_content",
        "term": "utm_term",
    },
    "device": {"manufacturer": "$manufacturer", "model": "$model", "name": "$device", "brand": "$brand"},
    "library": {"name": "mp_lib", "version": "$lib_version"},
    "location": {
        "city": "$city",
        "region": "$region",
        "latitude": "$latitude",
        "longitude": "$longitude",
    },
    "network": {"carrier": "$carrier", "wifi": "$wifi", "bluetooth": "$bluetooth_enabled"},
    "os": {"name": "$os", "version": "$os_version"},
    "page": {
        "url": "$current_url",
        "referrer": "$referrer",
        "referring_domain": "$referring_domain",
        "initial_referrer": "$initial_referrer",
        "initial_referring_domain": "$initial_referring_domain",
    },
    "screen": {"width": "$screen_width", "height": "$screen_height"},
}


def record_of(row: Row, event: Any, names: Mapping[str, str], vendor: str) -> Record:
    """Of a track, page or screen; `names` says what becomes of the fields that aren't in USED."""
    time = row.get("timestamp") or row.get("originalTimestamp") or row.get("receivedAt")
    properties: Row = {"time": seconds_of(time, _UTC)}
    put_identity(properties, row.get("anonymousId"), row.get("userId"))
    put(properties, "$insert_id", row.get("messageId"))
    context = object_in(row, "context")
    put(properties, "ip", _address(row, context))
    put_own(properties, object_in(row, "properties"), "properties")
    _put_context(properties, context)
    put_fields(properties, row, names, vendor)
    return {"event": event, "properties": properties}


def aside_of(row: Row) -> Aside:
    """Of any other call."""
    kind = row.get("type")
    if not isinstance(kind, str):
        raise Unusable("type", "must say which call the row is")
    return Aside(kind)


def _address(row: Row, context: Row) -> Any:
    """RudderStack's web SDK sends 0.0.0.0, its server adds the true one beside it."""
    address = context.get("ip")
    return address if address and address != "0.0.0.0" else row.get("request_ip")  # noqa: S104 (nothing is bound)


def _put_context(properties: Row, context: Row) -> None:
    others: Row = {}
    for name, value in context.items():
        if name in _PARTS and isinstance(value, dict):
            put_parts(properties, f"context.{name}", value, _PARTS[name], "context")
        elif name != "ip":
            others[f"context.{name}"] = value
    put_fields(properties, others, {}, "context")
    put_country(properties, object_of(context.get("location")).get("country"))
