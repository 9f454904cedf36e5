"""Both deliveries name the same object; what is none is told apart without a fault."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from cloudevents.http import CloudEvent

from function.cloud_event import ChunkRef, Skipped, parse_chunk_ref
from function.logs import Reason

NAME = "2026/ecom-00001-3fa9c1d2.ndjson.gz"
RESOURCE: dict[str, Any] = {
    "kind": "storage#object",
    "id": f"chunks/{NAME}/1790000000000001",
    "name": NAME,
    "bucket": "chunks",
    "generation": "1790000000000001",
    "metageneration": "1",
    "contentType": "application/gzip",
    "size": "1234",
    "crc32c": "PBjD5A==",
    "timeCreated": "2026-08-01T12:00:00.000Z",
}
CHUNK = ChunkRef("chunks", NAME, 1790000000000001, 1234, "PBjD5A==")
DIRECT_HEADERS = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-type": "google.cloud.storage.object.v1.finalized",
    "ce-source": "//storage.googleapis.com/projects/_/buckets/chunks",
    "ce-subject": f"objects/{NAME}",
    "Content-Type": "application/json",
}


def pushed(resource: object, **changes: str) -> dict[str, Any]:
    """The body of a Pub/Sub push of a bucket notification."""
    attributes = {
        "bucketId": "chunks",
        "objectId": NAME,
        "objectGeneration": "1790000000000001",
        "eventType": "OBJECT_FINALIZE",
        "eventTime": "2026-08-01T12:00:00.000Z",
        "payloadFormat": "JSON_API_V1",
    }
    message = {
        "data": base64.b64encode(json.dumps(resource).encode()).decode(),
        "attributes": attributes | changes,
        "messageId": "7",
        "publishTime": "2026-08-01T12:00:00.000Z",
    }
    return {"message": message, "subscription": "projects/p/subscriptions/importer"}


def direct(resource: object) -> CloudEvent:
    attributes = {"type": DIRECT_HEADERS["ce-type"], "source": DIRECT_HEADERS["ce-source"]}
    return CloudEvent(attributes, resource)


SOURCE = """
from pathlib import Path
import functions_framework
from function.cloud_event import parse_chunk_ref

@functions_framework.cloud_event
def on_finalize(cloud_event):
    Path(__file__).with_name("parsed").write_text(repr(parse_chunk_ref(cloud_event)))
"""


@pytest.mark.parametrize("signature_type", ["cloudevent", "http"])
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (pushed(RESOURCE), {"Content-Type": "application/json"}),
        (RESOURCE, DIRECT_HEADERS),
    ],
    ids=["push", "direct"],
)
def test_the_real_framework_hands_both_on(
    tmp_path: Path, signature_type: str, body: object, headers: dict[str, str]
) -> None:
    """As Pub/Sub posts a bucket notification, and as Eventarc posts the event."""
    source = tmp_path / "main.py"
    source.write_text(SOURCE)
    create_app: Any = functions_framework.create_app  # it has no types
    app = create_app("on_finalize", str(source), signature_type)
    answer = app.test_client().post("/", data=json.dumps(body), headers=headers)
    assert answer.status_code == 200, answer.data
    assert (tmp_path / "parsed").read_text() == repr(CHUNK)


def push(body: object) -> CloudEvent:
    """What the framework makes of a push."""
    attributes = {"type": "google.cloud.pubsub.topic.v1.messagePublished", "source": "//pubsub"}
    return CloudEvent(attributes, body)


@pytest.mark.parametrize("make", [direct, lambda resource: push(pushed(resource))], ids=["direct", "push"])
class TestBoth:
    def test_numbers_may_be_strings_or_numbers(self, make: Callable[[object], CloudEvent]) -> None:
        """Google's own samples have both."""
        as_numbers = RESOURCE | {"generation": 1790000000000001, "size": 1234}
        assert parse_chunk_ref(make(as_numbers)) == parse_chunk_ref(make(RESOURCE)) == CHUNK

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"size": "0"}, Reason.EMPTY),
            ({"name": "2026/"}, Reason.NOT_A_CHUNK),
            ({"name": "2026/", "size": "0"}, Reason.NOT_A_CHUNK),
            ({"name": "_manifests/ecom.json"}, Reason.NOT_A_CHUNK),
            ({"name": "2026/_tmp/part"}, Reason.NOT_A_CHUNK),
            ({"name": "x" * 901}, Reason.NAME_TOO_LONG),
        ],
    )
    def test_what_is_no_chunk_is_skipped_by_name(
        self, make: Callable[[object], CloudEvent], change: dict[str, str], reason: Reason
    ) -> None:
        resource = RESOURCE | change
        assert parse_chunk_ref(make(resource)) == Skipped(reason, resource["name"])

    @pytest.mark.parametrize(
        "change",
        [
            {"generation": None},
            {"generation": "soon"},
            {"generation": -1},
            {"size": 1.5},
            {"size": True},
            {"crc32c": ""},
            {"crc32c": 7},
            {"crc32c": "not base64!!"},
            {"crc32c": "PBjD5DwYw+Q="},
            {"name": ""},
            {"name": ["a"]},
            {"name": "half a pair \ud800"},
            {"bucket": None},
        ],
    )
    def test_what_makes_no_sense_is_skipped(
        self, make: Callable[[object], CloudEvent], change: dict[str, object]
    ) -> None:
        """Delivered again it would make no more; so it is acknowledged, and logged as an error."""
        assert parse_chunk_ref(make(RESOURCE | change)) == Skipped(Reason.UNREADABLE_CLOUD_EVENT, "")

    @pytest.mark.parametrize("resource", [None, [], "text", 7])
    def test_a_resource_of_another_kind_is_skipped(
        self, make: Callable[[object], CloudEvent], resource: object
    ) -> None:
        assert parse_chunk_ref(make(resource)) == Skipped(Reason.UNREADABLE_CLOUD_EVENT, "")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": None},
        {"message": {"data": "", "attributes": {"eventType": "OBJECT_FINALIZE"}}},
        {"message": {"data": "!", "attributes": {"eventType": "OBJECT_FINALIZE"}}},
        {"message": {"data": base64.b64encode(b"{}").decode(), "attributes": None}},
        {"message": {"data": base64.b64encode(b"{}").decode()}},
        {"message": {"data": base64.b64encode(b"[" * 100_000).decode(), "attributes": {"eventType": "x"}}},
    ],
)
def test_a_push_of_something_else_is_skipped(body: object) -> None:
    """Anybody with the right to may publish anything on the topic."""
    assert parse_chunk_ref(push(body)) == Skipped(Reason.UNREADABLE_CLOUD_EVENT, "")


def test_other_changes_are_skipped() -> None:
    """A notification that was set up for all kinds of change."""
    cloud_event = push(pushed(RESOURCE, eventType="OBJECT_DELETE"))
    assert parse_chunk_ref(cloud_event) == Skipped(Reason.OTHER_CLOUD_EVENT, NAME)


def test_other_events_are_skipped() -> None:
    cloud_event = CloudEvent({"type": "google.cloud.storage.object.v1.deleted", "source": "//x"}, RESOURCE)
    assert parse_chunk_ref(cloud_event) == Skipped(Reason.OTHER_CLOUD_EVENT, "")


def test_data_may_still_be_text() -> None:
    """A structured event whose content type the framework doesn't know is handed on as it came."""
    assert parse_chunk_ref(direct(json.dumps(RESOURCE))) == CHUNK
    assert parse_chunk_ref(direct(json.dumps(RESOURCE).encode())) == CHUNK
