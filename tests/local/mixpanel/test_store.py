"""What a project holds: exact counts, hot shards, and a file that outlives the process."""

import os
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.mixpanel.batches import judge_batch
from local.mixpanel.packing import pack
from local.mixpanel.store import Store
from local.mixpanel.switches import Switches, turn
from tests.fakes.import_client import NOW, importing, ndjson, record

PEER = "127.0.0.1"


def keep(store: Store, *records: Any, **switches: Any) -> None:
    lines = ndjson(records).split(b"\n")
    chosen = turn(Switches(), switches)
    with store.lock:
        store.keep(judge_batch(lines, chosen, NOW, PEER), pack(lines), NOW, PEER, chosen)


def test_copies_are_counted_as_they_come() -> None:
    """`accepted` counts every record, `deduplicated` what remains of them."""
    with importing() as client:
        client.post(record(0), record(1), record(1))
        client.post_gzip(record(1), record(2))
        state = client.state()
        assert (state["accepted"], state["deduplicated"]) == (5, 3)


def test_hot_shards() -> None:
    """After so many of a distinct_id on a day the later ones are renamed; the answer is 200 all the same."""
    with importing(hot_shard_records=3) as client:
        same_user = [record(number, distinct_id="u") for number in range(5)]
        assert client.post(*same_user[:2], record(9)).status_code == 200
        assert client.post(*same_user[2:]).json()["num_records_imported"] == 3
        client.post(record(7, distinct_id="u", time=NOW - 3 * 86_400))
        stored = client.records(form="stored")
        renamed = [each["properties"] for each in stored if each["event"] == "$hotshard_events"]
        assert [each["mp_original_event_name"] for each in renamed] == ["visit"] * 2
        assert [each["mp_original_distinct_id"] for each in renamed] == ["u"] * 2
        assert [(each["distinct_id"], each["$insert_id"]) for each in renamed] == [("", "id-3"), ("", "id-4")]
        state = client.state()
        assert (state["accepted"], state["deduplicated"], state["hot"]) == (7, 7, 2)
        client.post(same_user[4])
        state = client.state()
        assert (state["deduplicated"], state["hot"]) == (7, 3)
        assert len(client.lines(deduplicated="1")) == 7


def test_a_folder_outlives_the_process(tmp_path: Path) -> None:
    """Records, refusals, hot shards and copies are as they were after a restart."""
    path = tmp_path / "1.blocks"
    store = Store(path)
    keep(
        store,
        record(0, distinct_id="u"),
        record(1, event=""),
        record(2, distinct_id="u"),
        hot_shard_records=1,
    )
    keep(store, record(3), record(3))
    counts = (store.kept, store.copies.distinct, store.hot, store.without_ip, store.events)
    store.close()
    again = Store(path)
    assert (again.kept, again.copies.distinct, again.hot, again.without_ip, again.events) == counts
    keep(again, record(3), record(4, distinct_id="u"), hot_shard_records=3)
    assert (again.kept, again.copies.distinct, again.hot) == (6, 4, 1)
    assert [block.note.skipped for block in again.blocks()] == [[1], [], []]
    again.close()


@pytest.mark.parametrize("left", [3, 30, -1])
def test_half_a_block_is_cut_off(tmp_path: Path, left: int) -> None:
    """A process killed while it wrote loses that request alone; its sender had no answer."""
    path = tmp_path / "1.blocks"
    store = Store(path)
    keep(store, record(0))
    whole = path.stat().st_size
    keep(store, record(1))
    size = path.stat().st_size
    store.close()
    os.truncate(path, whole + left if left > 0 else size - 1)
    again = Store(path)
    assert (again.kept, path.stat().st_size) == (1, whole)
    keep(again, record(1))
    assert len(list(again.blocks())) == 2
    again.close()


def test_cleared_is_empty() -> None:
    """Nothing is left, on disk or in the counts."""
    store = Store()
    keep(store, record(0))
    store.clear()
    assert (store.kept, store.copies.distinct, list(store.blocks())) == (0, 0, [])
    keep(store, record(0))
    assert len(list(store.blocks())) == 1
    store.close()


@pytest.mark.slow
def test_memory_stays_bounded() -> None:
    """Half a million different records of different users take less than 60 MB."""
    store = Store()
    memory = psutil.Process()
    before = memory.memory_info().rss
    for number in range(0, 500_000, 2_000):
        keep(store, *(record(each, time=NOW - each) for each in range(number, number + 2_000)))
    assert store.copies.distinct == 500_000
    assert memory.memory_info().rss - before < 60_000_000
    store.close()
