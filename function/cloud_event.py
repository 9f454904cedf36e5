"""From the trigger to the object that it is about. Nothing here touches the network."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Protocol

from .logs import Reason
from .state import MAX_CHUNK_NAME_BYTES, is_chunk_name

_DIRECT = "google.cloud.storage.object.v1.finalized"
_PUSHED = "google.cloud.pubsub.topic.v1.messagePublished"
_FINALIZE = "OBJECT_FINALIZE"  # https://docs.cloud.google.com/storage/docs/pubsub-notifications (2026-08)


class CloudEvent(Protocol):
    """What is used of cloudevents' CloudEvent."""

    @property
    def data(self) -> Any: ...

    def __getitem__(self, key: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class ChunkRef:
    """One generation of one object; `crc32c` in base64, as the bucket gives it."""

    bucket: str
    name: str
    generation: int
    size: int
    crc32c: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing to import: acknowledged and logged. `name` is empty where none could be read."""

    reason: Reason
    name: str


def parse_chunk_ref(cloud_event: CloudEvent) -> ChunkRef | Skipped:
    """Takes the Pub/Sub push of a bucket notification and the direct storage event. Never raises."""
    try:
        resource, event_type = _read_resource(cloud_event)
        if event_type != _FINALIZE:
            return Skipped(Reason.OTHER_CLOUD_EVENT, str(resource.get("name", "")))
        chunk = ChunkRef(
            bucket=_text(resource["bucket"]),
            name=_text(resource["name"]),
            generation=_whole(resource["generation"]),
            size=_whole(resource["size"]),
            crc32c=_checksum(resource["crc32c"]),
        )
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return Skipped(Reason.UNREADABLE_CLOUD_EVENT, "")
    if len(chunk.name.encode()) > MAX_CHUNK_NAME_BYTES:
        return Skipped(Reason.NAME_TOO_LONG, chunk.name)
    if not is_chunk_name(chunk.name):
        return Skipped(Reason.NOT_A_CHUNK, chunk.name)
    return chunk if chunk.size else Skipped(Reason.EMPTY, chunk.name)


def _read_resource(cloud_event: CloudEvent) -> tuple[dict[str, Any], str]:
    """The object resource and the kind of change."""
    kind, data = cloud_event["type"], cloud_event.data
    if isinstance(data, bytes | str):
        data = json.loads(data)
    if kind == _DIRECT:
        return data, _FINALIZE
    if kind != _PUSHED:
        return {}, str(kind)
    message = data["message"]
    return json.loads(base64.b64decode(message["data"])), message["attributes"]["eventType"]


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    value.encode()  # half a surrogate pair is no name: a ValueError
    return value


def _checksum(value: object) -> str:
    """32 bits in base64."""
    text = _text(value)
    if len(base64.b64decode(text, validate=True)) != 4:
        raise ValueError
    return text


def _whole(value: object) -> int:
    """Google gives an int64 as a string in one place and as a number in another."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError
    number = int(value)
    if number < 0:
        raise ValueError
    return number
