"""Snowplow: enriched events, as the pipeline's TSV or as the JSON that the analytics SDKs make of it.

Sources, 2026-08:
https://docs.snowplow.io/docs/pipeline/enriched-tsv-format (131 columns without a header, which COLUMNS names)
https://docs.snowplow.io/docs/fundamentals/canonical-event (what they mean)
https://docs.snowplow.io/docs/events/timestamps (which time is best; all are UTC)
https://github.com/snowplow/snowplow-scala-analytics-sdk (the JSON)

In TSV `contexts`, `derived_contexts` and `unstruct_event` are self-describing JSON. The SDKs, and warehouses,
have keys instead, like `contexts_com_acme_user_1` (a list) and `unstruct_event_com_acme_sign_up_1`. TSV is
given the same names, so that both make the same record, but that TSV has 1 and 0 for true and false.

- The event is `se_action` if it is structured, its schema's name (`event_name`) if it is self-describing,
  else `event`: page_view, page_ping, transaction... The fields of a self-describing event are the record's
  properties. An empty field is left out.
- The time is `derived_tstamp`, else `dvce_created_tstamp`, else `collector_tstamp`. `event_id` is
  `$insert_id`, `user_ipaddress` is `ip`.
- `user_id` is `$user_id`. `$device_id` is `domain_userid`, in apps, which have none, `userId` of the context
  `client_session`.
- Nothing is set aside: Snowplow has no profiles and no groups.
"""

from typing import Any
from zoneinfo import ZoneInfo

from partitioner.presets._iglu import key_of, parts_of
from partitioner.presets._reserved import WORKING
from partitioner.presets._values import LEFT_OUT, free_name, object_in, object_of, put_fields, put_identity
from partitioner.shape.rows import Result, Row, spelling
from partitioner.shape.times import seconds_of

COLUMNS: tuple[str, ...] = (
    *("app_id", "platform", "etl_tstamp", "collector_tstamp", "dvce_created_tstamp", "event", "event_id"),
    *("txn_id", "name_tracker", "v_tracker", "v_collector", "v_etl", "user_id", "user_ipaddress"),
    *(
        "user_fingerprint",
        "domain_userid",
        "domain_sessionidx",
        "network_userid",
        "geo_country",
        "geo_region",
    ),
    *("geo_city", "geo_zipcode", "geo_latitude", "geo_longitude", "geo_region_name", "ip_isp"),
    *("ip_organization", "ip_domain", "ip_netspeed", "page_url", "page_title", "page_referrer"),
    *("page_urlscheme", "page_urlhost", "page_urlport", "page_urlpath", "page_urlquery", "page_urlfragment"),
    *("refr_urlscheme", "refr_urlhost", "refr_urlport", "refr_urlpath", "refr_urlquery", "refr_urlfragment"),
    *("refr_medium", "refr_source", "refr_term", "mkt_medium", "mkt_source", "mkt_term", "mkt_content"),
    *("mkt_campaign", "contexts", "se_category", "se_action", "se_label", "se_property", "se_value"),
    *("unstruct_event", "tr_orderid", "tr_affiliation", "tr_total", "tr_tax", "tr_shipping", "tr_city"),
    *("tr_state", "tr_country", "ti_orderid", "ti_sku", "ti_name", "ti_category", "ti_price", "ti_quantity"),
    *("pp_xoffset_min", "pp_xoffset_max", "pp_yoffset_min", "pp_yoffset_max", "useragent", "br_name"),
    *("br_family", "br_version", "br_type", "br_renderengine", "br_lang", "br_features_pdf"),
    *("br_features_flash", "br_features_java", "br_features_director", "br_features_quicktime"),
    *("br_features_realplayer", "br_features_windowsmedia", "br_features_gears", "br_features_silverlight"),
    *("br_cookies", "br_colordepth", "br_viewwidth", "br_viewheight", "os_name", "os_family"),
    *("os_manufacturer", "os_timezone", "dvce_type", "dvce_ismobile", "dvce_screenwidth"),
    *("dvce_screenheight", "doc_charset", "doc_width", "doc_height", "tr_currency", "tr_total_base"),
    *("tr_tax_base", "tr_shipping_base", "ti_currency", "ti_price_base", "base_currency", "geo_timezone"),
    *("mkt_clickid", "mkt_network", "etl_tags", "dvce_sent_tstamp", "refr_domain_userid"),
    *("refr_device_tstamp", "derived_contexts", "domain_sessionid", "derived_tstamp", "event_vendor"),
    *("event_name", "event_format", "event_version", "event_fingerprint", "true_tstamp"),
)

