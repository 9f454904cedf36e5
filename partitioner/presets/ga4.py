"""Google Analytics 4: its BigQuery export, extracted as JSON (an event a line), Avro or Parquet.

Sources, 2026-08:
https://support.google.com/analytics/answer/7029846 (the columns)
https://cloud.google.com/bigquery/docs/exporting-data (INT64 are strings in JSON)

- `event_name` is the event, `event_timestamp` (microseconds, UTC) its time.
- `user_pseudo_id` is `$device_id`, `user_id` is `$user_id`. The export has no address, so none is looked up.
- `event_params` are the record's properties; of these, page_location and page_referrer have a name in
  Mixpanel. `user_properties` and an item's `item_params` become objects, {key: value}.
- Other records of the row (device, geo, items...) stay as they are, but for parts that Mixpanel has a name
  for. The parts of device.web_info count as device's. Nulls are left out, as JSON exports do, and INTEGER
  columns are numbers in both: so JSON and Parquet of one event give one record.
- `collected_traffic_source`, the event's own, becomes utm_*; `traffic_source`, the user's first, doesn't.
- `geo.country` is a name: it stays, and `mp_country_code` is added where its code is known.
- Left out are `event_date`, the day of event_timestamp in the property's time zone, and set_timestamp_micros.

There is no id. `$insert_id` is a hash of what says which event it is: the columns of _IDENTIFYING, the
parameters and the items. Parameters are needed: several events of one name may share a timestamp, and the
batch_* columns are missing before July 2024. Other columns would harm: those of a user (user_ltv,
traffic_source) differ between the intraday and the daily table.

Not verified: how each export spells a FLOAT (`1` or `1.0`); where two exports differ, so do the ids.
"""

import re
from typing import Any

from function.identity import content_id
from partitioner.presets._values import LEFT_OUT, put_country, put_fields, put_identity, put_own, put_parts
from partitioner.shape.rows import Result, Row
from partitioner.shape.times import seconds_of

_IDENTIFYING = (
    *("stream_id", "user_pseudo_id", "user_id", "event_name"),
    *("event_timestamp", "event_bundle_sequence_id"),
    *("batch_event_index", "batch_ordering_id", "batch_page_id"),
)
_INTEGERS = frozenset(
    {
        *("event_timestamp", "event_previous_timestamp", "event_bundle_sequence_id"),
        *("event_server_timestamp_offset", "user_first_touch_timestamp"),
        *("batch_event_index", "batch_ordering_id", "batch_page_id"),
        *("time_zone_offset_seconds", "quantity", "total_item_quantity", "unique_items"),
    }
)
"""INTEGER columns, in whichever record they stand."""

_KEYED = frozenset({"event_params", "user_properties", "item_params"})

_is_integer = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII).fullmatch

_NAMES = dict.fromkeys(
    ("event_name", "event_timestamp", "event_date", "event_params", "user_pseudo_id", "user_id"), LEFT_OUT
)
_PARAMETERS = {"page_location": "$current_url", "page_referrer": "$referrer"}
_PARTS: dict[str, dict[str, str]] = {
    "device": {
        "operating_system": "$os",
        "operating_system_version": "$os_version",
        "browser": "$browser",
        "browser_version": "$browser_version",
        "mobile_brand_name": "$brand",
        "mobile_model_name": "$model",
    },
    "geo": {"city": "$city", "region": "$region"},
    "app_info": {"version": "$app_version_string"},
    "collected_traffic_source": {
        "manual_source": "utm_source",
        "manual_medium": "utm_medium",
        "manual_campaign_name": "utm_campaign",
        "manual_content": "utm_content",
        "manual_term": "utm_term",
    },
}


def transform(row: Row) -> Result:
    row = _plain(row)
    own = row.get("event_params", {})
    properties: Row = {"time": seconds_of(row.get("event_timestamp"), None, "us")}
    put_identity(properties, row.get("user_pseudo_id"), row.get("user_id"))
    properties["$insert_id"] = content_id([[*map(row.get, _IDENTIFYING)], own, row.get("items")])
    put_own(properties, {_PARAMETERS.get(key, key): value for key, value in own.items()}, "event_params")
    for field, names in _PARTS.items():
        if field in row:
            parts = row.pop(field)
            if field == "geo":
                put_country(properties, parts.get("country"))
            elif field == "device" and "web_info" in parts:
                parts |= parts.pop("web_info")
            put_parts(properties, field, parts, names, "ga4")
    put_fields(properties, row, _NAMES, "ga4")
    return {"event": row.get("event_name"), "properties": properties}


def recognises(row: Row) -> bool:
    return {"event_name", "event_timestamp"} <= row.keys() and isinstance(row.get("event_params"), list)


def _plain(record: Row) -> Row:
    """Without nulls and what is empty, INTEGER columns as numbers, parameters as objects; a copy."""
    plain: Row = {}
    for name, value in record.items():
        if isinstance(value, str):
            plain[name] = _integer(value) if name in _INTEGERS else value
        elif isinstance(value, dict):
            if inner := _plain(value):
                plain[name] = inner
        elif isinstance(value, list):
            if value:
                plain[name] = _parameters(value, name) if name in _KEYED else [*map(_plain_element, value)]
        elif value is not None:
            plain[name] = value
    return plain


def _plain_element(element: Any) -> Any:
    return _plain(element) if isinstance(element, dict) else element


def _parameters(parameters: list[Any], inside: str) -> Row:
    """Of {key, value} records. A key that stands twice is `<inside>.<key>` the second time."""
    values: Row = {}
    for parameter in parameters:
        key = parameter["key"]
        values[f"{inside}.{key}" if key in values else key] = _value(parameter.get("value") or {})
    return values


def _value(value: Row) -> Any:
    """Of the four columns, one has a value; null if none has."""
    text = value.get("string_value")
    if text is not None:
        return text
    whole = value.get("int_value")
    if whole is not None:
        return _integer(whole) if isinstance(whole, str) else whole
    double = value.get("double_value")
    return value.get("float_value") if double is None else double


def _integer(text: str) -> int | str:
    """The number that is spelled; a text that spells no INT64 stays one."""
    return int(text) if _is_integer(text) else text
