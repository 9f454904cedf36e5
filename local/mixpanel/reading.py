"""Reading back what is stored, in bounded memory: as sent or as Mixpanel shows it, raw or deduplicated."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from .flaws import parse
from .ids import derived_id, text_of
from .rules import DAY_SECONDS, FUTURE_SECONDS, seconds_of
from .state import State
from .store import Block, Store
from .switches import Switches
from .tally import Seen

# How far apart times may be in copies: on one UTC day after compaction, not at all in a query.
# Source: https://docs.mixpanel.com/reference/event-deduplication (2026-08).
UNITS_SECONDS = {"1": DAY_SECONDS, "compaction": DAY_SECONDS, "query": 1}
NO_ADDRESS = (0, "0", "", None)


def export_records(
    state: State, *, project: str | None, deduplicated: str, form: str, limit: int
) -> Iterator[bytes]:
    """Lines of NDJSON. Raw ones in the order they came; deduplicated ones newest first, of copies the newest.

    Raises KeyError for an unknown project, ValueError for another unknown word; both before the first line.
    """
    if form not in {"sent", "stored"} or deduplicated not in {"0", *UNITS_SECONDS}:
        raise ValueError("form is sent or stored; deduplicated is 0, 1, compaction or query")
    stores = [state.stores[project]] if project else list(state.stores.values())
    return limited((line for store in stores for line in of_store(store, deduplicated, form)), limit)


def limited(lines: Iterator[bytes], limit: int) -> Iterator[bytes]:
    for number, line in enumerate(lines, 1):
        yield line
        if number == limit:
            return


def of_store(store: Store, deduplicated: str, form: str) -> Iterator[bytes]:
    seen = Seen()
    for block in store.blocks(newest_first=deduplicated != "0"):
        if deduplicated == "0":
            skipped = set(block.note.skipped)
            indexes = [index for index in range(len(block.lines)) if index not in skipped]
        else:
            judged = block.judged(UNITS_SECONDS[deduplicated])
            pairs = zip(reversed(judged.indexes), reversed(judged.keys), strict=True)
            indexes = [index for index, key in pairs if seen.add(key)]
        for index in indexes:
            yield block.lines[index] if form == "sent" else as_stored(block, index)


def count_records(state: State, project: str | None, deduplicated: str) -> int:
    return sum(
        1 for _ in export_records(state, project=project, deduplicated=deduplicated, form="sent", limit=0)
    )


def as_stored(block: Block, index: int) -> bytes:
    """A record with Mixpanel's own marks, as a raw export shows it.

    Source: https://docs.mixpanel.com/reference/import-events, GeoIP Enrichment and Common Issues;
    https://docs.mixpanel.com/docs/data-structure/events-and-properties (2026-08). Places are made up: nothing
    here knows where an address is, so `$city` names the address that was looked up.
    """
    switches, note = block.switches, block.note
    content: dict[str, Any] = parse(block.lines[index])
    event, properties = cut(content["event"], switches), dict(content["properties"])
    seconds = seconds_of(properties["time"], switches) or 0
    if seconds > note.received_seconds + FUTURE_SECONDS:
        properties["time"] = int(note.received_seconds)
    identify(properties, switches, note.peer)
    if properties.get("$insert_id") in (None, ""):
        properties["$insert_id"] = hashlib.sha256(b"%d %d" % (block.offset, index)).hexdigest()[:36]
    place(properties, switches, note.peer)
    if index in note.hot:
        properties |= {
            "mp_original_event_name": event,
            "mp_original_distinct_id": properties["distinct_id"],
            "distinct_id": "",
        }
        event = "$hotshard_events"
    marked = {cut(name, switches): cut(value, switches) for name, value in properties.items()}
    marked |= {
        "$import": True,
        "$mp_api_endpoint": "api.mixpanel.com",
        "mp_processing_time_ms": int(note.received_seconds * 1000),
    }
    return json.dumps(
        {"event": event, "properties": marked}, ensure_ascii=False, separators=(",", ":")
    ).encode(errors="replace")


def cut(value: Any, switches: Switches) -> Any:
    """Strings are cut at 255, in silence: of characters or of bytes."""
    if not isinstance(value, str):
        return value
    if switches.string_unit == "bytes":
        return value.encode(errors="replace")[:255].decode(errors="ignore")
    return value[:255]


def identify(properties: dict[str, Any], switches: Switches, peer: str) -> None:
    if properties.get("distinct_id") is None:
        properties["distinct_id"] = derived_id(peer) if switches.distinct_id_absent == "derived" else ""
    properties["distinct_id"] = text_of(properties["distinct_id"])
    if switches.identity == "simplified":
        if properties.get("$user_id"):
            properties["distinct_id"] = text_of(properties["$user_id"])
        elif properties.get("$device_id"):
            properties["distinct_id"] = f"$device:{text_of(properties['$device_id'])}"


def place(properties: dict[str, Any], switches: Switches, peer: str) -> None:
    """`ip` becomes a place and is dropped; without one the request's address may be taken for it."""
    address = properties.pop("ip") if "ip" in properties else peer if switches.absent_ip == "request" else 0
    if address in NO_ADDRESS:
        return
    properties |= {"$city": f"City of {address}", "$region": f"Region of {address}", "mp_country_code": "ZZ"}
