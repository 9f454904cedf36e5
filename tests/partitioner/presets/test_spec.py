"""Calls of Segment's spec as records: what its two keepers have in common, and where they differ."""

from types import ModuleType
from typing import Any

import pytest

from function.records import check
from partitioner.presets import rudderstack, segment
from partitioner.shape.rows import Aside, Row, Unusable, encode_row

ROW: Row = {
    "type": "track",
    "event": "Seen",
    "messageId": "m-1",
    "timestamp": "2024-03-13T10:21:14.123Z",
    "originalTimestamp": "2024-03-13T10:21:13.000Z",
    "receivedAt": "2024-03-13T10:21:15.000Z",
    "anonymousId": "a",
}
both = pytest.mark.parametrize("preset", [segment, rudderstack])


def record_of(preset: ModuleType, **fields: Any) -> Row:
    record = preset.transform({**ROW, **fields})
    assert isinstance(record, dict)
    return record


@both
def test_the_time_is_the_corrected_one_else_the_first_there_is(preset: ModuleType) -> None:
    assert record_of(preset)["properties"]["time"] == 1_710_325_274_123
    assert record_of(preset, timestamp=None)["properties"]["time"] == 1_710_325_273
    late = record_of(preset, timestamp="", originalTimestamp=None)
    assert late["properties"]["time"] == 1_710_325_275
    with pytest.raises(Unusable, match="missing"):
        preset.transform({"type": "track", "event": "Seen"})


@pytest.mark.parametrize(
    ("preset", "kind", "name", "event"),
    [
        (segment, "page", "Home", "Viewed Home"),
        (segment, "screen", "Main", "Viewed Main"),
        (segment, "page", None, "Loaded a Page"),
        (segment, "screen", "", "Loaded a Screen"),
        (rudderstack, "page", "Home", "Loaded a Page"),
        (rudderstack, "screen", None, "Loaded a Screen"),
    ],
)
def test_views_are_called_as_the_vendors_own_integration_does(
    preset: ModuleType, kind: str, name: str | None, event: str
) -> None:
    record = record_of(preset, type=kind, name=name, event=None)
    assert record["event"] == event
    assert record["properties"].get("name", "") == (name or "")


@both
@pytest.mark.parametrize("kind", ["identify", "group", "alias", "record"])
def test_other_calls_are_set_aside_under_their_name(preset: ModuleType, kind: str) -> None:
    assert preset.transform({**ROW, "type": kind}) == Aside(kind)


@both
def test_a_row_that_says_no_call_is_unusable(preset: ModuleType) -> None:
    with pytest.raises(Unusable, match="which call"):
        preset.transform({"event": "Seen"})


@both
def test_a_message_id_that_mixpanel_refuses_becomes_the_same_legal_one_each_time(preset: ModuleType) -> None:
    """analytics.js's has 59 bytes; the check makes a hash of it, so that a copy is still known as one."""
    line = encode_row(
        record_of(preset, messageId="ajs-next-1710325274123-7f9a1c02-55aa-4f52-8a7e-61b0f38c1d20")
    )
    checked = check([line, line], 1_790_000_000)
    assert checked.flaws == []
    first, second = checked.heads.insert_ids
    assert first == second
    assert len(first) == 32


@both
def test_context_keeps_what_mixpanel_has_no_name_for(preset: ModuleType) -> None:
    context = {"os": {"name": "iOS", "arch": "arm"}, "locale": "en", "device": {"name": "maguro"}, "os2": {}}
    properties = record_of(preset, context=context)["properties"]
    assert (properties["$os"], properties["context.os"]) == ("iOS", {"arch": "arm"})
    assert (properties["$device"], properties["context.locale"]) == ("maguro", "en")
    assert "context.device" not in properties


def test_the_callers_address_is_the_ip_where_rudderstacks_sdk_knows_none() -> None:
    for context in ({"ip": "0.0.0.0"}, {"ip": ""}, {}, None):
        record = record_of(rudderstack, context=context, request_ip="203.0.113.10")
        assert record["properties"]["ip"] == "203.0.113.10"
    record = record_of(rudderstack, context={"ip": "203.0.113.11"}, request_ip="203.0.113.10")
    assert record["properties"]["ip"] == "203.0.113.11"
