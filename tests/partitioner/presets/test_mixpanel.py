"""A raw export's records for another project."""

import re
import textwrap
from pathlib import Path

import pytest

from partitioner.presets.mixpanel import transform
from partitioner.shape.preset import load_preset
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


@pytest.mark.parametrize(
    ("stored", "utc"),
    [
        (1_710_325_274, 1_710_325_274 + 4 * 3_600),  # 13 March, summer time in New York
        (1_706_868_000, 1_706_868_000 + 5 * 3_600),  # 2 February
    ],
)
def test_the_readmes_preset_makes_local_times_utc(tmp_path: Path, stored: int, utc: int) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    example = re.search(r"\n\n(    from datetime import UTC.*?        return record\n)", readme, re.DOTALL)
    assert example
    path = tmp_path / "ours.py"
    path.write_text(textwrap.dedent(example[1]))
    ours = load_preset(str(path)).transform
    record = ours({"event": "a", "properties": {"time": stored, "mp_processing_time_ms": 1}})
    assert record == {"event": "a", "properties": {"time": utc}}
    assert ours({"event": "$merge", "properties": {}}) == Aside("merge")