_UTC = ZoneInfo("UTC")
_SESSION = "contexts_com_snowplowanalytics_snowplow_client_session_1"

_NAMES = {
    "geo_city": "$city",
    "geo_region_name": "$region",
    "geo_country": "mp_country_code",
    "page_url": "$current_url",
    "page_referrer": "$referrer",
    "refr_urlhost": "$referring_domain",
    "mkt_source": "utm_source",
    "mkt_medium": "utm_medium",
    "mkt_campaign": "utm_campaign",
    "mkt_content": "utm_content",
    "mkt_term": "utm_term",
    "br_family": "$browser",
    "br_version": "$browser_version",
    "os_family": "$os",
    "dvce_screenwidth": "$screen_width",
    "dvce_screenheight": "$screen_height",
    **dict.fromkeys(("event_id", "user_id", "domain_userid", "user_ipaddress", "derived_tstamp"), LEFT_OUT),
    **dict.fromkeys(("se_action", "contexts", "derived_contexts", "unstruct_event"), LEFT_OUT),
}

_ALSO_USED = (("event_id", "$insert_id"), ("user_ipaddress", "ip"))
_FIELD_OF = {name: field for field, name in _NAMES.items() if name != LEFT_OUT}
_ELSEWHERE = WORKING | _FIELD_OF.keys()


def recognises(row: Row) -> bool:
    """By the columns that are never empty, whose names are Snowplow's own."""
    return row.keys() >= {"event_id", "collector_tstamp", "v_collector", "v_etl"}


def transform(row: Row) -> Result:
    properties = _fields(row)
    for column in ("contexts", "derived_contexts"):
        if row.get(column):
            _expand(properties, row, column)
    event = row.get("event")
    if event == "struct":
        event = row.get("se_action") or event
    elif event == "unstruct":
        event, own, key = _self_described(row)
        if key:
            del properties[key]
        _put_own(properties, own)
    device_id = row.get("domain_userid")
    if not device_id and properties.get(_SESSION):
        device_id = object_of(properties[_SESSION][0]).get("userId")
    time = row.get("derived_tstamp") or row.get("dvce_created_tstamp") or row.get("collector_tstamp")
    properties["time"] = seconds_of(time, _UTC)
    put_identity(properties, device_id, row.get("user_id"))
    for field, name in _ALSO_USED:
        if row.get(field):
            properties[name] = row[field]
    return {"event": event if isinstance(event, str) else spelling(event), "properties": properties}


def _fields(row: Row) -> Row:
    """What `put_fields` makes of a row, in three quarters of its time, which 131 fields make worth while.

    Only a row with a column that Snowplow doesn't have, and Mixpanel does, needs the care of the other.
    """
    if not row.keys().isdisjoint(_ELSEWHERE):
        fields: Row = {}
        put_fields(fields, row, _NAMES, "snowplow")
        return fields
    name_of = _NAMES.get
    fields = {
        name_of(field, field): value
        for field, value in row.items()
        if value or (value is not None and value == 0)  # 0 and false say something
    }
    fields.pop(LEFT_OUT, None)
    return fields


def _put_own(properties: Row, own: Row) -> None:
    """The event's own properties keep their names, unless these work on Mixpanel: a field gives way."""
    for name, value in own.items():
        if name in properties:
            moved = f"snowplow.{_FIELD_OF.get(name, name)}"
            properties[free_name(moved, "snowplow", own)] = properties[name]
        moved = f"unstruct_event.{name}"
        properties[free_name(moved, "unstruct_event", own) if name in WORKING else name] = value


def _expand(properties: Row, row: Row, column: str) -> None:
    """A property for each kind of context, of major version 1 and of 2 apart: what the SDKs do."""
    for context in object_in(row, column).get("data") or ():
        parts = parts_of(context["schema"])
        key = column if parts is None else key_of("contexts", *parts)
        properties[key] = [*properties.get(key, ()), context if parts is None else context["data"]]


def _self_described(row: Row) -> tuple[Any, Row, str]:
    """The event's name, its own properties, and the key that has them where no column has.

    A key that isn't found, or holds no object, stays a property with all that is in it.
    """
    event = row.get("event_name")
    if row.get("unstruct_event"):
        inner = object_of(object_in(row, "unstruct_event").get("data"))
        parts = parts_of(str(inner.get("schema")))
        return event or (parts and parts[1]) or "unstruct", object_of(inner.get("data")), ""
    version = str(row.get("event_version")).partition("-")[0]
    key = key_of("unstruct_event", str(row.get("event_vendor")), str(event), version)
    own = row.get(key)
    return (event, own, key) if own and isinstance(own, dict) else (event or "unstruct", {}, "")
