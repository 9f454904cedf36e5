"""Google Analytics 4: its BigQuery export, extracted as JSON (an event a line), Avro or Parquet.

Sources, 2026-08:
https://support.google.com/analytics/answer/7029846 (the columns)
https://cloud.google.com/bigquery/docs/exporting-data (JSON has INT64 as text)

- `event_name` is the event, `event_timestamp` (microseconds, UTC) its time.
- `user_pseudo_id` is `$device_id`, `user_id` is `$user_id`. The export has no address, so none is looked up.
- `event_params` are the record's properties; of these, page_location and page_referrer have a name in
  Mixpanel. `user_properties` and an item's `item_params` become objects, {key: value}.
- Other records of the row (device, geo, items...) stay as they are, but for parts that Mixpanel has a name
  for. The parts of device.web_info count as device's. Nulls are left out, as JSON exports do, and INTEGER
  columns are numbers in both: so JSON and Parquet of one event give one record.
- `collected_traffic_source`, the event's own, becomes utm_*; `traffic_source`, the user's first, doesn't.
- `geo.country` is a name: it stays, and `mp_country_code` is added where its code is known.
- Left out are `event_date`, the day of event_timestamp in the property's time zone, set_timestamp_micros, and
  what says how Google got the event: event_bundle_sequence_id, event_server_timestamp_offset, batch_*.

There is no id. `$insert_id` is a hash of what says which event it is: the columns of _IDENTIFYING, the
parameters and the items. Parameters are needed: several events of one name may share a timestamp, and the
batch_* columns are missing in older exports. Other columns would harm: those of a user (user_ltv,
traffic_source) differ between the intraday and the daily table.

Not verified: how each export spells a FLOAT (`1` or `1.0`); where two exports differ, so do the ids.
"""

import re
from collections.abc import Iterable
from typing import Any

from function.identity import content_id
from partitioner.presets._values import is_empty, put_country, put_fields, put_identity, put_own, put_parts
from partitioner.shape.rows import Result, Row
from partitioner.shape.times import seconds_of

_IDENTIFYING = (
    *("stream_id", "user_pseudo_id", "user_id", "event_name"),
    *("event_timestamp", "event_bundle_sequence_id"),
    *("batch_event_index", "batch_ordering_id", "batch_page_id"),
)
_USED = frozenset(
    {
        *_IDENTIFYING[1:],
        *("event_date", "event_params", "items", "event_server_timestamp_offset"),
    }
)
_INTEGERS = frozenset(
    {
        *("event_previous_timestamp", "user_first_touch_timestamp", "time_zone_offset_seconds"),
        *("quantity", "total_item_quantity", "unique_items"),
    }
)
"""INTEGER columns, in whichever record they stand."""

_PARAMETERS = {"page_location": "$current_url", "page_referrer": "$referrer"}
_KEYED = frozenset({"user_properties", "item_params"})
_FLAT = frozenset({"privacy_info", "traffic_source", "user_ltv", "publisher"})
"""Records without records or INTEGER columns in them."""
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

_is_integer = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII).fullmatch


def transform(row: Row) -> Result:
    own = _parameters(row.get("event_params") or (), "event_params")
    items = [_plain(item) for item in row.get("items") or ()]
    properties: Row = {"time": seconds_of(_integer(row.get("event_timestamp")), None, "us")}
    put_identity(properties, row.get("user_pseudo_id"), row.get("user_id"))
    which = [str(row.get(column)) for column in _IDENTIFYING]
    properties["$insert_id"] = content_id([which, own, items])
    for parameter, name in _PARAMETERS.items():
        if parameter in own and name not in own:
            own[name] = own.pop(parameter)
    put_own(properties, own, "event_params")
    for column, value in row.items():
        if column in _USED or (not value and is_empty(value)):
            continue
        if column in _PARTS:
            _put_parts(properties, column, value)
            continue
        plain = value if type(value) is str and column not in _INTEGERS else _plain_value(column, value)
        if column not in properties and (plain or plain is False):
            properties[column] = plain
        else:
            put_fields(properties, {column: plain}, {}, "ga4")
    if items:
        put_fields(properties, {"items": items}, {}, "ga4")
    return {"event": row.get("event_name"), "properties": properties}


def recognises(row: Row) -> bool:
    return {"event_name", "event_timestamp"} <= row.keys() and isinstance(row.get("event_params"), list)


def _put_parts(properties: Row, column: str, record: Row) -> None:
    if column == "geo":
        put_country(properties, record.get("country"))
    elif column == "device":
        record = {**record, **(record.get("web_info") or {}), "web_info": None}
        record["time_zone_offset_seconds"] = _integer(record.get("time_zone_offset_seconds"))
    put_parts(properties, column, record, _PARTS[column], "ga4")


def _plain(record: Row) -> Row:
    """Without nulls and empty records, INTEGER columns as numbers, parameters as objects; a copy."""
    plain = {name: _plain_value(name, value) for name, value in record.items() if value is not None}
    return {name: value for name, value in plain.items() if value or not is_empty(value)}


def _plain_value(name: str, value: Any) -> Any:
    if name in _INTEGERS:
        return _integer(value)
    if name in _FLAT:
        return value if None not in value.values() else _without_nulls(value)
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list):
        if name in _KEYED:
            return _parameters(value, name)
        return [_plain(element) if isinstance(element, dict) else element for element in value]
    return value


def _without_nulls(record: Row) -> Row:
    return {name: value for name, value in record.items() if value is not None}


def _parameters(parameters: Iterable[Any], inside: str) -> Row:
    """Of {key, value} records: of the value's four columns one is set, or none, which is a null.

    A key that stands twice is `<inside>.<key>` the second time.
    """
    values: Row = {}
    for parameter in parameters:
        key, columns = parameter["key"], parameter["value"] or {}
        value = columns.get("string_value")
        if value is None:
            value = columns.get("int_value")
            if value is not None:
                value = _integer(value)
            else:
                double = columns.get("double_value")
                value = columns.get("float_value") if double is None else double
        values[key if key not in values else f"{inside}.{key}"] = value
    return values


def _integer(value: Any) -> Any:
    """The INT64 that a text spells; anything else as it is."""
    if type(value) is not str:
        return value
    if value.isdecimal() and value[0] != "0" and len(value) < 19 and value.isascii():
        return int(value)  # without the pattern, which takes three times as long
    return int(value) if _is_integer(value) else value
