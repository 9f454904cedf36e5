"""Whatever is pushed: a chunk whose name and numbers hold, or something skipped with a reason."""

import base64
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from function.cloud_event import ChunkRef, Skipped, parse_chunk_ref
from function.state import is_chunk_name
from tests.fakes.depth import deep
from tests.fakes.json_edits import as_bytes, edited, values

RESOURCE = {
    "bucket": "chunks",
    "name": "2026/ecom-00001.ndjson.gz",
    "generation": "1780000000000001",
    "size": "123",
    "crc32c": "AAAAAA==",
}
DIRECT = "google.cloud.storage.object.v1.finalized"
PUSHED = "google.cloud.pubsub.topic.v1.messagePublished"


@dataclass(frozen=True)
class Event:
    kind: object
    data: Any

    def __getitem__(self, key: str) -> Any:
        return {"type": self.kind}[key]


@st.composite
def pushes(draw: st.DrawFn) -> Any:
    resource = draw(edited(RESOURCE) | st.just(RESOURCE))
    data = draw(st.just(base64.b64encode(as_bytes(resource)).decode()) | values)
    return draw(edited({"message": {"data": data, "attributes": {"eventType": "OBJECT_FINALIZE"}}}))


@st.composite
def cloud_events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from([DIRECT, PUSHED, PUSHED]) | values)
    data = draw(edited(RESOURCE) if kind == DIRECT else pushes())
    data = draw(st.just(data) | st.just(as_bytes(data)) | st.binary() | st.text())
    return Event(kind, data)


@deep
@given(cloud_events())
def test_any_cloud_event_is_a_chunk_or_skipped(event: Event) -> None:
    """Nothing raises: what can't be read would be delivered for a month."""
    found = parse_chunk_ref(event)
    if isinstance(found, Skipped):
        found.name.encode("utf-8", "surrogatepass")
        return
    assert isinstance(found, ChunkRef)
    assert is_chunk_name(found.name)
    assert found.size > 0
    assert found.generation >= 0
    assert found.bucket
    f"{found.bucket}/{found.name}".encode()
