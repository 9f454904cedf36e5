"""RudderStack: its events in object storage (S3, Google Cloud Storage...), gzipped, a call a line.

Sources, 2026-08:
https://www.rudderstack.com/docs/destinations/streaming-destinations/amazon-s3/
https://www.rudderstack.com/docs/event-spec/standard-events/common-fields/ (the fields)
https://github.com/rudderlabs/rudder-transformer, src/v0/destinations/mp/docs/businesslogic.md ("Page events:
Converted to "Loaded a Page"", screens to "Loaded a Screen")

The calls are those of Segment's spec (_spec.py), with these differences:

- A page or screen is "Loaded a Page" or "Loaded a Screen"; its name is the property `name`.
- `request_ip`, the caller's address, is `ip` where `context.ip` is missing.
- Left out is what says how the call got through RudderStack: rudderId, integrations, sentAt,
  originalTimestamp, receivedAt, request_ip, writeKey, sourceId, destinationId, version, _metadata, metadata.
  `channel` and others stay.

Its warehouse tables have another shape (a table an event, columns like `context_ip`): use `--map` for them.
Not verified: which of sourceId, destinationId, writeKey, version and _metadata are in files; they are left
out if they are.
"""

from partitioner.presets._spec import CALLS, USED, aside_of, record_of
from partitioner.presets._values import LEFT_OUT
from partitioner.shape.rows import Result, Row

_DELIVERY = (
    *("rudderId", "integrations", "sentAt", "request_ip", "writeKey", "sourceId", "destinationId"),
    *("version", "_metadata", "metadata"),
)
_NAMES = dict.fromkeys((*USED, *_DELIVERY), LEFT_OUT)


def transform(row: Row) -> Result:
    match row.get("type"):
        case "track":
            event = row.get("event")
        case "page" | "screen" as view:
            event = f"Loaded a {view.title()}"
        case _:
            return aside_of(row)
    return record_of(row, event, _NAMES, "rudderstack")


def recognises(row: Row) -> bool:
    """The spec is Segment's too: only a mark of RudderStack's own is certain."""
    if row.get("type") not in CALLS or "messageId" not in row:
        return False
    library = (row.get("context") or {}).get("library") or {}
    return "rudderId" in row or "rudder" in str(library.get("name", "")).lower()
