"""mParticle: batches, as its outputs to Amazon S3, Google Cloud Storage and webhooks write them.

Sources, 2026-08:
https://docs.mparticle.com/developers/apis/json-reference (the fields)
https://docs.mparticle.com/schema/mparticle.inbound.eventsapi.schema.json (the same, exactly)
https://docs.mparticle.com/integrations/amazons3 (where they are written)

A row is a batch: `events`, each with `event_type` and `data`, and what they share: `user_identities`,
`user_attributes`, `device_info`, `application_info`, `mpid`, `batch_id`, `ip`...

- Each event is a record, called `event_name` where it has one, a commerce event else by its kind
  (`custom_event_type`, or its action), any other `event_type`.
- `timestamp_unixtime_ms` is the time. `event_id` is `$insert_id`, else `source_message_id`, else the batch's
  id with the event's place in it.
- `custom_attributes` are the record's properties. What else event and batch say stays, objects as objects.
- `customer_id` is `$user_id`. `$device_id` is `mp_deviceid`, which servers don't send, else `mpid`,
  mParticle's id of a person, known or not.
- `user_attribute_change`, `user_identity_change` and `profile` are set aside under these names, the batch
  once for each, as is a batch without events, as `profile`.
- Left out are `api_key` and `api_keys`.

Not verified, for want of a public sample, and taken either way: a batch a line or an array of them;
`user_identities` as an object or a list of `identity_type` and `identity`; 64-bit ids as numbers or as texts.
"""

from typing import Any

from partitioner.presets._values import (
    LEFT_OUT,
    is_empty,
    object_in,
    put,
    put_fields,
    put_identity,
    put_own,
    put_parts,
)
from partitioner.shape.rows import Aside, Record, Result, Row, Unusable, spelling
from partitioner.shape.times import seconds_of

_PROFILE = Aside("profile")
_ASIDES = {
    "profile": _PROFILE,
    "user_attribute_change": Aside("user-attribute-change"),
    "user_identity_change": Aside("user-identity-change"),
}

_DEVICE = {
    "os_version": "$os_version",
    "brand": "$brand",
    "device_manufacturer": "$manufacturer",
    "device_model": "$model",
    "screen_height": "$screen_height",
    "screen_width": "$screen_width",
    "screen_dpi": "$screen_dpi",
    "network_carrier": "$carrier",
    "bluetooth_enabled": "$bluetooth_enabled",
    "bluetooth_version": "$bluetooth_version",
    "has_nfc": "$has_nfc",
    "supports_telephony": "$has_telephone",
}
_SYSTEMS = frozenset({"iOS", "Android", "tvOS"})  # the platforms that are names of systems too
_APPLICATION = {
    "application_version": "$app_version_string",
    "application_build_number": "$app_build_number",
}
_BATCH = {
    "sdk_version": "$lib_version",
    **dict.fromkeys(("events", "device_info", "application_info", "user_identities"), LEFT_OUT),
    **dict.fromkeys(("ip", "mpid", "mp_deviceid", "timestamp_unixtime_ms"), LEFT_OUT),
    **dict.fromkeys(("api_key", "api_keys"), LEFT_OUT),
}
_DATA = dict.fromkeys(("event_name", "event_id", "timestamp_unixtime_ms", "custom_attributes"), LEFT_OUT)


def recognises(row: Row) -> bool:
    """A batch, by what each has; one without events by ids that only mParticle gives."""
    events = row.get("events")
    if is_empty(events):
        return row.keys() >= {"events", "mpid", "environment"}
    return (
        isinstance(events, list)
        and all(isinstance(each, dict) and each.keys() >= {"event_type", "data"} for each in events)
        and not row.keys().isdisjoint({"mpid", "batch_id", "source_request_id", "user_identities"})
    )


def transform(row: Row) -> Result:
    events = row.get("events")
    if is_empty(events):
        return _PROFILE
    if not isinstance(events, list):
        raise Unusable("events", "'events' must be a list")
    shared, who = _of_batch(row)
    results: list[Record | Aside] = []
    for index, each in enumerate(events):
        kind = each["event_type"]
        if kind not in _ASIDES:
            results.append(_record(kind, object_in(each, "data"), index, row, shared, who))
        elif _ASIDES[kind] not in results:
            results.append(_ASIDES[kind])
    return results


def _of_batch(row: Row) -> tuple[Row, Row]:
    """What all its records say, and whose they are."""
    identities = _identities(row)
    device_id, mpid = row.get("mp_deviceid"), row.get("mpid")
    who: Row = {}
    put_identity(who, device_id or mpid, identities.pop("customer_id", None))
    put(who, "ip", row.get("ip"))
    shared: Row = {}
    device = object_in(row, "device_info")
    if device.get("platform") in _SYSTEMS:
        shared["$os"] = device["platform"]
    put_parts(shared, "device_info", device, _DEVICE, "batch")
    put_parts(shared, "application_info", object_in(row, "application_info"), _APPLICATION, "batch")
    put(shared, "user_identities", identities)
    put(shared, "mpid", mpid if device_id else None)
    put_fields(shared, row, _BATCH, "batch")
    return shared, who


def _identities(row: Row) -> Row:
    given = row.get("user_identities")
    if isinstance(given, list):
        return {str(each["identity_type"]): each["identity"] for each in given}
    return dict(object_in(row, "user_identities"))


def _record(kind: Any, data: Row, index: int, row: Row, shared: Row, who: Row) -> Record:
    time = data.get("timestamp_unixtime_ms")
    properties: Row = {
        "time": seconds_of(row.get("timestamp_unixtime_ms") if time is None else time, None, "ms"),
        **who,
    }
    put(properties, "$insert_id", _insert_id(data, index, row))
    put_own(properties, object_in(data, "custom_attributes"), "custom_attributes")
    put_fields(properties, data, _DATA, "data")
    if shared.keys().isdisjoint(properties):
        properties.update(shared)
    else:
        put_fields(properties, shared, {}, "batch")
    return {"event": data.get("event_name") or _name(kind, data), "properties": properties}


def _name(kind: Any, data: Row) -> Any:
    if kind != "commerce_event":
        return kind
    if data.get("custom_event_type"):
        return data["custom_event_type"]
    if data.get("product_action"):
        return data["product_action"]["action"]
    return f"promotion_{data['promotion_action']['action']}" if data.get("promotion_action") else kind


def _insert_id(data: Row, index: int, row: Row) -> Any:
    for name in ("event_id", "source_message_id"):
        if not is_empty(data.get(name)):
            return spelling(data[name]) or data[name]
    for name in ("batch_id", "source_request_id"):
        if not is_empty(row.get(name)):
            return f"{spelling(row[name]) or row[name]}-{index}"
    return None
