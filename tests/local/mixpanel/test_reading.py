"""What is stored can be read back: as it was sent, or with Mixpanel's own marks; raw, or without copies."""

import json
from typing import Any

import pytest
import requests

from tests.fakes.import_client import NOW, ImportClient, importing, record


def stored(client: ImportClient, *records: Any) -> list[dict[str, Any]]:
    client.post(*records)
    return [each["properties"] for each in client.records(form="stored")]


def test_lines_are_what_was_sent() -> None:
    """To the byte, refused ones left out."""
    line = (
        b'{ "event":"x","properties":{"z":1.50,"time":%d, "distinct_id":"\xc3\xa9\\u00e9","$insert_id":"i"} }'
        % (NOW - 9)
    )
    with importing() as client:
        client.post_body(b'{"event":""}\n' + line)
        assert client.lines() == [line]


def test_an_array_is_read_back_as_lines() -> None:
    """Each element on a line of its own, only its line breaks gone."""
    with importing() as client:
        client.post_body(json.dumps([record(0), record(1)], indent=1).encode())
        assert len(client.lines()) == 2
        assert client.records() == [record(0), record(1)]


def test_mixpanels_own_marks() -> None:
    """$import, when it was processed, by which endpoint."""
    with importing() as client:
        (properties,) = stored(client, record(0, ip=0, plan="x"))
        marks = {"$import": True, "mp_processing_time_ms": NOW * 1000, "$mp_api_endpoint": "api.mixpanel.com"}
        assert properties == record(0)["properties"] | {"plan": "x"} | marks


def test_places() -> None:
    """An ip becomes a place and is dropped; 0 is nowhere; none is where the request came from, or not."""
    with importing() as client:
        given, skipped, absent = stored(client, record(0, ip="203.0.113.9"), record(1, ip="0"), record(2))
        assert (given["$city"], "ip" in given) == ("City of 203.0.113.9", False)
        assert "$city" not in skipped
        assert absent["$city"] == "City of 127.0.0.1"
        assert client.state()["without_ip"] == 1
        client.ask("POST", "reset")
        client.switch(absent_ip="nowhere")
        assert "$city" not in stored(client, record(2))[0]


def test_what_is_overwritten_or_filled_in() -> None:
    """A future time, an absent distinct_id, an absent $insert_id, a simplified project's user."""
    with importing() as client:
        future, nobody, unnamed, user = stored(
            client,
            record(0, time=NOW + 9_999),
            record(1, distinct_id=None),
            record(2, insert_id=None),
            record(3, user_id="u"),
        )
        assert future["time"] == NOW
        assert nobody["distinct_id"] == ""
        assert len(unnamed["$insert_id"]) == 36
        assert user["distinct_id"] == "u"
        client.ask("POST", "reset")
        client.switch(distinct_id_absent="derived")
        assert len(stored(client, record(1, distinct_id=None))[0]["distinct_id"]) == 32


def test_long_strings_are_cut_in_silence() -> None:
    """At 255 characters or, by switch, bytes; names too."""
    with importing() as client:
        (properties,) = stored(client, record(0, text="é" * 300, **{"n" * 300: 1}))
        assert properties["text"] == "é" * 255
        assert "n" * 255 in properties
        client.ask("POST", "reset")
        client.switch(string_unit="bytes")
        assert stored(client, record(0, text="é" * 300))[0]["text"] == "é" * 127


def test_deduplicated_as_compaction_or_as_a_query() -> None:
    """Of copies the newest is shown. Compaction: on one UTC day; a query: at the same time."""
    with importing() as client:
        client.post(record(0, time=NOW - 60, plan="old"), record(1))
        client.post(record(0, time=NOW - 50, plan="new"))
        client.post(record(0, time=NOW - 60, plan="newest"))

        def plans(deduplicated: str) -> list[Any]:
            return [each["properties"].get("plan") for each in client.records(deduplicated=deduplicated)]

        assert plans("0") == ["old", None, "new", "newest"]
        assert plans("1") == plans("compaction") == ["newest", None]
        assert plans("query") == ["newest", "new", None]
        assert client.ask("GET", "count?deduplicated=query") == {"records": 3}
        assert client.state()["deduplicated"] == client.ask("GET", "count?deduplicated=1")["records"] == 2


def test_some_or_of_one_project() -> None:
    """A limit, and a project's own; what is unknown is an error."""
    with importing("a", "b") as client:
        client.post(*map(record, range(5)), auth=("a", ""))
        client.post(record(7), auth=("b", ""))
        assert len(client.lines(limit="3")) == 3
        assert client.records(project="1000002") == [record(7)]
        for wrong in ({"project": "9"}, {"form": "csv"}, {"deduplicated": "yes"}):
            with pytest.raises(requests.HTTPError):
                client.lines(**wrong)


def test_reading_many_blocks() -> None:
    """An answer of many megabytes streams, in the order of arrival."""
    with importing() as client:
        for number in range(0, 6_000, 2_000):
            client.post_gzip(*(record(each, pad="x" * 200) for each in range(number, number + 2_000)))
        assert [each["properties"]["$insert_id"] for each in client.records()] == [
            f"id-{n}" for n in range(6_000)
        ]
        assert len(client.lines(deduplicated="1", form="stored")) == 6_000
