"""Segment: its raw logs in S3 or Google Cloud Storage, gzipped, a call a line; _spec.py says what calls hold.

Sources, 2026-08:
https://segment.com/docs/connections/storage/catalog/aws-s3/#data-format ("gzipped, newline-separated JSON
containing the full call information")
https://segment.com/docs/connections/spec/common/ (the fields)
https://docs.mixpanel.com/docs/tracking-methods/integrations/segment (a page or screen is "Viewed {name}")

- A page or screen without a name, for which that gives none, is "Loaded a Page" or "Loaded a Screen".
- Left out is what says how Segment got the call and where it sent it: integrations, version, writeKey,
  sentAt, originalTimestamp, receivedAt, _metadata, metadata. `channel`, `projectId` and others stay.

Not verified: fields that stand beside the spec's in raw logs, such as `projectId` and `writeKey`; they are
known from examples only.
"""

from partitioner.presets._spec import CALLS, USED, aside_of, record_of
from partitioner.presets._values import LEFT_OUT
from partitioner.shape.rows import Result, Row

_DELIVERY = ("integrations", "version", "writeKey", "sentAt", "_metadata", "metadata")
_NAMES = dict.fromkeys((*USED, *_DELIVERY), LEFT_OUT)


def transform(row: Row) -> Result:
    match row.get("type"):
        case "track":
            event = row.get("event")
        case "page" | "screen" as view:
            name = row.get("name")
            event = f"Viewed {name}" if name else f"Loaded a {view.title()}"
        case _:
            return aside_of(row)
    return record_of(row, event, _NAMES, "segment")


def recognises(row: Row) -> bool:
    """The spec is others' too: only one of Segment's own libraries or marks is certain."""
    if row.get("type") not in CALLS or "messageId" not in row or "rudderId" in row or "request_ip" in row:
        return False
    library = (row.get("context") or {}).get("library") or {}
    of_segment = str(library.get("name", "")).lower().startswith("analytics")
    return of_segment or str(row["messageId"]).startswith("ajs-") or {"projectId", "version"} <= row.keys()
