"""Names of properties that mean something to Mixpanel.

Sources, 2026-08:
https://docs.mixpanel.com/docs/data-structure/property-reference/default-properties
https://docs.mixpanel.com/docs/data-structure/property-reference/reserved-properties
"""

WORKING = frozenset(
    {
        *("time", "$time", "ip", "token", "$insert_id", "$event_name"),
        *("distinct_id", "$distinct_id", "$device_id", "$user_id"),
        *("$ignore", "bucket", "$bucket"),
    }
)
"""They decide when, where, whose a record is, or that it is dropped (`$ignore`) or hides others (`bucket`).
No property of a vendor's event may stand under one of them by chance."""

PLACE = frozenset({"$city", "$region", "mp_country_code", "$latitude", "$longitude"})
"""Where they are given, Mixpanel doesn't take them from `ip`; it makes city, region and country of the latter
two. `mp_country_code` has two letters. https://docs.mixpanel.com/docs/tracking-best-practices/geolocation"""

BROWSER = frozenset(
    {
        *("$browser", "$browser_version", "$current_url", "$search_engine", "mp_keyword"),
        *("$referrer", "$referring_domain", "$initial_referrer", "$initial_referring_domain"),
        *("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"),
    }
)

DEVICE = frozenset(
    {
        *("$os", "$os_version", "$device", "$manufacturer", "$brand", "$model", "$watch_model"),
        *("$screen_height", "$screen_width", "$screen_dpi"),
        *("$carrier", "$radio", "$wifi", "$bluetooth_enabled", "$bluetooth_version"),
        *("$has_nfc", "$has_telephone", "$google_play_services"),
    }
)

SENDER = frozenset({"mp_lib", "$lib_version", "$app_build_number", "$app_version_string", "$duration"})

BOOKKEEPING = frozenset(
    {
        *("$mp_api_endpoint", "$mp_api_timestamp_ms", "mp_processing_time_ms", "$import", "$mp_event_size"),
        *("mp_sent_by_lib_version", "$is_reshuffled", "$distinct_id_before_identity"),
        *("$preshuffle_distinct_id", "$identity_failure_reason", "$failure_reason", "$failure_description"),
        *("$warehouse_type", "$warehouse_import_id", "$warehouse_import_job_id"),
        *("$warehouse_import_run_id", "$warehouse_table"),
    }
)
"""What Mixpanel notes on a record when it takes it in: it stands in its exports, and is noted anew."""

DEFAULT = PLACE | BROWSER | DEVICE | SENDER
"""What a vendor's own field may become."""
