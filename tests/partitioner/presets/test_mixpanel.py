"""A raw export's records for another project."""

from partitioner.presets.mixpanel import transform
from partitioner.shape.rows import Aside, Row


def test_all_stays_but_what_mixpanel_notes_anew() -> None:
    given: Row = {"time": 1, "b": None, "$device_id": "d", "$user_id": "u", "$insert_id": "i", "a": ""}
    noted = {"mp_processing_time_ms": 1, "$import": True, "$mp_api_endpoint": "x", "$warehouse_table": "t"}
    assert transform({"event": "a", "properties": given | noted}) == {"event": "a", "properties": given}


def test_a_hot_shards_record_gets_its_name_and_its_user_back() -> None:
    hot = {
        "time": 1,
        "distinct_id": "",
        "mp_original_event_name": "Crawled",
        "mp_original_distinct_id": "robot",
    }
    assert transform({"event": "$hotshard_events", "properties": hot}) == {
        "event": "Crawled",
        "properties": {"time": 1, "distinct_id": "robot"},
    }


def test_what_only_looks_like_a_hot_shards_record_stays() -> None:
    """Without both originals there is nothing to give back."""
    for properties in ({"time": 1}, {"time": 1, "mp_original_event_name": "Crawled"}):
        record = {"event": "$hotshard_events", "properties": properties}
        assert transform(record) == record


def test_verbs_of_the_original_id_merge_are_set_aside() -> None:
    for event, kind in {"$identify": "identify", "$create_alias": "alias", "$merge": "merge"}.items():
        assert transform({"event": event, "properties": {}}) == Aside(kind)
